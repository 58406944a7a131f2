import CoreObjects

/// Which traffic some pods may take and send.
struct NetworkPolicyResource: Resource {
  let definition = ResourceDefinition(
    id: .networkPolicies, kind: "NetworkPolicy", shortNames: ["netpol"], countsChanges: true,
    columns: [.name, "Pod-Selector", .age])

  /// Source: SetDefaults_NetworkPolicy, pkg/apis/networking/v1/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    var policy = NetworkPolicy(tree: object)
    guard policy.spec.policyTypes.isEmpty else { return }
    policy.spec.policyTypes = List(["Ingress"] + (policy.spec.egress.isEmpty ? [] : ["Egress"]))
    object = policy.tree
  }

  /// Source: ValidateNetworkPolicySpec, pkg/apis/networking/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let (spec, path) = (NetworkPolicy(tree: object).spec, FieldPath("spec"))
    var rules = RuleSheet()
    for (index, rule) in spec.ingress.enumerated() {
      let at = path.child("ingress").index(index)
      for (place, port) in rule.ports.enumerated() { check(port, at.child("ports").index(place), &rules) }
      for (place, peer) in rule.from.enumerated() { check(peer, at.child("from").index(place), &rules) }
    }
    for (index, rule) in spec.egress.enumerated() {
      let at = path.child("egress").index(index)
      for (place, port) in rule.ports.enumerated() { check(port, at.child("ports").index(place), &rules) }
      for (place, peer) in rule.to.enumerated() { check(peer, at.child("to").index(place), &rules) }
    }
    let types = ["Ingress", "Egress"]
    if spec.policyTypes.count > types.count {
      rules.refuse(.invalid, path.child("policyTypes"), spec.policyTypes.tree, "may have two values at the most")
      return rules.errors
    }
    for (index, type) in spec.policyTypes.values.enumerated() where !types.contains(type) {
      rules.add([.notSupported(path.child("policyTypes").index(index), value: type, supported: types)])
    }
    return rules.errors
  }

  private func check(_ port: NetworkPolicyPort, _ path: FieldPath, _ rules: inout RuleSheet) {
    if let name = port.port.string, !FieldRules.isPortName(name) {
      rules.refuse(.invalid, path.child("port"), .string(name), FieldRules.portNameText)
    }
    guard let end = port.endPort else { return }
    let problem: String?
    if let first = port.port.int {
      problem = end < first ? "must not be below port, \(first)" : nil
    } else {
      problem = port.port.isNull ? "only goes with port, the first of the range" : "only goes with a port that is a number"
    }
    if let problem { rules.refuse(.invalid, path.child("endPort"), .int(Int64(end)), problem) }
  }

  private func check(_ peer: NetworkPolicyPeer, _ path: FieldPath, _ rules: inout RuleSheet) {
    let hasSelector = !peer.podSelector.isAbsent || !peer.namespaceSelector.isAbsent
    if peer.ipBlock.isAbsent {
      if !hasSelector { rules.refuse(.required, path, nil, "name a peer") }
      return
    }
    if hasSelector { rules.refuse(.forbidden, path, nil, "ipBlock stands without selectors") }
    check(peer.ipBlock, path.child("ipBlock"), &rules)
  }

  private func check(_ block: IPBlock, _ path: FieldPath, _ rules: inout RuleSheet) {
    let form = "must be a network in CIDR notation, such as 10.9.8.0/24 or fd00::/8"
    rules.form(block.tree[.cidr], path.child("cidr"), form, AddressText.isNetwork)
    guard let network = NetworkText(block.cidr ?? "") else { return }
    for (index, text) in block.except.values.enumerated() {
      let at = path.child("except").index(index)
      if !AddressText.isNetwork(text) { rules.refuse(.invalid, at, .string(text), form) }
      if let part = NetworkText(text), !network.isWider(than: part) {
        rules.refuse(.invalid, at, .string(text), "must be a smaller network within cidr, \(block.cidr ?? "")")
      }
    }
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let selector = NetworkPolicy(tree: object).spec.podSelector.text
    return [TableCells.name(object), .string(selector.isEmpty ? "<none>" : selector), TableCells.age(object, now)]
  }
}
