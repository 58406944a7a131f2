import CoreNode
import CoreObjects
import EdgeImages
import EdgeLinux

extension ContainerBundle {
  private static func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }

  static func bind(
    _ source: String, to target: String, readOnly: Bool, _ more: [String] = [], _ propagation: MountPropagation = .none
  ) -> JSON {
    [
      "destination": .string(target), "type": "bind", "source": .string(source),
      "options": list(["rbind", propagation.option, readOnly ? "ro" : "rw"] + more),
    ]
  }

  private static func mount(_ target: String, _ type: String, _ options: [String]) -> JSON {
    ["destination": .string(target), "type": .string(type), "source": .string(type), "options": list(options)]
  }

  /// A process of the container: its first, or one that `exec` adds.
  func process(arguments: [String], terminal: Bool) -> JSON {
    let sets = ContainerBundle.list(capabilities)
    return [
      "terminal": .bool(terminal),
      "user": [
        "uid": .int(Int64(user.user)), "gid": .int(Int64(user.group)), "umask": 0o022,
        "additionalGids": .array(user.additionalGroups.map { .int(Int64($0)) }),
      ],
      "args": ContainerBundle.list(arguments), "env": ContainerBundle.list(environment(terminal: terminal)),
      "cwd": .string(spec.workingDirectory ?? image.workingDirectory),
      "capabilities": ["bounding": sets, "effective": sets, "permitted": sets, "inheritable": []],
      "oomScoreAdj": .int(Int64(Machine.possible(oomScoreAdjustment: spec.oomScoreAdjustment))),
      "noNewPrivileges": .bool(!spec.security.allowPrivilegeEscalation && !spec.security.privileged),
    ]
  }

  /// The image's variables, ours, then the container's own; a later one replaces an earlier one of the name.
  private func environment(terminal: Bool) -> [String] {
    var pairs = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=" + sandbox.spec.hostname]
    if terminal { pairs.append("TERM=xterm") }
    // Programs that wait by the clock keep pace with the cluster's.
    if speed != 1 { pairs.append("WAVETANK_SPEED=" + (speed == speed.rounded() ? "\(Int64(speed))" : "\(speed)")) }
    pairs += image.environment + spec.environment.map { $0.name + "=" + $0.value }
    var order: [String] = []
    var values: [String: String] = [:]
    for pair in pairs {
      let name = String(pair.prefix { $0 != "=" })
      if values.updateValue(pair, forKey: name) == nil { order.append(name) }
    }
    return order.compactMap { values[$0] }
  }

  func standardMounts() -> [JSON] {
    let privileged = spec.security.privileged
    let access = privileged ? "rw" : "ro"
    var all = [
      ContainerBundle.mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
      ContainerBundle.mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      ContainerBundle.mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      ContainerBundle.bind(sandbox.sharedMemory, to: "/dev/shm", readOnly: false, ["nosuid", "noexec", "nodev"]),
      ContainerBundle.mount("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
      ContainerBundle.mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", access]),
      ContainerBundle.mount("/sys/fs/cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", access]),
    ]
    for name in ["hosts", "hostname", "resolv.conf"] {
      all.append(ContainerBundle.bind(sandbox.directory + "/" + name, to: "/etc/" + name, readOnly: false))
    }
    all.append(ContainerBundle.bind(terminationLog, to: spec.terminationMessagePath, readOnly: false))
    return all
  }

  func linux() throws(ContainerError) -> JSON {
    let privileged = spec.security.privileged
    var namespaces: [JSON] = [
      ["type": "mount"], ["type": "cgroup"], ["type": "network", "path": .string(sandbox.networkPath)],
      ["type": "uts", "path": .string(sandbox.namespaces.hostName.path)],
    ]
    if !sandbox.spec.hostIPC { namespaces.append(["type": "ipc", "path": .string(sandbox.namespaces.ipc.path)]) }
    if let processes {
      namespaces.append(["type": "pid", "path": .string(processes)])
    } else if sandbox.spec.processes == .ofContainer {
      namespaces.append(["type": "pid"])
    }
    let sysctls = sandbox.spec.sysctls.map { Member(key: Key($0.name), value: .string($0.value)) }
    var tree: JSON = [
      "cgroupsPath": .string(cgroup.path), "resources": resources(), "namespaces": .array(namespaces),
      "sysctl": sysctls.isEmpty ? .null : .object(sysctls),
    ]
    // What is not passed on to the root is not passed on to what is mounted in it.
    let propagations = spec.mounts.map(\.propagation).filter { $0 != .none }
    if !propagations.isEmpty {
      let isShared = propagations.contains(.bidirectional)
      tree["rootfsPropagation"] = .string((isShared ? MountPropagation.bidirectional : .hostToContainer).option)
    }
    tree["seccomp"] = try SeccompRules.tree(for: spec.security, capabilities: capabilities)
    if privileged { return tree }
    tree["maskedPaths"] = ContainerBundle.list([
      "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
      "/proc/scsi",
      "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ])
    tree["readonlyPaths"] = ContainerBundle.list(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
    return tree
  }

  private func resources() -> JSON {
    var cpu: JSON = ["shares": .int(CPUShares(requestMillicores: spec.cpuRequestMillicores).shares)]
    if let limit = spec.cpuLimitMillicores {
      cpu["period"] = 100_000
      // The kernel refuses less than a millisecond.
      cpu["quota"] = .int(max(1000, limit * 100))
    }
    var tree: JSON = ["cpu": cpu, "devices": [["allow": .bool(spec.security.privileged), "access": "rwm"]]]
    if let limit = spec.memoryLimitBytes { tree["memory"] = ["limit": .int(limit)] }
    // As kubelet 1.28 and later: when one process runs out of memory the whole container goes.
    if Cgroup.isUnified { tree["unified"] = ["memory.oom.group": "1"] }
    return tree
  }
}

extension MountPropagation {
  fileprivate var option: String {
    switch self {
    case .none: "rprivate"
    case .hostToContainer: "rslave"
    case .bidirectional: "rshared"
    }
  }
}
