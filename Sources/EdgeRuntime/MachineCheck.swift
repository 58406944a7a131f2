import EdgeLinux
import Glibc

/// What of the machine Wavetank needs or makes use of. Whether it is there is found by trying it, not by versions; nothing is left of
/// a try.
package enum MachineCheck: String, Sendable, CaseIterable {
  case kernel
  case root
  case capabilities
  case cgroups = "control groups"
  case namespaces
  case crun
  case tools
  case overlayfs
  case disk
  case nftables
  case forwarding
  case resolvers
  case kubectl

  package enum Finding: Sendable, Equatable {
    case fine(String)
    /// It is there, but for what is said.
    case limited(String, advice: String)
    case missing(String, advice: String)

    package var isMissing: Bool { if case .missing = self { true } else { false } }
  }

  /// - Parameter directory: where a cluster keeps its data; it need not be there.
  package func look(_ directory: String) async -> Finding {
    if needsRoot, !Machine.isRoot { return .missing("only root can try it", advice: "sudo wavetank doctor") }
    return switch self {
    case .kernel: MachineCheck.lookAtKernel()
    case .root: MachineCheck.lookAtRoot()
    case .capabilities: MachineCheck.lookAtCapabilities(Machine.capabilities)
    case .cgroups: await MachineCheck.lookAtCgroups()
    case .namespaces: MachineCheck.lookAtNamespaces()
    case .crun: await MachineCheck.lookAtCrun()
    case .tools: MachineCheck.lookAtTools()
    case .overlayfs: MachineCheck.lookAtOverlay(MachineCheck.existing(directory))
    case .disk: MachineCheck.lookAtDisk(MachineCheck.existing(directory))
    case .nftables: await MachineCheck.lookAtRules()
    case .forwarding: await MachineCheck.lookAtForwarding()
    case .resolvers: MachineCheck.lookAtResolvers(Machine.resolverFile)
    case .kubectl: await MachineCheck.lookAtKubectl()
    }
  }

  private var needsRoot: Bool {
    [.cgroups, .namespaces, .overlayfs, .nftables, .forwarding].contains(self)
  }

  private static func lookAtKernel() -> Finding {
    let kernel = Machine.kernel
    let name = "\(kernel.name) \(kernel.release) \(kernel.architecture)"
    return kernel.architecture == "x86_64" ? .fine(name) : .limited(name, advice: "only x86_64 is tested")
  }

  private static func lookAtRoot() -> Finding {
    Machine.isRoot ? .fine("this is root") : .missing("this is user \(getuid())", advice: "sudo")
  }

  /// - Parameter machine: bits of those that containers can be given
  static func lookAtCapabilities(_ machine: UInt64) -> Finding {
    let missing = Capabilities.missing(machine)
    if missing.isEmpty { return .fine("all that containers can ask for") }
    return .limited("none of \(missing.joined(separator: ", "))", advice: "containers that ask for them start without")
  }

  private static func lookAtCgroups() async -> Finding {
    let kind =
      Cgroup.isUnified
      ? "version 2" : Mount.isCgroup2("/sys/fs/cgroup/unified") ? "version 1, with an empty version 2" : "version 1"
    let group = Cgroup("/wavetank-doctor-\(Machine.processID)")
    do {
      try group.create(memoryLimitBytes: 64 << 20, cpuLimitMillicores: 100, cpuRequestMillicores: 100)
      try await group.remove()
      return .fine("\(kind), limits of memory and CPU can be set")
    } catch {
      try? await group.remove()
      return .missing(
        "\(kind): \(error)",
        advice: "control groups for memory, cpu and pids that may be written to; in a container: --privileged")
    }
  }

  private static func lookAtNamespaces() -> Finding {
    do throws(SystemError) {
      _ = try NetworkNamespace()
      _ = try PodNamespaces(hostName: "doctor")
      _ = try MountNamespace()
      return .fine("of network, host name, IPC and mounts can be made")
    } catch { return .missing("\(error)", advice: "CAP_SYS_ADMIN; in a container: --privileged") }
  }

  private static func lookAtCrun() async -> Finding {
    guard let version = await Crun.version() else { return .missing("\(Crun.path) does not run", advice: "apt-get install crun") }
    return .fine("crun \(version)")
  }

  /// By the Debian package that has it.
  private static let programs = ["ip": "iproute2", "nsenter": "util-linux", "nft": "nftables", "conntrack": "conntrack"]

  private static func lookAtTools() -> Finding {
    let missing = programs.filter { Files.program($0.key, path: "/usr/sbin:/usr/bin:/sbin:/bin") == nil }
    let names = (missing.isEmpty ? programs : missing).keys.sorted().joined(separator: ", ")
    if missing.isEmpty { return .fine(names) }
    let advice = "apt-get install " + Set(missing.values).sorted().joined(separator: " ")
    return missing.keys.sorted() == ["conntrack"]
      ? .limited("no conntrack: datagrams may go on to pods that have ended", advice: advice)
      : .missing("no \(names)", advice: advice)
  }

  /// The first directory of the path that is there.
  private static func existing(_ path: String) -> String {
    var path = path
    while !Files.isDirectory(path), let slash = path.lastIndex(of: "/") {
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return path.isEmpty ? "/" : path
  }

  static func lookAtOverlay(_ directory: String) -> Finding {
    do throws(SystemError) {
      try Mount.tryOverlay(in: directory)
      return .fine("works in \(directory)")
    } catch {
      return .limited(
        "not in \(directory): \(error)", advice: "images are copied for each container; or choose another --data-dir")
    }
  }

  /// Below which images fill it soon.
  private static let scarceBytes: Int64 = 2 << 30

  private static func lookAtDisk(_ directory: String) -> Finding {
    let free = Machine.freeDiskBytes(directory)
    let text = "\(free >> 20) MiB free in \(directory)"
    return free >= scarceBytes ? .fine(text) : .limited(text, advice: "images and volumes are kept there: another --data-dir")
  }

  private static func lookAtKubectl() async -> Finding {
    guard let path = Files.program("kubectl") else {
      return .limited("not in PATH", advice: "apt-get install kubernetes-client, or any other")
    }
    let answer = try? await ChildProcess.run(path, ["version", "--client", "-o", "json"], timeout: .seconds(10))
    guard let answer, answer.code == 0 else { return .limited("\(path) does not run", advice: "another kubectl") }
    let version = answer.output.split(separator: "\"").first { $0.hasPrefix("v1.") }
    return .fine("\(path) \(version.map { String($0) } ?? "")")
  }
}
