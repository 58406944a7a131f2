import CoreNode
package import CoreObjects
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  /// One reading of every running container and of every node. Reads files of the kernel: some microseconds for each.
  package func usage() -> [UsageSample] {
    var samples: [UsageSample] = []
    for entry in running.all where !table.isStopped(entry.node) {
      let spec = entry.container.bundle.spec
      let source = UsageSource(node: entry.node, podUID: spec.podUID, container: spec.name, containerID: spec.containerID)
      let found = sample(of: entry.container.bundle.cgroup, source, startedAt: entry.container.startedAt)
      if let found { samples.append(found) }
    }
    return samples + machineUsage()
  }

  /// A core that is busy for a second of the wall's time is busy for `speed` seconds of cluster time.
  func scaled(_ nanoseconds: Int64) -> Int64 { Int64(min(Double(nanoseconds) * configuration.speed, 9e18)) }

  /// The machine's use, once for each node that has no size.
  func machineUsage() -> [UsageSample] {
    let bytes = Machine.memory
    guard !bytes.isEmpty, let stat = try? Files.readText("/proc/stat") else { return [] }
    // user, nice, system, then idle and iowait, which are not use, then irq, softirq, steal: in ticks.
    let ticks = stat.split(separator: "\n").first?.split(separator: " ").dropFirst().compactMap { Int64($0) } ?? []
    guard ticks.count >= 8 else { return [] }
    let busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]
    let cpu = busy * (1_000_000_000 / Int64(Machine.ticksPerSecond))
    let now = configuration.now()
    let machine = Cgroup.Usage(
      cpuNanoseconds: cpu, memory: (bytes["MemTotal"] ?? 0) - (bytes["MemFree"] ?? 0), inactiveFile: bytes["Inactive(file)"] ?? 0,
      activeFile: bytes["Active(file)"] ?? 0, anonymous: bytes["AnonPages"] ?? 0)
    return reporting.map { node in
      // Of one that has a size only what its pods use is its own.
      let usage = table[node]?.size == nil ? machine : cgroup(ofNode: node).usage() ?? machine
      return UsageSample(
        UsageSource(node: node, podUID: "", container: "", containerID: ""), at: now, startedAt: started,
        cpuNanoseconds: scaled(usage.cpuNanoseconds), memoryUsage: usage.memory, inactiveFile: usage.inactiveFile,
        activeFile: usage.activeFile, anonymous: usage.anonymous)
    }
  }
}
