import CoreObjects

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
  /// A value of a label that pods are spread by unless they say otherwise, with a number that stands for it among all nodes.
  struct Domain: Sendable {
    let value: String
    let number: Int
  }
  let hostname: Domain?
  let zone: Domain?

  var name: String { stored.key.name }

  /// - Parameter numbers: of the domains that are known
  init(_ stored: StoredObject, place: Int, _ numbers: inout [String: Int]) {
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
    hostname = labels[PodSpread.hostnameLabel].map { Domain($0, &numbers) }
    zone = labels[PodSpread.zoneLabel].map { Domain($0, &numbers) }
  }

  func label(_ name: String) -> String? {
    switch name {
    case PodSpread.hostnameLabel: hostname?.value
    case PodSpread.zoneLabel: zone?.value
    default: labels[name]
    }
  }

  func amount(of resource: String) -> Int64 { node.status.allocatable[resource].flatMap { Quantity($0) }?.value ?? 0 }
}

extension NodeShape.Domain {
  fileprivate init(_ value: String, _ numbers: inout [String: Int]) {
    let number = numbers[value] ?? numbers.count
    numbers[value] = number
    self.init(value: value, number: number)
  }
}

/// All nodes, each read again only when it has changed.
struct NodeShapes: Sendable {
  private var known: [String: NodeShape] = [:]
  private var current: [NodeShape]?
  /// Of hostnames and zones of known nodes, and of those that they had before.
  private var numbers: [String: Int] = [:]

  /// A node has come, gone or changed.
  mutating func invalidate() { current = nil }

  /// One of them as it is now.
  func shape(_ stored: StoredObject, place: Int) -> NodeShape {
    if let shape = known[stored.key.name], shape.stored === stored { return shape }
    var numbers = numbers
    return NodeShape(stored, place: place, &numbers)
  }

  /// Sorted by name.
  mutating func list(_ store: Store, _ cluster: inout ClusterUsage) -> [NodeShape] {
    if let current { return current }
    let shapes = read(store, &cluster)
    current = shapes
    return shapes
  }

  private mutating func read(_ store: Store, _ cluster: inout ClusterUsage) -> [NodeShape] {
    let nodes = store.list(.nodes)
    if known.count > nodes.count {
      known = [:]
      numbers = [:]
    }
    return nodes.map { stored in
      if let shape = known[stored.key.name], shape.stored === stored { return shape }
      let shape = NodeShape(stored, place: cluster.place(of: stored.key.name), &numbers)
      known[stored.key.name] = shape
      return shape
    }
  }
}
