import CoreNode

/// The capabilities of a container's processes.
struct Capabilities {
  /// What containerd and docker give by default.
  private static let standard = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
    "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
  ]
  /// linux/capability.h up to 5.9, after which none came.
  private static let all =
    standard + [
      "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER",
      "LEASE",
      "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST", "PERFMON", "SYS_ADMIN", "SYS_BOOT",
      "SYS_MODULE",
      "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
    ]

  /// "CAP_…", sorted.
  let names: [String]

  /// - Throws: `ContainerError.configuration` for one that does not exist.
  init(_ security: SecuritySpec) throws(ContainerError) {
    if security.privileged {
      names = Capabilities.all.map { "CAP_" + $0 }.sorted()
      return
    }
    let added = try Capabilities.known(security.addedCapabilities)
    let dropped = try Capabilities.known(security.droppedCapabilities)
    var result = Set(Capabilities.standard)
    // Dropping comes first where ALL is dropped, so that single ones can be added back.
    if dropped.contains("ALL") { result = [] } else { result.subtract(dropped) }
    result.formUnion(added.contains("ALL") ? Set(Capabilities.all).subtracting(dropped) : added)
    names = result.map { "CAP_" + $0 }.sorted()
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
