/// One reading of one container's cgroup, or of a whole node (container empty, podUID empty).
package struct UsageSample: Sendable, Equatable {
  package var node: String
  package var podUID: String
  package var container: String
  /// Distinguishes restarts: the CPU counter begins again with a new container.
  package var containerID: String
  package var at: Instant
  package var startedAt: Instant
  /// CPU time since the container's start, nanoseconds of cluster time; -1 where it could not be read.
  package var cpuNanoseconds: Int64
  /// cgroup usage and its parts, bytes. The working set is usage − inactiveFile, floored at 0.
  package var memoryUsage: Int64
  package var inactiveFile: Int64
  package var activeFile: Int64
  package var anonymous: Int64

  package init(
    node: String, podUID: String, container: String, containerID: String, at: Instant, startedAt: Instant, cpuNanoseconds: Int64,
    memoryUsage: Int64, inactiveFile: Int64, activeFile: Int64, anonymous: Int64
  ) {
    self.node = node
    self.podUID = podUID
    self.container = container
    self.containerID = containerID
    self.at = at
    self.startedAt = startedAt
    self.cpuNanoseconds = cpuNanoseconds
    self.memoryUsage = memoryUsage
    self.inactiveFile = inactiveFile
    self.activeFile = activeFile
    self.anonymous = anonymous
  }

  /// Source: cadvisor's container_memory_working_set_bytes, which metrics-server and `kubectl top` report.
  package var workingSet: Int64 { UsageSample.workingSet(usage: memoryUsage, inactiveFile: inactiveFile) }

  static func workingSet(usage: Int64, inactiveFile: Int64) -> Int64 { max(0, usage - inactiveFile) }
}
