import CoreObjects

/// Rules of flow schemas and priority levels. Source: pkg/apis/flowcontrol/validation/validation.go, v1.36.
enum FlowRules {
  private static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"]
  private static let lastPrecedence = 10_000
  private static let queueLimit = 10_000_000
  /// Bits that the hash of a flow has, of which its hand is dealt.
  private static let hashBits = 60
  private static let positive = "must be greater than 0"

  // MARK: Flow schemas

  static func schema(_ object: JSON) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    let name = object[.metadata][.name].string ?? ""
    let precedence = spec[.matchingPrecedence].int ?? 0
    let at = path.child("matchingPrecedence")
    if !(1...lastPrecedence).contains(precedence) {
      rules.refuse(.invalid, at, .int(Int64(precedence)), "must be between 1 and \(lastPrecedence), inclusive")
    }
    if precedence == 1, name != "exempt" { rules.refuse(.invalid, at, 1, "is for the schema exempt alone") }
    let level = spec[.priorityLevelConfiguration][.name]
    if level != "" { rules.name(level, path.child("priorityLevelConfiguration").child("name"), .dnsSubdomain) }
    for (index, rule) in spec[.rules].elements.enumerated() { check(rule, path.child("rules").index(index), &rules) }
    if let fixed = FlowBootstrap.mandatorySchemas[name], fixed != spec {
      rules.refuse(.invalid, path, spec, "of \(name) must stay as it is")
    }
    return rules.errors
  }

  private static func check(_ rule: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for (index, who) in rule[.subjects].elements.enumerated() { subject(who, path.child("subjects").index(index), &rules) }
    if rule[.resourceRules].elements.isEmpty, rule[.nonResourceRules].elements.isEmpty {
      rules.refuse(.required, path, nil, "a rule has resourceRules or nonResourceRules")
    }
    for (index, part) in rule[.resourceRules].elements.enumerated() {
      let at = path.child("resourceRules").index(index)
      verbs(part[.verbs], at.child("verbs"), &rules)
      for key in [Key.apiGroups, .resources] { rules.wildcard(part[key], at.child(key)) }
      namespaces(part, at.child("namespaces"), &rules)
    }
    for (index, part) in rule[.nonResourceRules].elements.enumerated() {
      let at = path.child("nonResourceRules").index(index)
      verbs(part[.verbs], at.child("verbs"), &rules)
      let paths = part[.nonResourceURLs]
      rules.wildcard(paths, at.child("nonResourceURLs"))
      if paths.elements.contains("*") { continue }
      for (place, text) in paths.elements.enumerated() {
        guard let problem = problem(ofPath: text.string ?? "") else { continue }
        rules.refuse(.invalid, at.child("nonResourceURLs").index(place), text, problem)
      }
    }
  }

  private static func verbs(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    rules.wildcard(list, path)
    if list.elements.contains("*") || list.elements.allSatisfy({ verbs.contains($0.string ?? "") }) { return }
    let text = verbs.map { JSON.string($0).description }.joined(separator: ", ")
    rules.refuse(.notSupported, path, list, "supported values: " + text)
  }

  private static func namespaces(_ rule: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let names = rule[.namespaces]
    if names.elements.isEmpty, rule[.clusterScope] != true {
      rules.refuse(.required, path, nil, "name a namespace, or set clusterScope")
    }
    rules.wildcard(names, path)
    if names.elements.contains("*") { return }
    for (index, name) in names.elements.enumerated() { rules.name(name, path.index(index), .dnsLabel) }
  }

  private static func problem(ofPath text: String) -> String? {
    if text.isEmpty { return "must not be empty" }
    if text == "/" { return nil }
    if !text.hasPrefix("/") { return "must begin with '/'" }
    if text.contains(" ") { return "may not have a space" }
    if text.contains("//") { return "may not have two '/' in a row" }
    let stars = text.count { $0 == "*" }
    return stars > 1 || (stars == 1 && !text.hasSuffix("/*")) ? "'*' is the whole last part of a path" : nil
  }

  private static func subject(_ subject: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let kinds: [(name: String, key: Key)] = [("Group", .group), ("ServiceAccount", .serviceAccount), ("User", .user)]
    let kind = subject[.kind].string ?? ""
    guard kinds.contains(where: { $0.name == kind }) else { return }
    for (name, key) in kinds {
      if name != kind {
        if !subject[key].isNull { rules.refuse(.forbidden, path.child(key), nil, "is for the kind \(name)") }
      } else if subject[key].isNull {
        rules.refuse(.required, path.child(key), nil, "the kind \(kind) wants it")
      }
    }
    let (account, at) = (subject[.serviceAccount], path.child("serviceAccount"))
    guard kind == "ServiceAccount", !account.isNull else { return }
    if account[.name] != "*", account[.name] != "" { rules.name(account[.name], at.child("name"), .dnsSubdomain) }
    if account[.namespace] != "" { rules.name(account[.namespace], at.child("namespace"), .dnsLabel) }
  }

  // MARK: Priority levels

  static func level(_ object: JSON) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    let name = object[.metadata][.name].string ?? ""
    if (name == "exempt") != (spec[.type] == "Exempt") {
      rules.refuse(.invalid, path.child("type"), spec[.type], "Exempt is the level exempt, and no other")
    }
    let (limited, exempt) = (spec[.limited], spec[.exempt])
    switch spec[.type].string {
    case "Exempt":
      if !limited.isNull { rules.refuse(.forbidden, path.child("limited"), nil, "is for the type Limited") }
      shares(exempt, path.child("exempt"), &rules)
    case "Limited":
      if !exempt.isNull { rules.refuse(.forbidden, path.child("exempt"), nil, "is for the type Exempt") }
      if limited.isNull { rules.refuse(.required, path.child("limited"), nil, "the type Limited wants it") }
      shares(limited, path.child("limited"), &rules)
      if !limited.isNull { response(limited[.limitResponse], path.child("limited").child("limitResponse"), &rules) }
    default: break
    }
    if let fixed = FlowBootstrap.mandatoryLevels[name], !isSame(spec, fixed) {
      rules.refuse(.invalid, path, spec, "of \(name) must stay as it is")
    }
    return rules.errors
  }

  /// Of the level exempt the shares may be set.
  private static func isSame(_ spec: JSON, _ fixed: JSON) -> Bool {
    if fixed[.type] == "Exempt" { return spec[.type] == fixed[.type] }
    return spec == fixed
  }

  private static func shares(_ tree: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if let shares = tree[.nominalConcurrencyShares].int, shares < 0 {
      rules.refuse(.invalid, path.child("nominalConcurrencyShares"), .int(Int64(shares)), "must be greater than or equal to 0")
    }
    if let lendable = tree[.lendablePercent].int, !(0...100).contains(lendable) {
      rules.refuse(.invalid, path.child("lendablePercent"), .int(Int64(lendable)), "must be between 0 and 100, inclusive")
    }
    if let limit = tree[.borrowingLimitPercent].int, limit < 0 {
      rules.refuse(.invalid, path.child("borrowingLimitPercent"), .int(Int64(limit)), "must be greater than or equal to 0")
    }
  }

  private static func response(_ response: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let (queuing, at) = (response[.queuing], path.child("queuing"))
    switch response[.type].string {
    case "Reject": if !queuing.isNull { rules.refuse(.forbidden, at, nil, "is for the type Queue") }
    case "Queue":
      if queuing.isNull { return rules.refuse(.required, at, nil, "the type Queue wants it") }
      FlowRules.queues(queuing, at, &rules)
    default: break
    }
  }

  private static func queues(_ queuing: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    func number(_ key: Key) -> Int { queuing[key].int ?? 0 }
    func refuse(_ key: Key, _ detail: String) { rules.refuse(.invalid, path.child(key), .int(Int64(number(key))), detail) }
    if number(.queueLengthLimit) < 1 { refuse(.queueLengthLimit, positive) }
    let (queues, hand) = (number(.queues), number(.handSize))
    if queues < 1 {
      refuse(.queues, positive)
    } else if queues > queueLimit {
      refuse(.queues, "must be less than or equal to \(queueLimit)")
    }
    if hand < 1 {
      refuse(.handSize, positive)
    } else if hand > queues {
      refuse(.handSize, "must be less than or equal to queues, \(queues)")
    } else if queues <= queueLimit, bits(queues, hand) > hashBits {
      refuse(.handSize, "to deal it from \(queues) queues takes more than the \(hashBits) bits of a hash")
    }
  }

  /// How many bits it takes to deal a hand: those of all deals in order, rounded up.
  /// Source: RequiredEntropyBits, apiserver/pkg/util/shufflesharding, v1.36.
  private static func bits(_ queues: Int, _ hand: Int) -> Int {
    var deals = 1.0
    for dealt in 0..<hand where deals <= 0x1p61 { deals *= Double(queues - dealt) }
    var (bits, power) = (0, 1.0)
    while power < deals {
      power *= 2
      bits += 1
    }
    return bits
  }
}
