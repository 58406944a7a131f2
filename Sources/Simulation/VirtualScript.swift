/// A program of whoever simulates: it runs step by step, and may use the cluster as a container does.
package protocol VirtualScript: AnyObject, Sendable {
  var cpuMillicores: Int64 { get }
  func proceed(_ process: inout VirtualProcess, in cluster: inout VirtualCluster) -> VirtualStep
}

/// A container as the script that runs in it sees itself.
package struct VirtualProcess: Sendable {
  package var podUID: String
  package var namespace: String
  /// Steps that are done.
  package var stage: Int
  /// Bytes that count as the working set.
  package var memoryBytes: Int64
  /// What this step writes to its log.
  package var line: String?
}

/// What comes after a step.
package enum VirtualStep: Sendable {
  /// The next one.
  case again(after: Duration)
  case exit(code: Int, after: Duration)
}
