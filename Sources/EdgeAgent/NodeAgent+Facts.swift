package import CoreNode
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  func index(of node: String) -> Int { configuration.nodes.firstIndex(of: node) ?? 0 }

  /// What a node reports of itself.
  package func facts(_ node: String) -> NodeFacts {
    NodeFacts(
      machineAs: index(of: node), of: configuration.nodes.count, directory: configuration.dataDirectory, crunVersion: crunVersion)
  }
}

extension NodeFacts {
  /// This machine as a node. Several nodes share it, and each reports the whole of it, as kind's nodes do.
  /// - Parameters:
  ///   - index: the node's, of `count`.
  ///   - directory: on the disk that the node has.
  package init(machineAs index: Int, of count: Int, directory: String, crunVersion: String) {
    let kernel = Machine.kernel
    self.init(
      address: ClusterNetwork.address(node: index), cpuMillicores: Int64(Machine.cores) * 1000, memoryBytes: Machine.memoryBytes,
      ephemeralStorageBytes: Machine.diskBytes(directory), maxPods: 110, kernelVersion: kernel.release,
      osImage: "Wavetank on \(kernel.name)", architecture: kernel.architecture == "aarch64" ? "arm64" : "amd64",
      runtimeVersion: "crun://\(crunVersion)", machineID: Machine.identifier, isControlPlane: index == 0)
    isTainted = index == 0 && count > 1
    resolver = DNSSpec(file: Machine.resolverFile)
  }
}
