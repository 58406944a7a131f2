import Glibc

/// What this machine is.
package enum Machine {
  package static var cores: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
  package static var memoryBytes: Int64 { Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE))) }
  /// In which /proc/stat counts.
  package static var ticksPerSecond: Int { sysconf(Int32(_SC_CLK_TCK)) }
  package static var processID: Int32 { getpid() }
  /// Whether this process may do everything.
  package static var isRoot: Bool { geteuid() == 0 }

  /// Bits of the capabilities that this process can hand on, by their numbers.
  package static let capabilities: UInt64 = {
    let lines = ((try? Files.readText("/proc/self/status")) ?? "").split(separator: "\n")
    let bounding = lines.first { $0.hasPrefix("CapBnd:") }?.split(whereSeparator: \.isWhitespace).last
    return bounding.flatMap { UInt64($0, radix: 16) } ?? .max
  }()

  /// What a program of ours can be given: who may not go below its own has to do with that.
  package static func possible(oomScoreAdjustment wanted: Int) -> Int {
    let mayLower = capabilities & 1 << 24 != 0  // CAP_SYS_RESOURCE
    if mayLower { return wanted }
    let own = (try? Files.readText("/proc/self/oom_score_adj")).flatMap { Int($0.filter { !$0.isWhitespace }) } ?? 0
    return max(own, wanted)
  }

  package static var kernel: (name: String, release: String, architecture: String) {
    var names = utsname()
    uname(&names)
    return (text(names.sysname), text(names.release), text(names.machine))
  }

  /// For all that share the calling thread's host name.
  package static func setHostName(_ name: String) throws(SystemError) {
    try system("sethostname", name) { sethostname(name, name.utf8.count) }
  }

  private static func text<Tuple>(_ tuple: Tuple) -> String {
    withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// /etc/machine-id; empty where there is none.
  package static var identifier: String { ((try? Files.readText("/etc/machine-id")) ?? "").filter { !$0.isWhitespace } }

  /// How the machine looks names up: /etc/resolv.conf, empty without one.
  package static var resolverFile: String { (try? Files.readText("/etc/resolv.conf")) ?? "" }

  /// The size of the file system that holds `path`.
  package static func diskBytes(_ path: String) -> Int64 {
    var disk = statvfs()
    return statvfs(path, &disk) == 0 ? Int64(disk.f_blocks) * Int64(disk.f_frsize) : 0
  }

  /// The file system that holds `path`: bytes and inodes.
  package static func diskUse(_ path: String) -> (
    capacity: Int64, free: Int64, available: Int64, inodes: Int64, inodesFree: Int64
  ) {
    var disk = statvfs()
    guard statvfs(path, &disk) == 0 else { return (0, 0, 0, 0, 0) }
    let block = Int64(disk.f_frsize)
    return (
      Int64(disk.f_blocks) * block, Int64(disk.f_bfree) * block, Int64(disk.f_bavail) * block, Int64(disk.f_files),
      Int64(disk.f_ffree)
    )
  }

  /// /proc/meminfo in bytes, by its names: "MemTotal"; empty where it cannot be read.
  package static var memory: [String: Int64] {
    var bytes: [String: Int64] = [:]
    for line in ((try? Files.readText("/proc/meminfo")) ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
      if words.count > 1 { bytes[String(words[0])] = (Int64(words[1]) ?? 0) * 1024 }
    }
    return bytes
  }

  package struct ProcessUse: Sendable {
    package var cpuNanoseconds: Int64
    package var memoryBytes: Int64
    package var anonymousBytes: Int64
    package var pageFaults: Int64
    package var majorPageFaults: Int64
  }

  /// What this process uses.
  package static var ownUse: ProcessUse? {
    var use = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &use) == 0, let pages = try? Files.readText("/proc/self/statm") else {
      return nil
    }
    // All, those in memory, those of files.
    let counts = pages.split(separator: " ").prefix(3).compactMap { Int64($0) }
    guard counts.count == 3 else { return nil }
    let size = Int64(sysconf(Int32(_SC_PAGESIZE)))
    func nanoseconds(_ time: timeval) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000 }
    return ProcessUse(
      cpuNanoseconds: nanoseconds(use.ru_utime) + nanoseconds(use.ru_stime), memoryBytes: counts[1] * size,
      anonymousBytes: (counts[1] - counts[2]) * size, pageFaults: Int64(use.ru_minflt + use.ru_majflt),
      majorPageFaults: Int64(use.ru_majflt))
  }

  /// How many threads there are, of all processes; 0 where that cannot be read.
  package static var threads: Int64 {
    // "0.00 0.01 0.05 1/234 5678": the fourth has those that run and all.
    let words = ((try? Files.readText("/proc/loadavg")) ?? "").split(separator: " ")
    return words.count > 3 ? words[3].split(separator: "/").last.flatMap { Int64($0) } ?? 0 : 0
  }

  /// How many there may be; 0 where that cannot be read.
  package static var threadLimit: Int64 {
    let limits = ["pid_max", "threads-max"].compactMap { name in
      (try? Files.readText("/proc/sys/kernel/" + name)).flatMap { Int64($0.prefix { $0.isNumber }) }
    }
    return limits.min() ?? 0
  }

  /// What is left of it for everybody.
  package static func freeDiskBytes(_ path: String) -> Int64 {
    var disk = statvfs()
    return statvfs(path, &disk) == 0 ? Int64(disk.f_bavail) * Int64(disk.f_frsize) : 0
  }
}
