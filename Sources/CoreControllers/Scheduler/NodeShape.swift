import CoreJSON
import CoreStore
import CoreTypes

/// A node, read once: what it has to give and what it asks of pods. Shared by all attempts until the node changes.
final class NodeShape: Sendable {
  let stored: StoredObject
  /// Where ClusterUsage has what its pods take.
  let place: Int
  let node: Node
  let labels: TextMap
  let cpuMillicores: Int64
  let memoryBytes: Int64
  let pods: Int64
  /// Taints that keep pods away, an unschedulable node's among them.
  let taints: [Taint]
  let softTaints: [Taint]
  let isUnschedulable: Bool
  /// Its values of the labels that pods are spread by unless they say otherwise.
  let hostname: String?
  let zone: String?

  var name: String { stored.key.name }

  init(_ stored: StoredObject, place: Int) {
    self.stored = stored
    self.place = place
    let node = stored.view(Node.self)
    self.node = node
    labels = node.metadata.labels
    func allocatable(_ key: Key) -> Quantity { node.status.allocatable[key].flatMap { Quantity($0) } ?? Quantity(milli: 0) }
    cpuMillicores = allocatable(.cpu).milliValue
    memoryBytes = allocatable(.memory).value
    pods = allocatable(.pods).value
    taints = node.spec.taints.filter { $0.effect == "NoSchedule" || $0.effect == "NoExecute" }
    softTaints = node.spec.taints.filter { $0.effect == "PreferNoSchedule" }
    isUnschedulable = node.spec.unschedulable == true
    hostname = labels[PodSpread.hostnameLabel]
    zone = labels[PodSpread.zoneLabel]
  }

  func label(_ name: String) -> String? {
    switch name {
    case PodSpread.hostnameLabel: hostname
    case PodSpread.zoneLabel: zone
    default: labels[name]
    }
  }

  func amount(of resource: String) -> Int64 { node.status.allocatable[resource].flatMap { Quantity($0) }?.value ?? 0 }
}

/// All nodes, each read again only when it has changed.
struct NodeShapes: Sendable {
  private var known: [String: NodeShape] = [:]
  private var current: [NodeShape]?

  /// A node has come, gone or changed.
  mutating func note() { current = nil }

  /// Sorted by name.
  mutating func list(_ store: Store, _ cluster: inout ClusterUsage) -> [NodeShape] {
    if let current { return current }
    let shapes = read(store, &cluster)
    current = shapes
    return shapes
  }

  private mutating func read(_ store: Store, _ cluster: inout ClusterUsage) -> [NodeShape] {
    let nodes = store.list(.nodes)
    if known.count > nodes.count { known = [:] }
    return nodes.map { stored in
      if let shape = known[stored.key.name], shape.stored === stored { return shape }
      let shape = NodeShape(stored, place: cluster.place(of: stored.key.name))
      known[stored.key.name] = shape
      return shape
    }
  }
}
