package import EdgeLinux

/// A control group by its path below the root, in the unified hierarchy (v2) or in every hierarchy of v1.
package struct Cgroup: Sendable {
  /// Such as "/wavetank-dev/pod4ad1…".
  package let path: String

  package init(_ path: String) { self.path = path }

  package func child(_ name: String) -> Cgroup { Cgroup(path + "/" + name) }

  private static let root = "/sys/fs/cgroup"
  static let isUnified = Mount.isCgroup2(root)

  /// The hierarchies that are mounted: one of v2, or one for each controller of v1.
  static func mounted() -> [String] {
    if isUnified { return [root] }
    let names = (try? Files.list(root)) ?? []
    return names.filter { $0 != "unified" && Files.isDirectory(root + "/" + $0) }.map { root + "/" + $0 }
  }

  /// Where a controller's files of this group are.
  private func place(_ controller: String) -> String {
    Cgroup.isUnified ? Cgroup.root + path : Cgroup.root + "/" + controller + path
  }

  /// Makes the group with the limits of a pod.
  /// - Parameter processLimit: of threads; nil: none
  package func create(
    memoryLimitBytes: Int64?, cpuLimitMillicores: Int64?, cpuRequestMillicores: Int64, processLimit: Int? = nil
  ) throws(SystemError) {
    if Cgroup.isUnified { try enableControllers() }
    if let processLimit {
      try Files.makeDirectories(place("pids"))
      try Files.set(place("pids") + "/pids.max", "\(processLimit)")
    }
    for controller in ["memory", "cpu"] { try Files.makeDirectories(place(controller)) }
    let shares = CPUShares(requestMillicores: cpuRequestMillicores)
    if Cgroup.isUnified {
      if let memoryLimitBytes { try Files.set(place("memory") + "/memory.max", "\(memoryLimitBytes)") }
      if let cpuLimitMillicores { try Files.set(place("cpu") + "/cpu.max", "\(cpuLimitMillicores * 100) 100000") }
      try Files.set(place("cpu") + "/cpu.weight", "\(shares.weight)")
    } else {
      if let memoryLimitBytes { try Files.set(place("memory") + "/memory.limit_in_bytes", "\(memoryLimitBytes)") }
      if let cpuLimitMillicores { try Files.set(place("cpu") + "/cpu.cfs_quota_us", "\(cpuLimitMillicores * 100)") }
      try Files.set(place("cpu") + "/cpu.shares", "\(shares.shares)")
    }
  }

  /// Sets the limits of a group that is there; nil: none.
  package func set(memoryBytes: Int64?, cpuMillicores: Int64?, cpuRequestMillicores: Int64) throws {
    let shares = CPUShares(requestMillicores: cpuRequestMillicores)
    let quota = cpuMillicores.map { String(max(1000, $0 * 100)) }
    if Cgroup.isUnified {
      try Files.set(place("memory") + "/memory.max", memoryBytes.map { "\($0)" } ?? "max")
      try Files.set(place("cpu") + "/cpu.max", (quota ?? "max") + " 100000")
      try Files.set(place("cpu") + "/cpu.weight", "\(shares.weight)")
    } else {
      try Files.set(place("memory") + "/memory.limit_in_bytes", memoryBytes.map { "\($0)" } ?? "-1")
      try Files.set(place("cpu") + "/cpu.cfs_quota_us", quota ?? "-1")
      try Files.set(place("cpu") + "/cpu.shares", "\(shares.shares)")
    }
  }

  /// Moves a process into the group.
  func add(_ process: Int32) throws(SystemError) {
    for controller in Cgroup.isUnified ? [""] : ["memory", "cpu"] {
      try Files.set(place(controller) + "/cgroup.procs", "\(process)")
    }
  }

  /// v2: a group has a controller only where its parent passes it on.
  private func enableControllers() throws(SystemError) {
    var parent = Cgroup.root
    for part in path.split(separator: "/") {
      try Files.makeDirectories(parent)
      try Files.set(parent + "/cgroup.subtree_control", "+memory +cpu +pids")
      parent += "/" + part
    }
  }

  /// How many processes of this group the kernel killed for want of memory.
  func outOfMemoryKills() -> Int {
    let file = Cgroup.isUnified ? "/memory.events" : "/memory.oom_control"
    return Int(Cgroup.figures(place("memory") + file)["oom_kill"] ?? 0)
  }

  package struct Usage: Sendable, Equatable {
    package var cpuNanoseconds: Int64
    package var memory: Int64
    package var inactiveFile: Int64
    package var activeFile: Int64
    package var anonymous: Int64

    package init(cpuNanoseconds: Int64, memory: Int64, inactiveFile: Int64, activeFile: Int64, anonymous: Int64) {
      self.cpuNanoseconds = cpuNanoseconds
      self.memory = memory
      self.inactiveFile = inactiveFile
      self.activeFile = activeFile
      self.anonymous = anonymous
    }
  }

  /// Nil for a group that is gone.
  package func usage() -> Usage? {
    let memory = place("memory")
    let stat = Cgroup.figures(memory + "/memory.stat")
    if Cgroup.isUnified {
      guard let used = Cgroup.figure(memory + "/memory.current") else { return nil }
      let cpu = Cgroup.figures(place("cpu") + "/cpu.stat")["usage_usec"] ?? 0
      return Usage(
        cpuNanoseconds: cpu * 1000, memory: used, inactiveFile: stat["inactive_file"] ?? 0, activeFile: stat["active_file"] ?? 0,
        anonymous: stat["anon"] ?? 0)
    }
    guard let used = Cgroup.figure(memory + "/memory.usage_in_bytes") else { return nil }
    return Usage(
      cpuNanoseconds: Cgroup.figure(place("cpuacct") + "/cpuacct.usage") ?? 0, memory: used,
      inactiveFile: stat["total_inactive_file"] ?? 0, activeFile: stat["total_active_file"] ?? 0,
      anonymous: stat["total_rss"] ?? 0)
  }

  package struct Limits: Sendable, Equatable {
    /// nil: none.
    package var memoryBytes: Int64?
    package var cpuMillicores: Int64?
    package var cpuShares: Int64
    /// How often the CPU limit was looked at, how often it held the group back, and for how long.
    package var periods: Int64
    package var throttledPeriods: Int64
    package var throttledNanoseconds: Int64
  }

  /// What it has now: limits may change while it lives.
  package func limits() -> Limits {
    let (memory, cpu) = (place("memory"), place("cpu"))
    let stat = Cgroup.figures(cpu + "/cpu.stat")
    let bytes = Cgroup.figure(memory + (Cgroup.isUnified ? "/memory.max" : "/memory.limit_in_bytes"))
    let quota = Cgroup.figure(cpu + (Cgroup.isUnified ? "/cpu.max" : "/cpu.cfs_quota_us"))
    let share = Cgroup.figure(cpu + (Cgroup.isUnified ? "/cpu.weight" : "/cpu.shares")) ?? 0
    return Limits(
      // Version 1 has a number of pages for none.
      memoryBytes: bytes.flatMap { $0 > 1 << 60 ? nil : $0 }, cpuMillicores: quota.map { $0 / 100 },
      cpuShares: Cgroup.isUnified ? 2 + (share - 1) * 262_142 / 9999 : share, periods: stat["nr_periods"] ?? 0,
      throttledPeriods: stat["nr_throttled"] ?? 0,
      throttledNanoseconds: stat["throttled_time"] ?? (stat["throttled_usec"] ?? 0) * 1000)
  }

  /// How many threads it has.
  package var threadCount: Int64 { Cgroup.figure(place("pids") + "/pids.current") ?? 0 }

  /// Pages that were not there when they were used, and those of them that had to be read from a disk.
  package var pageFaults: (all: Int64, major: Int64) {
    let stat = Cgroup.figures(place("memory") + "/memory.stat")
    return (stat["total_pgfault"] ?? stat["pgfault"] ?? 0, stat["total_pgmajfault"] ?? stat["pgmajfault"] ?? 0)
  }

  /// What was swapped out of its memory.
  package var swapBytes: Int64 {
    if Cgroup.isUnified { return Cgroup.figure(place("memory") + "/memory.swap.current") ?? 0 }
    return Cgroup.figures(place("memory") + "/memory.stat")["total_swap"] ?? 0
  }

  private static func figure(_ path: String) -> Int64? {
    (try? Files.readText(path)).flatMap { Int64($0.prefix { $0.isNumber }) }
  }

  /// Lines of "name value".
  private static func figures(_ path: String) -> [String: Int64] {
    var all: [String: Int64] = [:]
    for line in ((try? Files.readText(path)) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { all[String(words[0])] = Int64(words[1]) }
    }
    return all
  }
}

/// kubelet's arithmetic (pkg/kubelet/cm/helpers_linux.go, v1.36) and crun's conversion of shares to a weight.
struct CPUShares {
  let shares: Int64

  init(requestMillicores: Int64) { shares = min(262_144, max(2, requestMillicores * 1024 / 1000)) }

  var weight: Int64 { 1 + (shares - 2) * 9999 / 262_142 }
}
