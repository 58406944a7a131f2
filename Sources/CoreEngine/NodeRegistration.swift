import CoreAPI
import CoreNode
import CoreObjects

extension Engine {
  /// Makes or refreshes the Node object of a node that reported itself. Source: pkg/kubelet/kubelet_node_status.go, v1.36.
  mutating func register(_ name: String, _ facts: NodeFacts, _ now: Instant) {
    if store.get(.nodes, name) == nil {
      let tree = NodeRegistration.object(name, facts, index: store.count(.nodes))
      _ = try? writer.write(.create(.nodes, namespace: "", Document(tree)), by: .node(name), at: now)
    }
    guard let stored = store.get(.nodes, name) else { return }
    var node = stored.view(Node.self)
    node.status = NodeRegistration.status(
      facts, name: name, pressures: planner.eviction.pressures(on: name), old: node.status, at: now)
    writeStatus(.status(.nodes, in: node.tree), of: "node \(name)", by: .node(name), now)
  }

  mutating func reportImages(_ name: String, _ images: [ImageFacts], _ now: Instant) {
    guard let stored = store.get(.nodes, name) else { return }
    var node = stored.view(Node.self)
    node.status.images = List(
      images.prefix(NodeRegistration.imageLimit).map { facts in
        var image = ContainerImage()
        image.names = List(facts.names)
        image.sizeBytes = Int(facts.sizeBytes)
        return image
      })
    writeStatus(.status(.nodes, in: node.tree), of: "node \(name)", by: .node(name), now)
  }
}

/// What a Node object says of its node.
enum NodeRegistration {
  /// Images named in a node's status at the most. Source: nodeStatusMaxImages of the kubelet, v1.36.
  static let imageLimit = 50
  static let version = "v1.36.2"
  static let controlPlane = "node-role.kubernetes.io/control-plane"
  private static let provider = "wavetank://"

  static func isOfThisMachine(_ node: StoredObject) -> Bool {
    node.view(Node.self).spec.providerID?.hasPrefix(provider) == true
  }

  static func object(_ name: String, _ facts: NodeFacts, index: Int) -> JSON {
    var node = Node()
    node.apiVersion = "v1"
    node.kind = "Node"
    node.metadata.name = name
    for (key, value) in [
      "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": facts.architecture,
      "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": facts.architecture,
    ].sorted(by: { $0.key < $1.key }) { node.metadata.labels[key] = value }
    if facts.isControlPlane {
      node.metadata.labels[controlPlane] = ""
      node.metadata.labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
    }
    if facts.isTainted {
      node.spec.taints = List([.make(key: controlPlane, effect: "NoSchedule")])
    }
    let network = facts.podCIDR ?? ClusterAddresses().range(ofNode: index)
    node.spec.podCIDR = network
    node.spec.podCIDRs = List([network])
    node.spec.providerID = provider + name
    return node.tree
  }

  static func status(
    _ facts: NodeFacts, name: String, pressures: Set<NodePressure>, old: NodeStatus, at now: Instant
  ) -> NodeStatus {
    var status = old
    status.capacity = resources(facts) { $1 }
    // Source: hardEvictionReservation, pkg/kubelet/cm/node_container_manager_linux.go, v1.36.
    status.allocatable = resources(facts) { signal, capacity in
      guard let least = facts.evictionThresholds.least(signal, of: capacity) else { return capacity }
      return (max(0, capacity - least) >> 10) << 10
    }
    status.addresses = List([
      .make(type: "InternalIP", address: facts.address), .make(type: "Hostname", address: name),
    ])
    status.daemonEndpoints.kubeletEndpoint.Port = 10250
    status.nodeInfo.architecture = facts.architecture
    status.nodeInfo.bootID = facts.machineID
    status.nodeInfo.containerRuntimeVersion = facts.runtimeVersion
    status.nodeInfo.kernelVersion = facts.kernelVersion
    status.nodeInfo.kubeProxyVersion = version
    status.nodeInfo.kubeletVersion = version
    status.nodeInfo.machineID = facts.machineID
    status.nodeInfo.operatingSystem = "linux"
    status.nodeInfo.osImage = facts.osImage
    status.nodeInfo.systemUUID = facts.machineID
    status.conditions = conditions(old, pressures, at: now)
    return status
  }

  /// - Parameter left: what of a capacity is meant
  private static func resources(_ facts: NodeFacts, _ left: (EvictionSignal, Int64) -> Int64) -> TextMap {
    TextMap([
      "cpu": Quantity(milli: facts.cpuMillicores).description,
      "ephemeral-storage": Quantity(bytes: left(.nodeDisk, facts.ephemeralStorageBytes)).description,
      "memory": Quantity(bytes: left(.memory, facts.memoryBytes)).description,
      "pods": Quantity(value: Int64(facts.maxPods)).description,
    ])
  }

  /// The conditions that a node says of itself.
  static let reported = NodePressure.allCases.map(\.rawValue) + ["Ready"]

  /// What a node that runs says of itself; conditions that others set stay.
  static func conditions(_ old: NodeStatus, _ pressures: Set<NodePressure>, at now: Instant) -> List<NodeCondition> {
    let conditions = NodePressure.allCases.map { pressure in
      let holds = pressures.contains(pressure)
      let text = NodeConditionText(pressure, holds: holds)
      return (pressure.rawValue, holds ? "True" : "False", text.reason, text.message)
    }
    let own = (conditions + [("Ready", "True", "KubeletReady", "the node runs pods")]).map { type, value, reason, message in
      var condition = old.conditions.first { $0.type == type } ?? NodeCondition()
      if condition.status != value { condition.lastTransitionTime = now.rfc3339 }
      condition.type = type
      condition.status = value
      condition.reason = reason
      condition.message = message
      condition.lastHeartbeatTime = now.rfc3339
      return condition
    }
    return List(own + old.conditions.filter { other in !own.contains { $0.type == other.type } })
  }
}
