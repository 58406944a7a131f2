package import CoreNode
package import CoreObjects
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  /// What a node reports of itself.
  package func facts(of node: AgentNode) -> NodeFacts {
    var facts = NodeFacts(
      machineAs: node, at: configuration.addresses, isAlone: configuration.nodes.count == 1,
      directory: configuration.dataDirectory, crunVersion: crunVersion)
    facts.evictionThresholds = configuration.evictionThresholds ?? EvictionThresholds(standardFor: facts.memoryBytes)
    return facts
  }
}

extension NodeFacts {
  /// This machine as a node. Several nodes share it, and each reports the whole of it, as kind's nodes do, unless it has a size.
  /// - Parameters:
  ///   - isAlone: the cluster was made with one node, which takes all pods
  ///   - directory: on the disk that the node has.
  package init(machineAs node: AgentNode, at addresses: ClusterAddresses, isAlone: Bool, directory: String, crunVersion: String) {
    let kernel = Machine.kernel
    self.init(
      address: addresses.node(node.index),
      cpuMillicores: node.size?.cpuMillicores ?? Int64(Machine.cores) * 1000,
      memoryBytes: node.size?.memoryBytes ?? Machine.memoryBytes,
      ephemeralStorageBytes: Machine.diskBytes(directory), maxPods: 110, kernelVersion: kernel.release,
      osImage: "Wavetank on \(kernel.name)", architecture: kernel.architecture == "aarch64" ? "arm64" : "amd64",
      runtimeVersion: "crun://\(crunVersion)", machineID: Machine.identifier, isControlPlane: node.index == 0)
    isTainted = node.index == 0 && !isAlone
    podCIDR = addresses.range(ofNode: node.index)
    resolver = DNSSpec(file: Machine.resolverFile)
  }
}
