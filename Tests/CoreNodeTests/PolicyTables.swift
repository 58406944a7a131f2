import CoreNode
import CoreObjects
import Testing

/// What passes from one address to another.
struct TestPacket: CustomStringConvertible {
  var from: String
  var to: String
  var `protocol` = "tcp"
  var port = 80

  var description: String { "\(from) > \(to) \(`protocol`) \(port)" }
}

/// Whether an address is in "10.0.0.0/8".
func isAddress(_ address: String, in cidr: String) -> Bool {
  let (parts, number) = (
    cidr.split(separator: "/"),
    { (text: Substring) in text.split(separator: ".").reduce(UInt32(0)) { $0 << 8 | UInt32($1)! } }
  )
  let length = UInt32(parts[1])!
  return length == 0 || (number(Substring(address)) ^ number(parts[0])) >> (32 - length) == 0
}

/// Carries out scripts as nft does, and judges packets by what is there then: what is added must not be there, what is deleted must be
/// and be used by nobody.
struct PolicyTables: Equatable {
  private(set) var elements: [String: [String: String]] = [:]
  private(set) var chains: [String: [String]] = [:]
  private(set) var sets: Set<String> = []

  mutating func run(_ script: String) {
    for line in script.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
      let words = line.split(separator: " ")
      switch words[0] {
      case "delete" where words[1] == "table": self = PolicyTables()
      case "set", "map": #expect(sets.insert(String(words[1])).inserted, "\(line)")
      case "chain" where words[1].hasPrefix("rules"):
        let body = line.drop { $0 != "{" }.dropFirst().dropLast()
        let rules = body.split(separator: ";").map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
        #expect(chains.updateValue(rules, forKey: String(words[1])) == nil, "\(line)")
        for set in references(rules) { #expect(sets.contains(set), "\(set)") }
      case "delete" where words[1] == "chain":
        #expect(chains.removeValue(forKey: String(words[4])) != nil, "\(line)")
        #expect(!elements.values.contains { $0.values.contains("jump \(words[4])") }, "\(line)")
      case "delete" where words[1] == "set":
        #expect(sets.remove(String(words[4])) != nil, "\(line)")
        elements[String(words[4])] = nil
        #expect(!chains.values.contains { references($0).contains(String(words[4])) }, "\(line)")
      case "add" where words[1] == "element", "delete" where words[1] == "element":
        change(String(words[4]), line.drop { $0 != "{" }.dropFirst().dropLast(), isAdded: words[0] == "add")
      default: continue
      }
    }
  }

  private func references(_ rules: [String]) -> [String] {
    rules.flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("@") }.map { String($0.dropFirst()) }
  }

  private mutating func change(_ container: String, _ list: Substring, isAdded: Bool) {
    #expect(sets.contains(container), "\(container)")
    for element in list.split(separator: ",") {
      let parts = element.split(separator: ":").map { $0.split(separator: " ").joined(separator: " ") }
      if isAdded {
        let old = elements[container, default: [:]].updateValue(parts.count > 1 ? parts[1] : "", forKey: parts[0])
        #expect(old == nil, "\(container) has \(element) already")
      } else {
        #expect(elements[container]?.removeValue(forKey: parts[0]) != nil, "\(container) has no \(element)")
        if elements[container]?.isEmpty == true { elements[container] = nil }
      }
    }
  }

  func lets(_ packet: TestPacket) -> Bool {
    func near(_ one: String, _ other: String) -> Bool { isAddress(one, in: other + "/24") && other.hasSuffix(".1") }
    if near(packet.from, packet.to) || near(packet.to, packet.from) { return true }
    if elements["self"]?["\(packet.from) . \(packet.from)"] != nil, packet.from == packet.to { return true }
    return lets(packet, "egress", of: packet.from, peer: packet.to) && lets(packet, "ingress", of: packet.to, peer: packet.from)
  }

  private func lets(_ packet: TestPacket, _ map: String, of address: String, peer: String) -> Bool {
    let identities = elements["identities"] ?? [:]
    guard let own = identities[address], let jump = elements[map]?[own], let rules = chains[String(jump.dropFirst(5))] else {
      return true
    }
    return rules.contains { $0.hasSuffix("return") && meets(packet, $0, mark: identities[peer] ?? "0") }
  }

  private func meets(_ packet: TestPacket, _ rule: String, mark: String) -> Bool {
    var words = rule.split(separator: " ").dropLast()
    func remove(_ count: Int) -> [Substring] {
      defer { words = words.dropFirst(count) }
      return Array(words.prefix(count))
    }
    func list() -> [Substring] {
      let inner = words.dropFirst().prefix { $0 != "}" }
      words = words.dropFirst(inner.count + 2)
      return inner.map { $0.hasSuffix(",") ? $0.dropLast() : $0 }
    }
    func holds(_ set: Substring, _ key: String) -> Bool { elements[String(set.dropFirst())]?[key] != nil }
    while !words.isEmpty {
      let isMet: Bool
      switch words.prefix(3).joined(separator: " ") {
      case "meta mark .": isMet = holds(remove(9)[8], "\(mark) . \(packet.protocol) . \(packet.port)")
      case let head where head.hasPrefix("meta mark"): isMet = holds(remove(3)[2], mark)
      case let head where head.hasPrefix("meta l4proto"): isMet = remove(3)[2] == packet.protocol
      case let head where head.hasPrefix("ip"):
        let address = remove(2)[1] == "saddr" ? packet.from : packet.to
        if words.first == "!=" {
          _ = remove(1)
          isMet = !list().contains { isAddress(address, in: String($0)) }
        } else {
          isMet = isAddress(address, in: String(remove(1)[0]))
        }
      default:
        let (name, ports) = (remove(2)[0], list())
        isMet =
          name == packet.protocol
          && ports.contains { text in
            let ends = text.split(separator: "-").map { Int($0)! }
            return ends[0] <= packet.port && packet.port <= ends.last!
          }
      }
      if !isMet { return false }
    }
    return true
  }
}

/// What policies say, read off their text without any rules: each packet anew.
struct PolicyModel {
  var pods: [ObjectKey: PolicedPod] = [:]
  var labels: [String: TextMap] = [:]
  var policies: [ObjectKey: NetworkPolicySpec] = [:]
  /// Of each pod, what it is made of.
  var made: [ObjectKey: (labels: TextMap, ports: [PolicyIdentity.Port])] = [:]

  func lets(_ packet: TestPacket) -> Bool {
    func near(_ one: String, _ other: String) -> Bool { isAddress(one, in: other + "/24") && other.hasSuffix(".1") }
    if near(packet.from, packet.to) || near(packet.to, packet.from) || packet.from == packet.to { return true }
    return lets(packet, "Egress", packet.from, packet.to) && lets(packet, "Ingress", packet.to, packet.from)
  }

  private func pod(at address: String) -> ObjectKey? { pods.first { $0.value.address == address }?.key }

  private func lets(_ packet: TestPacket, _ type: String, _ own: String, _ peer: String) -> Bool {
    guard let pod = pod(at: own) else { return true }
    let selecting = policies.filter { key, spec in
      key.namespace == pod.namespace && spec.policyTypes.values.contains(type) && spec.podSelector.matches(made[pod]!.labels)
    }
    return selecting.isEmpty
      || selecting.contains { key, spec in
        let rules: [([NetworkPolicyPeer], [NetworkPolicyPort])] =
          type == "Ingress"
          ? spec.ingress.map { (Array($0.from), Array($0.ports)) } : spec.egress.map { (Array($0.to), Array($0.ports)) }
        return rules.contains { peers, ports in
          (peers.isEmpty || peers.contains { names($0, peer, in: key.namespace) })
            && (ports.isEmpty || ports.contains { opens($0, packet) })
        }
      }
  }

  private func names(_ peer: NetworkPolicyPeer, _ address: String, in namespace: String) -> Bool {
    if let cidr = peer.ipBlock.cidr {
      return isAddress(address, in: cidr) && !peer.ipBlock.except.values.contains { isAddress(address, in: $0) }
    }
    guard let pod = pod(at: address) else { return false }
    if !peer.podSelector.isAbsent, !peer.podSelector.matches(made[pod]!.labels) { return false }
    if peer.namespaceSelector.isAbsent { return pod.namespace == namespace }
    return labels[pod.namespace].map { peer.namespaceSelector.matches($0) } ?? false
  }

  private func opens(_ port: NetworkPolicyPort, _ packet: TestPacket) -> Bool {
    guard port.protocol?.lowercased() ?? "tcp" == packet.protocol else { return false }
    if let number = port.port.int { return number...(port.endPort ?? number) ~= packet.port }
    guard let name = port.port.string else { return true }
    guard let pod = pod(at: packet.to) else { return false }
    return made[pod]!.ports.contains { $0.name == name && $0.protocol == packet.protocol && $0.number == packet.port }
  }
}
