package import CoreObjects

/// All policies as nftables' rules: what is installed, and the script that makes the next state of it.
///
/// Pods that are alike to every policy share a number, by which `identities` knows their addresses; `egress` and `ingress` say by
/// that number which chain their traffic goes through. A chain is what all policies of such pods let through in one direction, and
/// whom a rule names is a set of numbers. So a packet takes the same few lookups and its own policies' rules however many there are,
/// and a pod that comes or goes is an element or two. Without policies there is no table, and no packet is looked at.
package struct PolicyRules: KernelRules {
  package static let table = "ip wavetank_policies"

  private struct Alike {
    let number: Int
    var pods = 0
    var chains: [PolicyDirection: String] = [:]
  }

  private struct Chain {
    let number: Int
    var groups: Set<PeerGroup>
    var uses = 0
    var isInstalled = false
  }

  private struct Peers {
    let number: Int
    var uses = 0
    var isInstalled = false
    /// By the number of who is alike.
    var elements: [Int: [String]] = [:]

    var name: String { "peers_\(number)" }
  }

  /// What there is, as it was told.
  private var pods: [ObjectKey: PolicedPod] = [:]
  private var labels: [String: TextMap] = [:]
  private var policies: [String: [String: NetworkPolicySpec]] = [:]
  /// What is installed; nothing while there are no policies.
  private var isActive = false
  private var identities: [PolicyIdentity: Alike] = [:]
  private var members: [String: Set<PolicyIdentity>] = [:]
  private var holders: [String: ObjectKey] = [:]
  private var chains: [String: Chain] = [:]
  private var peers: [PeerGroup: Peers] = [:]
  private var lastNumber = 0
  private let near: NearPairs
  package var base: String { "" }
  package var table: String { PolicyRules.table }

  /// - Parameter nodes: how many networks of nodes there are
  package init(nodes: Int, _ addresses: ClusterAddresses = ClusterAddresses()) {
    near = NearPairs(nodes: nodes, addresses: addresses)
    // The DNS is no pod, but those who let their pods ask it name the pods that it has elsewhere.
    let ports = ["udp": "dns", "tcp": "dns-tcp"].map { PolicyIdentity.Port(name: $1, protocol: $0, number: 53) }
    pods[ObjectKey(.services, namespace: "kube-system", "kube-dns")] = PolicedPod(
      address: addresses.dns,
      PolicyIdentity(
        namespace: "kube-system", labels: TextMap(["k8s-app": "kube-dns"]), ports: ports.sorted { $0.name < $1.name }))
  }

  /// What goes on is let through, and so is what a pod sends to itself, and what it and its node send to each other.
  private var content: String {
    // Answers of the DNS belong to no connection.
    return """
      add table \(PolicyRules.table)
      delete table \(PolicyRules.table)
      table \(PolicyRules.table) {
        map identities { type ipv4_addr : mark; }
        map egress { type mark : verdict; }
        map ingress { type mark : verdict; }
        set self { type ipv4_addr . ipv4_addr; }
        set near { \(near.text) }
        chain judge {
          ct state established,related accept
          ip saddr . ip daddr @self accept
          ip saddr . ip daddr @near accept
          meta mark set 0
          meta mark set ip saddr map @identities
          meta mark vmap @egress
          meta mark set 0
          meta mark set ip daddr map @identities
          meta mark vmap @ingress
        }
        chain forward { type filter hook forward priority 0; jump judge; }
        chain input { type filter hook input priority 0; jump judge; }
        chain output { type filter hook output priority 0; ct state untracked accept; jump judge; }
      }

      """
  }

  package mutating func replace(_ facts: [PolicyFact]) -> RuleUpdate {
    var change = Change(pods: [:])
    for fact in facts { receive(fact, &change) }
    let wasActive = isActive
    isActive = !policies.isEmpty
    if !isActive {
      if wasActive { forgetInstalled() }
      return RuleUpdate(script: wasActive ? "delete table \(PolicyRules.table)\n" : "")
    }
    if !wasActive { change = Change(pods: pods.mapValues { _ in nil }) }
    var script = RuleScript(table: PolicyRules.table)
    let new = movePods(change.pods, &script)
    removeEmpty(&script)
    let relabelled = change.labels.sorted().flatMap { alike(in: $0) }
    if !relabelled.isEmpty || !new.isEmpty {
      for (group, set) in peers.sorted(by: { $0.value.number < $1.value.number }) where set.isInstalled {
        for identity in relabelled + new { setElements(of: group, identity, &script) }
      }
    }
    for identity in new + change.policies.sorted().flatMap({ alike(in: $0) }) { setChains(of: identity, &script) }
    collectChains(&script)
    collectPeers(&script)
    return RuleUpdate(script: (wasActive ? "" : content) + script.text)
  }

  /// What is to be looked at: pods with what they were, namespaces with other labels, and those with other policies.
  private struct Change {
    var pods: [ObjectKey: PolicedPod?]
    var labels: Set<String> = []
    var policies: Set<String> = []
  }

  private mutating func receive(_ fact: PolicyFact, _ change: inout Change) {
    let (namespace, name) = (fact.key.namespace, fact.key.name)
    switch fact.key.resource {
    case .networkPolicies:
      if case .policy(let spec) = fact.content {
        policies[namespace, default: [:]][name] = spec
      } else {
        policies[namespace]?[name] = nil
      }
      if policies[namespace]?.isEmpty == true { policies[namespace] = nil }
      change.policies.insert(namespace)
    case .namespaces:
      if case .namespace(let labels) = fact.content { self.labels[name] = labels } else { labels[name] = nil }
      change.labels.insert(name)
    default:
      if change.pods[fact.key] == nil { change.pods[fact.key] = .some(pods[fact.key]) }
      if case .pod(let pod) = fact.content { pods[fact.key] = pod } else { pods[fact.key] = nil }
    }
  }

  private mutating func forgetInstalled() {
    (identities, members, holders, chains, peers) = ([:], [:], [:], [:], [:])
  }

  /// - Returns: those that are like nobody before
  private mutating func movePods(_ changed: [ObjectKey: PolicedPod?], _ script: inout RuleScript) -> [PolicyIdentity] {
    let changed = changed.filter { $0.value != pods[$0.key] }.sorted { $0.key < $1.key }
    for (key, old) in changed { if let old { release(old, of: key, &script) } }
    var new: [PolicyIdentity] = []
    for (key, _) in changed {
      guard let pod = pods[key] else { continue }
      // An address is given out again only when nobody has it, but its end may be told later.
      if let holder = holders[pod.address], let other = pods[holder] { release(other, of: holder, &script) }
      holders[pod.address] = key
      if identities[pod.identity] == nil {
        identities[pod.identity] = Alike(number: nextNumber())
        members[pod.identity.namespace, default: []].insert(pod.identity)
        new.append(pod.identity)
      }
      identities[pod.identity]!.pods += 1
      script.added += elements(of: pod)
    }
    return new.filter { identities[$0]!.pods > 0 }
  }

  private mutating func release(_ pod: PolicedPod, of key: ObjectKey, _ script: inout RuleScript) {
    guard holders[pod.address] == key else { return }
    holders[pod.address] = nil
    identities[pod.identity]!.pods -= 1
    script.deleted += elements(of: pod)
  }

  private func elements(of pod: PolicedPod) -> [RuleElement] {
    [
      RuleElement("identities", pod.address, "\(identities[pod.identity]!.number)"),
      RuleElement("self", "\(pod.address) . \(pod.address)"),
    ]
  }

  private mutating func nextNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  private func alike(in namespace: String) -> [PolicyIdentity] {
    (members[namespace] ?? []).sorted { identities[$0]!.number < identities[$1]!.number }
  }

  /// Who is like nobody any more goes.
  private mutating func removeEmpty(_ script: inout RuleScript) {
    for (identity, alike) in identities.sorted(by: { $0.value.number < $1.value.number }) where alike.pods == 0 {
      identities[identity] = nil
      members[identity.namespace]?.remove(identity)
      for (direction, text) in alike.chains { leave(text, direction, alike.number, &script) }
      for group in peers.keys {
        guard let old = peers[group]!.elements.removeValue(forKey: alike.number) else { continue }
        script.deleted += old.map { RuleElement(peers[group]!.name, $0) }
      }
    }
  }

  private mutating func setElements(of group: PeerGroup, _ identity: PolicyIdentity, _ script: inout RuleScript) {
    let number = identities[identity]!.number
    let (old, new) = (peers[group]!.elements[number] ?? [], group.elements(of: identity, number: number) { labels[$0] })
    if old == new { return }
    peers[group]!.elements[number] = new.isEmpty ? nil : new
    let name = peers[group]!.name
    script.replace(old.map { RuleElement(name, $0) }, with: new.map { RuleElement(name, $0) })
  }

  private mutating func setChains(of identity: PolicyIdentity, _ script: inout RuleScript) {
    let number = identities[identity]!.number
    let selecting = (policies[identity.namespace] ?? [:]).sorted { $0.key < $1.key }.map(\.value).filter {
      $0.podSelector.matches(identity.labels)
    }
    for direction in PolicyDirection.allCases {
      let text = chain(direction, of: identity, selecting.filter { $0.policyTypes.values.contains(direction.rawValue) })
      let old = identities[identity]!.chains[direction]
      if text == old { continue }
      identities[identity]!.chains[direction] = text
      if let old { leave(old, direction, number, &script) }
      guard let text else { continue }
      chains[text]!.uses += 1
      script.added.append(RuleElement(direction.map, "\(number)", "jump rules_\(chains[text]!.number)"))
    }
  }

  private mutating func leave(_ text: String, _ direction: PolicyDirection, _ number: Int, _ script: inout RuleScript) {
    chains[text]!.uses -= 1
    script.deleted.append(RuleElement(direction.map, "\(number)", "jump rules_\(chains[text]!.number)"))
  }

  /// The text of what these policies let through, which is a chain from now on; nil without policies.
  private mutating func chain(
    _ direction: PolicyDirection, of identity: PolicyIdentity, _ policies: [NetworkPolicySpec]
  ) -> String? {
    if policies.isEmpty { return nil }
    var chain = PolicyChain(direction, of: identity)
    for policy in policies {
      chain.add(policy) { group in
        if let known = peers[group] { return known.number }
        peers[group] = Peers(number: nextNumber())
        return lastNumber
      }
    }
    let own = ["meta mark set 0", "meta mark set \(direction.peer) map @identities"]
    let text = (own + chain.lines + ["drop"]).joined(separator: "; ")
    if chains[text] == nil { chains[text] = Chain(number: nextNumber(), groups: chain.groups) }
    return text
  }

  /// Chains that are used are made, those that are not go.
  private mutating func collectChains(_ script: inout RuleScript) {
    for (text, chain) in chains.sorted(by: { $0.value.number < $1.value.number }) where chain.isInstalled != (chain.uses > 0) {
      if chain.uses > 0 {
        chains[text]!.isInstalled = true
        script.chains.append("chain rules_\(chain.number) { \(text); }")
      } else {
        script.removed.append(("chain", "rules_\(chain.number)"))
      }
      for group in chain.groups { peers[group]!.uses += chain.uses > 0 ? 1 : -1 }
    }
    chains = chains.filter { $0.value.uses > 0 }
  }

  private mutating func collectPeers(_ script: inout RuleScript) {
    let all = peers.sorted { $0.value.number < $1.value.number }
    let everybody = identities.sorted { $0.value.number < $1.value.number }.map(\.key)
    for (group, set) in all where set.isInstalled != (set.uses > 0) {
      if set.uses > 0 {
        peers[group]!.isInstalled = true
        script.sets.append("set \(set.name) { type \(group.type); }")
        for identity in everybody { setElements(of: group, identity, &script) }
      } else {
        script.removed.append(("set", set.name))
      }
    }
    peers = peers.filter { $0.value.uses > 0 }
  }
}
