/// What one container, or one node, uses.
package struct ContainerUsage: Sendable, Equatable {
  /// Empty for a node.
  package var name: String
  /// Billionths of a core, averaged over the window; -1 without a reading.
  package var cpuNanocores: Int64
  /// The working set in bytes: what `kubectl top` and autoscalers see.
  package var memoryBytes: Int64
  /// What the working set is made of, bytes: for `wavetank explain`.
  package var memoryUsage: Int64
  package var inactiveFile: Int64
  package var activeFile: Int64
  package var anonymous: Int64

  init(_ name: String, _ last: Reading, since start: RateStart) {
    self.name = name
    let elapsed = (last.at - start.at).nanoseconds
    let used = last.cpuNanoseconds - start.cpuNanoseconds
    cpuNanocores = last.cpuNanoseconds < 0 ? -1 : elapsed > 0 ? used.scaled(by: 1_000_000_000, of: elapsed) : 0
    memoryBytes = UsageSample.workingSet(usage: last.memoryUsage, inactiveFile: last.inactiveFile)
    memoryUsage = last.memoryUsage
    inactiveFile = last.inactiveFile
    activeFile = last.activeFile
    anonymous = last.anonymous
  }

  /// "1234567n"
  package var cpu: Quantity { Quantity(nano: cpuNanocores) }
  /// "1520Ki"
  package var memory: Quantity { Quantity(bytes: memoryBytes) }
}

package struct PodUsage: Sendable, Equatable {
  package var podUID: String
  package var timestamp: Instant
  package var window: Duration
  package var containers: [ContainerUsage]
}

package struct NodeUsage: Sendable, Equatable {
  package var node: String
  package var timestamp: Instant
  package var window: Duration
  package var usage: ContainerUsage
}
