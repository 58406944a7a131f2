package import CoreObjects

/// What the nodes' proxy makes of Services and their slices, and of host ports of pods: where each address and port leads. It is kept
/// up with every change and tells all routes of an owner, so that the last word about one is all that has to be carried out.
package struct ServiceProxy: Sendable {
  private var index = ServiceIndex()
  /// Services and pods that a change concerns, each once, in order.
  private var waiting: [ObjectKey] = []
  private var isWaiting: Set<ObjectKey> = []
  /// A node has come, gone or moved: ports of nodes are all looked at again.
  private var nodesChanged = false
  /// What was told last.
  private var told: [ObjectKey: OwnedRoutes] = [:]
  /// Of each node: where its ports are, and the number of its network.
  private var nodes: [String: (address: String, number: Int)] = [:]

  package init() {}

  /// Takes note of a change of the store.
  package mutating func receive(_ change: StoreChange) {
    switch change.object.key.resource {
    case .services: queue(change.object.key)
    case .endpointSlices: for slice in [change.previous, change.object] { slice.flatMap(ServiceIndex.service).map { queue($0) } }
    case .pods: if told[change.object.key] != nil || HostPorts.isAsked(by: change.object) { queue(change.object.key) }
    case .nodes: receiveNode(change)
    default: return
    }
  }

  /// The routes of who has changed since, where they are others than before.
  package mutating func takeRoutes(_ store: Store) -> [OwnedRoutes] {
    if nodesChanged {
      for service in store.list(.services) { queue(service.key) }
      for pod in store.list(.pods) where HostPorts.isAsked(by: pod) { queue(pod.key) }
    }
    nodesChanged = false
    if waiting.isEmpty { return [] }
    index.follow(store)
    var changed: [OwnedRoutes] = []
    for key in waiting {
      var owned = OwnedRoutes(owner: key, routes: [])
      if let owner = store.get(key) {
        if key.resource == .pods {
          owned.routes = HostPorts.routes(of: owner.view(Pod.self)) { nodes[$0]?.address }
        } else {
          let service = owner.view(Service.self)
          owned.routes = routes(service, key, store)
          owned.healthPort = service.spec.healthCheckNodePort.flatMap { $0 == 0 ? nil : $0 }
        }
      }
      if told[key].map({ $0 == owned }) ?? owned.isNothing { continue }
      told[key] = owned.isNothing ? nil : owned
      changed.append(owned)
    }
    waiting.removeAll(keepingCapacity: true)
    isWaiting.removeAll(keepingCapacity: true)
    return changed
  }

  private mutating func queue(_ owner: ObjectKey) {
    if isWaiting.insert(owner).inserted { waiting.append(owner) }
  }

  /// A node's ports open with it and close with it.
  private mutating func receiveNode(_ change: StoreChange) {
    let name = change.object.key.name
    let before = nodes[name]
    nodes[name] = nil
    if change.kind != .deleted {
      let node = change.object.view(Node.self)
      let network = (node.spec.podCIDR ?? "").split(separator: ".")
      let address = node.status.addresses.first { $0.type == "InternalIP" }?.address
      if network.count == 4, let number = Int(network[2]), let address { nodes[name] = (address, number) }
    }
    let now = nodes[name]
    if before?.address != now?.address || before?.number != now?.number { nodesChanged = true }
  }

  /// Source of the rules: pkg/proxy/topology.go and pkg/proxy/nftables/proxier.go, v1.36.
  private func routes(_ service: Service, _ key: ObjectKey, _ store: Store) -> [Route] {
    let spec = service.spec
    guard spec.type != "ExternalName", let clusterIP = spec.clusterIP, !clusterIP.isEmpty, clusterIP != "None" else { return [] }
    let endpoints = index.slices(of: key).compactMap { store.get($0)?.view(EndpointSlice.self) }.filter {
      $0.addressType == "IPv4"
    }
    let affinity = spec.sessionAffinity == "ClientIP" ? spec.sessionAffinityConfig.clientIP.timeoutSeconds : nil
    var routes: [Route] = []
    func add(_ address: String, _ port: Int, _ protocol: String, from node: Int? = nil, _ candidates: [Candidate]) {
      let frontend = Route.Frontend(address: address, protocol: `protocol`, port: port, callersNode: node)
      let backends = Candidate.usable(candidates)
      routes.append(Route(frontend: frontend, backends: backends, affinitySeconds: affinity))
    }
    for port in spec.ports {
      guard let number = port.port else { continue }
      let `protocol` = (port.protocol ?? "TCP").lowercased()
      let all = Candidate.all(of: port, in: endpoints)
      if spec.internalTrafficPolicy == "Local" {
        for (name, node) in nodes.sorted(by: { $0.key < $1.key }) {
          add(clusterIP, number, `protocol`, from: node.number, all.filter { $0.node == name })
        }
      } else {
        add(clusterIP, number, `protocol`, all)
      }
      // From outside there is one way in: the balancers that send to nodes with backends only are this machine.
      let outside =
        spec.externalIPs.values + service.status.loadBalancer.ingress.compactMap { $0.ipMode == "Proxy" ? nil : $0.ip }
      for address in outside where !address.contains(":") { add(address, number, `protocol`, all) }
      guard let nodePort = port.nodePort, nodePort != 0 else { continue }
      for (name, node) in nodes.sorted(by: { $0.key < $1.key }) {
        add(node.address, nodePort, `protocol`, spec.externalTrafficPolicy == "Local" ? all.filter { $0.node == name } : all)
      }
    }
    return routes
  }
}

/// An endpoint that may answer for a port of a Service.
private struct Candidate {
  var backend: Route.Backend
  var node: String?
  var isReady: Bool
  var isServing: Bool
  var isTerminating: Bool

  static func all(of port: ServicePort, in slices: [EndpointSlice]) -> [Candidate] {
    var found: [Candidate] = []
    for slice in slices {
      guard let number = slice.ports.first(where: { ($0.name ?? "") == (port.name ?? "") })?.port else { continue }
      for endpoint in slice.endpoints {
        guard let address = endpoint.addresses.values.first else { continue }
        let conditions = endpoint.conditions
        let isReady = conditions.ready ?? true
        found.append(
          Candidate(
            backend: Route.Backend(address: address, port: number), node: endpoint.nodeName, isReady: isReady,
            isServing: conditions.serving ?? isReady, isTerminating: conditions.terminating ?? false))
      }
    }
    return found
  }

  /// Those that are ready; where none is, those that still serve while they end.
  static func usable(_ candidates: [Candidate]) -> [Route.Backend] {
    let ready = candidates.filter(\.isReady)
    let usable = ready.isEmpty ? candidates.filter { $0.isServing && $0.isTerminating } : ready
    return Set(usable.map(\.backend)).sorted()
  }
}
