import CoreNode
import EdgeLinux

/// The capabilities of a container's processes.
struct Capabilities {
  /// By their numbers. Source: linux/capability.h up to 5.9, after which none came.
  private static let all = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
    "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
    "LEASE",
    "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
    "PERFMON", "BPF", "CHECKPOINT_RESTORE",
  ]
  /// What containerd and docker give by default.
  private static let standard: Set = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
  ]

  /// "CAP_…", sorted.
  let names: [String]

  /// - Parameter machine: bits of those that this machine can give: in a container, as CI jobs are, some are missing.
  /// - Throws: `ContainerError.configuration` for one that does not exist.
  init(_ security: SecuritySpec, machine: UInt64 = Machine.capabilities) throws(ContainerError) {
    let possible = Set(Capabilities.all.indices.lazy.filter { machine >> UInt64($0) & 1 == 1 }.map { Capabilities.all[$0] })
    names = try Capabilities.wanted(security).intersection(possible).map { "CAP_" + $0 }.sorted()
  }

  /// "CAP_…", those that a machine cannot give, in the order of their numbers.
  static func missing(_ machine: UInt64) -> [String] {
    all.indices.lazy.filter { machine >> UInt64($0) & 1 == 0 }.map { "CAP_" + all[$0] }
  }

  private static func wanted(_ security: SecuritySpec) throws(ContainerError) -> Set<String> {
    if security.privileged { return Set(all) }
    let added = try known(security.addedCapabilities)
    let dropped = try known(security.droppedCapabilities)
    // Dropping comes first where ALL is dropped, so that single ones can be added back.
    let kept = dropped.contains("ALL") ? [] : standard.subtracting(dropped)
    return kept.union(added.contains("ALL") ? Set(all).subtracting(dropped) : added)
  }

  private static func known(_ names: [String]) throws(ContainerError) -> Set<String> {
    var result: Set<String> = []
    for name in names {
      let upper = name.uppercased()
      let short = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
      guard short == "ALL" || all.contains(short) else { throw .configuration("there is no capability \(name)") }
      result.insert(short)
    }
    return result
  }
}
