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

  /// What is left of it for everybody.
  package static func freeDiskBytes(_ path: String) -> Int64 {
    var disk = statvfs()
    return statvfs(path, &disk) == 0 ? Int64(disk.f_bavail) * Int64(disk.f_frsize) : 0
  }
}
