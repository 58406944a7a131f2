/// A simulated machine: what it has to give to pods.
package struct VirtualNode: Sendable, Equatable {
  package var name: String
  package var cpuMillicores: Int64
  package var memoryBytes: Int64
  package var maxPods: Int
  /// It runs the control plane; where there are other nodes, pods stay away from it.
  package var isControlPlane: Bool

  package init(
    _ name: String, cpuMillicores: Int64 = 8000, memoryBytes: Int64 = 16 << 30, maxPods: Int = 110, isControlPlane: Bool = false
  ) {
    self.name = name
    self.cpuMillicores = cpuMillicores
    self.memoryBytes = memoryBytes
    self.maxPods = maxPods
    self.isControlPlane = isControlPlane
  }

  /// Nodes of one size, node-1 and so on, none of which runs the control plane.
  package static func workers(_ count: Int, cpuMillicores: Int64, memoryBytes: Int64, maxPods: Int = 110) -> [VirtualNode] {
    (1...count).map { VirtualNode("node-\($0)", cpuMillicores: cpuMillicores, memoryBytes: memoryBytes, maxPods: maxPods) }
  }

  /// Nodes of the usual size, the first of which runs the control plane.
  package static func named(_ names: [String]) -> [VirtualNode] {
    names.enumerated().map { VirtualNode($1, isControlPlane: $0 == 0) }
  }
}
