import CoreJSON

/// The system calls that containers are refused by default: those that reach past namespaces and cgroups into the kernel or the
/// machine. A deny-list: what it does not name is allowed, so that it does not have to follow every new kernel.
struct SeccompProfile {
  /// Refused with EPERM whatever a container's capabilities are.
  private static let always = [
    "add_key", "io_uring_enter", "io_uring_register", "io_uring_setup", "kexec_file_load", "kexec_load", "keyctl", "move_pages",
    "nfsservctl",
    "query_module", "request_key", "sysfs", "userfaultfd", "uselib", "ustat", "vm86", "vm86old",
  ]
  /// Allowed with the capability, as docker's default profile does.
  private static let byCapability: [(capability: String, calls: [String])] = [
    (
      "CAP_SYS_ADMIN",
      [
        "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount", "mount_setattr", "move_mount",
        "open_tree",
        "pivot_root", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "umount", "umount2", "unshare",
      ]
    ),
    ("CAP_BPF", ["bpf"]), ("CAP_PERFMON", ["perf_event_open"]), ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
    ("CAP_SYS_BOOT", ["reboot"]), ("CAP_SYS_MODULE", ["delete_module", "finit_module", "init_module"]),
    ("CAP_SYS_PACCT", ["acct"]),
    ("CAP_SYS_PTRACE", ["kcmp", "process_madvise", "process_vm_readv", "process_vm_writev"]),
    ("CAP_SYS_RAWIO", ["ioperm", "iopl"]), ("CAP_SYS_TIME", ["clock_adjtime", "clock_settime", "settimeofday", "stime"]),
    ("CAP_SYS_ADMIN", ["swapoff", "swapon"]), ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
  ]
  /// CLONE_NEW…: namespaces.
  private static let namespaceFlags: Int64 = 0x7E02_0000

  static func tree(capabilities: [String]) -> JSON {
    func list(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
    var denied = always
    for (capability, calls) in byCapability where !capabilities.contains(capability) { denied += calls }
    var rules: [JSON] = [["names": list(denied), "action": "SCMP_ACT_ERRNO", "errnoRet": 1]]
    if !capabilities.contains("CAP_SYS_ADMIN") {
      for bit in 0..<32 where namespaceFlags & (1 << bit) != 0 {
        let flag = Int64(1) << bit
        rules.append([
          "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [["index": 0, "value": .int(flag), "valueTwo": .int(flag), "op": "SCMP_CMP_MASKED_EQ"]],
        ])
      }
      // Its flags lie in memory, where a filter cannot look; ENOSYS makes programs use clone.
      rules.append(["names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38])
    }
    #if arch(x86_64)
      let architectures: JSON = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    #else
      let architectures: JSON = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    #endif
    return ["defaultAction": "SCMP_ACT_ALLOW", "architectures": architectures, "syscalls": .array(rules)]
  }
}
