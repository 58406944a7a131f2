package import CoreNode
import EdgeLinux
import EdgeNetwork
import Glibc

extension NodeAgent {
  func index(of node: String) -> Int { configuration.nodes.firstIndex(of: node) ?? 0 }

  /// What a node reports of itself. Several nodes share the machine, and each reports the whole of it, as kind's nodes do.
  package func facts(_ node: String) -> NodeFacts {
    var names = utsname()
    uname(&names)
    var disk = statvfs()
    statvfs(configuration.dataDirectory, &disk)
    let index = index(of: node)
    var facts = NodeFacts(
      address: ClusterNetwork.address(node: index), cpuMillicores: Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))) * 1000,
      memoryBytes: Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE))),
      ephemeralStorageBytes: Int64(disk.f_blocks) * Int64(disk.f_frsize), maxPods: 110, kernelVersion: text(names.release),
      osImage: "Wavetank on \(text(names.sysname))", architecture: text(names.machine) == "aarch64" ? "arm64" : "amd64",
      runtimeVersion: "crun://\(crunVersion)",
      machineID: ((try? Files.readText("/etc/machine-id")) ?? "").filter { !$0.isWhitespace }, isControlPlane: index == 0)
    facts.isTainted = index == 0 && configuration.nodes.count > 1
    return facts
  }

  private func text<Tuple>(_ tuple: Tuple) -> String {
    withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
