/// Whose readings they are. Shared by all samples of a container: there is one at each scrape, and names are told apart much less
/// often.
package final class UsageSource: Sendable {
  package let node: String
  package let podUID: String
  package let container: String
  /// Distinguishes restarts: the CPU counter begins again with a new container.
  package let containerID: String

  package init(node: String, podUID: String, container: String, containerID: String) {
    self.node = node
    self.podUID = podUID
    self.container = container
    self.containerID = containerID
  }
}

/// One reading of one container's cgroup, or of a whole node (container empty, podUID empty).
package struct UsageSample: Sendable {
  package let source: UsageSource
  package var node: String { source.node }
  package var podUID: String { source.podUID }
  package var container: String { source.container }
  package var containerID: String { source.containerID }
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
    _ source: UsageSource, at: Instant, startedAt: Instant, cpuNanoseconds: Int64, memoryUsage: Int64, inactiveFile: Int64,
    activeFile: Int64, anonymous: Int64
  ) {
    self.source = source
    self.at = at
    self.startedAt = startedAt
    self.cpuNanoseconds = cpuNanoseconds
    self.memoryUsage = memoryUsage
    self.inactiveFile = inactiveFile
    self.activeFile = activeFile
    self.anonymous = anonymous
  }

  package init(
    node: String, podUID: String, container: String, containerID: String, at: Instant, startedAt: Instant, cpuNanoseconds: Int64,
    memoryUsage: Int64, inactiveFile: Int64, activeFile: Int64, anonymous: Int64
  ) {
    self.init(
      UsageSource(node: node, podUID: podUID, container: container, containerID: containerID), at: at, startedAt: startedAt,
      cpuNanoseconds: cpuNanoseconds, memoryUsage: memoryUsage, inactiveFile: inactiveFile, activeFile: activeFile,
      anonymous: anonymous)
  }

  /// Source: cadvisor's container_memory_working_set_bytes, which metrics-server and `kubectl top` report.
  package var workingSet: Int64 { UsageSample.workingSet(usage: memoryUsage, inactiveFile: inactiveFile) }

  static func workingSet(usage: Int64, inactiveFile: Int64) -> Int64 { max(0, usage - inactiveFile) }
}
