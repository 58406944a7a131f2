import CoreObjects

/// Rules of claims for devices. Source: validateDeviceClaim and validateResourceClaimStatusUpdate,
/// pkg/apis/resource/validation/validation.go, v1.36.
enum DeviceClaimRules {
  private static let choiceLimit = 8
  private static let consumerLimit = 256
  private static let reference = "must name a request of the claim, or one of its wishes behind '/'"

  /// One device, where nothing else is said. Source: pkg/apis/resource/v1/defaults.go, v1.36.
  static func setDefaults(_ spec: inout JSON) {
    for index in spec[.devices][.requests].elements.indices {
      if spec[.devices][.requests][index][.exactly].isObject { setCount(&spec[.devices][.requests][index][.exactly]) }
      for place in spec[.devices][.requests][index][.firstAvailable].elements.indices {
        setCount(&spec[.devices][.requests][index][.firstAvailable][place])
      }
    }
  }

  private static func setCount(_ wish: inout JSON) {
    if wish[.allocationMode] == "ExactCount", (wish[.count].int ?? 0) == 0 { wish.put(.count, 1) }
  }

  /// The devices that a claim asks for.
  static func check(_ devices: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let names = RequestNames(devices[.requests])
    let requests = path.child("requests")
    if rules.bound(devices[.requests], to: DeviceRules.listLimit, requests) {
      var seen = Set<String>()
      for (index, request) in devices[.requests].elements.enumerated() {
        check(request: request, requests.index(index), &rules)
        if !seen.insert(request[.name].string ?? "").inserted {
          rules.refuse(.duplicate, requests.index(index), request[.name])
        }
      }
    }
    let constraints = path.child("constraints")
    if rules.bound(devices[.constraints], to: DeviceRules.listLimit, constraints) {
      for (index, constraint) in devices[.constraints].elements.enumerated() {
        check(constraint: constraint, constraints.index(index), names, &rules)
      }
    }
    let configs = path.child("config")
    guard rules.bound(devices[.config], to: DeviceRules.listLimit, configs) else { return }
    for (index, config) in devices[.config].elements.enumerated() {
      names.check(config[.requests], configs.index(index).child("requests"), &rules)
      DeviceRules.opaque(config, configs.index(index), &rules)
    }
  }

  private static func check(request: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if request[.name] != "" { rules.name(request[.name], path.child("name"), .dnsLabel) }
    let wishes = request[.firstAvailable]
    switch (request[.exactly].isNull, wishes.elements.isEmpty) {
    case (true, true): rules.refuse(.required, path, nil, "either exactly or firstAvailable must be there")
    case (false, false): rules.refuse(.invalid, path, .null, "exactly stands without firstAvailable")
    case (false, true): check(wish: request[.exactly], path.child("exactly"), &rules)
    case (true, false):
      let at = path.child("firstAvailable")
      guard rules.bound(wishes, to: choiceLimit, at) else { return }
      var seen = Set<String>()
      for (index, wish) in wishes.elements.enumerated() {
        if wish[.name] != "" { rules.name(wish[.name], at.index(index).child("name"), .dnsLabel) }
        check(wish: wish, at.index(index), &rules)
        if !seen.insert(wish[.name].string ?? "").inserted { rules.refuse(.duplicate, at.index(index), wish[.name]) }
      }
    }
  }

  private static func check(wish: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if wish[.deviceClassName] != "" { rules.name(wish[.deviceClassName], path.child("deviceClassName"), .dnsSubdomain) }
    DeviceRules.selectors(wish[.selectors], path.child("selectors"), &rules)
    let count = wish[.count].int ?? 0
    if wish[.allocationMode] == "All", count != 0 {
      rules.refuse(.invalid, path.child("count"), wish[.count], "is not for the mode All")
    }
    if wish[.allocationMode] == "ExactCount", count <= 0 {
      rules.refuse(.invalid, path.child("count"), .int(Int64(count)), "must be greater than 0")
    }
    DeviceRules.tolerations(wish[.tolerations], path.child("tolerations"), &rules)
  }

  private static func check(constraint: JSON, _ path: FieldPath, _ names: RequestNames, _ rules: inout RuleSheet) {
    names.check(constraint[.requests], path.child("requests"), &rules)
    let keys = [Key.matchAttribute, .distinctAttribute]
    guard let key = keys.first(where: { !constraint[$0].isNull }) else {
      return rules.refuse(.required, path, nil, "either matchAttribute or distinctAttribute must be there")
    }
    DeviceRules.qualified(constraint[key].string ?? "", isFull: true, path.child(key), &rules)
  }

  // MARK: Status

  static func validateStatus(_ object: JSON, old: JSON) -> [FieldError] {
    var rules = RuleSheet()
    let (status, before, path) = (object[.status], old[.status], FieldPath("status"))
    let names = RequestNames(object[.spec][.devices][.requests])
    let (consumers, at) = (status[.reservedFor], path.child("reservedFor"))
    if rules.bound(consumers, to: consumerLimit, at) {
      for (index, consumer) in consumers.elements.enumerated() {
        for key in [Key.resource, .name, .uid] where (consumer[key].string ?? "").isEmpty {
          rules.refuse(.required, at.index(index).child(key))
        }
      }
    }
    if !consumers.elements.isEmpty {
      if status[.allocation].isNull { rules.refuse(.forbidden, at, nil, "nothing was given to the claim") }
      let isDeleted = !object[.metadata][.deletionTimestamp].isNull
      if isDeleted, consumers.elements.contains(where: { !before[.reservedFor].elements.contains($0) }) {
        rules.refuse(.forbidden, at, nil, "a claim that is deleted gets no more consumers")
      }
    }
    let (allocation, place) = (status[.allocation], path.child("allocation"))
    if !allocation.isNull, !before[.allocation].isNull {
      rules.add(FieldRules.immutable(allocation, before[.allocation], place))
    } else if !allocation.isNull {
      results(allocation[.devices], place.child("devices"), names, &rules)
    }
    return rules.errors
  }

  private static func results(_ devices: JSON, _ path: FieldPath, _ names: RequestNames, _ rules: inout RuleSheet) {
    let results = path.child("results")
    if rules.bound(devices[.results], to: DeviceRules.listLimit, results) {
      for (index, result) in devices[.results].elements.enumerated() {
        let at = results.index(index)
        names.check(result[.request].string ?? "", at.child("request"), &rules)
        rules.driver(result[.driver], at.child("driver"))
        DeviceRules.pool(result[.pool], at.child("pool"), &rules)
        rules.name(result[.device], at.child("device"), .dnsLabel)
        DeviceRules.bindings(result, at, &rules)
        DeviceRules.tolerations(result[.tolerations], at.child("tolerations"), &rules)
      }
    }
    let configs = path.child("config")
    guard rules.bound(devices[.config], to: 2 * DeviceRules.listLimit, configs) else { return }
    for (index, config) in devices[.config].elements.enumerated() {
      let at = configs.index(index)
      if config[.source].string?.isEmpty != false {
        rules.refuse(.required, at.child("source"))
      } else {
        rules.choice(config[.source], at.child("source"), ["FromClaim", "FromClass"])
      }
      names.check(config[.requests], at.child("requests"), &rules)
      DeviceRules.opaque(config, at, &rules)
    }
  }

  /// The requests of a claim, each with its wishes.
  private struct RequestNames {
    private let wishes: [String: Set<String>]

    init(_ requests: JSON) {
      let pairs = requests.elements.map { request in
        (request[.name].string ?? "", Set(request[.firstAvailable].elements.compactMap { $0[.name].string }))
      }
      wishes = Dictionary(pairs) { first, _ in first }
    }

    func check(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
      guard rules.bound(list, to: DeviceRules.listLimit, path) else { return }
      for (index, name) in list.elements.enumerated() { check(name.string ?? "", path.index(index), &rules) }
      rules.repeats(list, path)
    }

    func check(_ name: String, _ path: FieldPath, _ rules: inout RuleSheet) {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      let isKnown = parts.count <= 2 && wishes[parts[0]].map { parts.count == 1 || $0.contains(parts[1]) } == true
      if parts.count <= 2 { for part in parts { rules.name(.string(part), path, .dnsLabel) } }
      if !isKnown { rules.refuse(.invalid, path, .string(name), DeviceClaimRules.reference) }
    }
  }
}
