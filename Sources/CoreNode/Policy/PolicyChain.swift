import CoreObjects

/// A direction of traffic, as seen from the pods that a policy selects.
enum PolicyDirection: String, Sendable, CaseIterable {
  case ingress = "Ingress"
  case egress = "Egress"

  /// Of a packet: the other end's address.
  var peer: String { self == .ingress ? "ip saddr" : "ip daddr" }
  /// The map that says which chain pods that are alike have.
  var map: String { self == .ingress ? "ingress" : "egress" }
}

/// What all policies of some pods let through in one direction, as lines of a chain: a packet that may pass returns.
/// Source of the semantics: NetworkPolicySpec, staging/src/k8s.io/api/networking/v1/types.go, v1.36.
struct PolicyChain {
  private(set) var lines: [String] = []
  private(set) var groups: Set<PeerGroup> = []
  private let direction: PolicyDirection
  private let identity: PolicyIdentity

  init(_ direction: PolicyDirection, of identity: PolicyIdentity) { (self.direction, self.identity) = (direction, identity) }

  /// - Parameter number: of the set of a group
  mutating func add(_ policy: NetworkPolicySpec, number: (PeerGroup) -> Int) {
    switch direction {
    case .ingress: for rule in policy.ingress { add(Array(rule.from), Array(rule.ports), number) }
    case .egress: for rule in policy.egress { add(Array(rule.to), Array(rule.ports), number) }
    }
  }

  private mutating func add(_ peers: [NetworkPolicyPeer], _ ports: [NetworkPolicyPort], _ number: (PeerGroup) -> Int) {
    let selectors = Set(peers.filter { $0.ipBlock.isAbsent }.map { PeerGroup.Selector($0, namespace: identity.namespace) })
    func set(_ selectors: Set<PeerGroup.Selector>, _ ports: [PeerGroup.Port] = []) -> String {
      let group = PeerGroup(selectors: selectors.sorted { $0.text < $1.text }, ports: ports)
      groups.insert(group)
      return "@peers_\(number(group)) "
    }
    let blocks = peers.isEmpty ? [""] : peers.filter { !$0.ipBlock.isAbsent }.compactMap { match($0.ipBlock) }
    var named: [PeerGroup.Port] = []
    for place in ports.isEmpty ? [""] : places(ports, &named) {
      for block in blocks { append(block + place) }
      if !selectors.isEmpty { append("meta mark " + set(selectors) + place) }
    }
    if named.isEmpty { return }
    // Where traffic leaves, a name is that of the port of whoever is called.
    let place = "meta mark . meta l4proto . th dport "
    for block in blocks { append(block + place + set([], named)) }
    if !selectors.isEmpty { append(place + set(selectors, named)) }
  }

  private mutating func append(_ match: String) {
    let line = match + "return"
    if !lines.contains(line) { lines.append(line) }
  }

  /// "ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 } "; nil for a block of IPv6, of which there are no addresses here.
  private func match(_ block: IPBlock) -> String? {
    guard let cidr = block.cidr, !cidr.contains(":") else { return nil }
    let except = block.except.values.filter { !$0.contains(":") }
    return "\(direction.peer) \(cidr) " + (except.isEmpty ? "" : "\(direction.peer) != { \(except.joined(separator: ", ")) } ")
  }

  /// "tcp dport { 80, 8000-9000 } " for each protocol, "meta l4proto udp " for all ports of one.
  private func places(_ ports: [NetworkPolicyPort], _ named: inout [PeerGroup.Port]) -> [String] {
    var numbers: [String: [String]] = [:]
    var whole: Set<String> = []
    for port in ports {
      let `protocol` = (port.protocol ?? "TCP").lowercased()
      if let number = port.port.int {
        numbers[`protocol`, default: []].append(port.endPort.map { "\(number)-\($0)" } ?? "\(number)")
      } else if let name = port.port.string {
        if direction == .egress { named.append(PeerGroup.Port(name: name, protocol: `protocol`)) }
        for own in identity.ports where direction == .ingress && own.name == name && own.protocol == `protocol` {
          numbers[`protocol`, default: []].append("\(own.number)")
        }
      } else {
        whole.insert(`protocol`)
      }
    }
    named.sort { ($0.name, $0.protocol) < ($1.name, $1.protocol) }
    return numbers.filter { !whole.contains($0.key) }.sorted { $0.key < $1.key }.map {
      "\($0.key) dport { \($0.value.joined(separator: ", ")) } "
    } + whole.sorted().map { "meta l4proto \($0) " }
  }
}
