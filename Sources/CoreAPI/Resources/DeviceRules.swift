import CoreObjects

/// Rules of devices, wherever they stand. Source: pkg/apis/resource/validation/validation.go, v1.36. Whether expressions compile is not
/// looked at here.
enum DeviceRules {
  /// Of requests, constraints, selectors and settings.
  static let listLimit = 32
  private static let expressionBytes = 10 * 1024
  private static let parameterBytes = 10 * 1024
  private static let deviceLimit = 128
  /// Where devices have taints or share counters.
  private static let elaborateDeviceLimit = 64
  private static let counterSetLimit = 8
  private static let counterLimit = 32
  private static let consumptionLimit = 2
  private static let attributeLimit = 32
  private static let taintLimit = 16
  private static let conditionLimit = 4
  private static let identifierBytes = 32
  private static let valueBytes = 64
  private static let poolBytes = 253

  // MARK: What claims, classes and slices share

  static func selectors(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard rules.bound(list, to: listLimit, path) else { return }
    for (index, selector) in list.elements.enumerated() {
      let at = path.index(index).child("cel")
      if selector[.cel].isNull {
        rules.refuse(.required, at)
      } else if (selector[.cel][.expression].string ?? "").utf8.count > expressionBytes {
        rules.refuse(.tooLong, at.child("expression"), nil, "may not be more than \(expressionBytes) bytes")
      }
    }
  }

  static func opaque(_ config: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let (opaque, at) = (config[.opaque], path.child("opaque"))
    if opaque.isNull { return rules.refuse(.required, at) }
    rules.driver(opaque[.driver], at.child("driver"))
    let (parameters, place) = (opaque[.parameters], at.child("parameters"))
    if parameters.isNull { return rules.refuse(.required, place) }
    if !parameters.isObject { rules.refuse(.invalid, place, parameters, "must be an object") }
    if parameters.encoded().count > parameterBytes {
      rules.refuse(.tooLong, place, nil, "may not be more than \(parameterBytes) bytes")
    }
  }

  static func tolerations(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for (index, toleration) in list.elements.enumerated() {
      let at = path.index(index)
      let key = toleration[.key].string ?? ""
      if key.isEmpty {
        if toleration[.operator] != "Exists" {
          rules.refuse(.invalid, at.child("operator"), toleration[.operator], "must be Exists where there is no key")
        }
      } else {
        rules.qualifiedName(toleration[.key], at.child("key"))
      }
      let value = toleration[.value].string ?? ""
      if toleration[.operator] == "Exists", !value.isEmpty {
        rules.refuse(.invalid, at.child("value"), toleration[.value], "Exists has no value")
      }
      rules.form(toleration[.value], at.child("value"), "is no value of a label") { NameRules.labelValueProblem($0) == nil }
    }
  }

  static func pool(_ name: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard let text = name.string, !text.isEmpty else { return }
    if text.utf8.count > poolBytes { rules.refuse(.tooLong, path, nil, "may not be more than \(poolBytes) bytes") }
    for part in text.split(separator: "/", omittingEmptySubsequences: false) {
      rules.name(.string(String(part)), path, .dnsSubdomain)
    }
  }

  /// "name" or "example.com/name".
  static func qualified(_ text: String, isFull: Bool = false, _ path: FieldPath, _ rules: inout RuleSheet) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else { return rules.refuse(.invalid, path, .string(text), "may have one '/' at the most") }
    if parts.count == 2 {
      if parts[0].isEmpty {
        rules.refuse(.invalid, path, "", "its domain may not be empty")
      } else {
        rules.driver(.string(parts[0]), path)
      }
    } else if isFull {
      rules.refuse(.invalid, path, .string(text), "must be a domain and a name with '/' between")
    }
    let name = parts.last ?? ""
    if name.utf8.count > identifierBytes { rules.refuse(.tooLong, path, nil, "may not be more than \(identifierBytes) bytes") }
    let isIdentifier =
      !name.isEmpty
      && name.utf8.enumerated().allSatisfy { place, byte in
        byte == UInt8(ascii: "_") || (0x61...0x7A).contains(byte | 0x20) || (place > 0 && (0x30...0x39).contains(byte))
      }
    if !isIdentifier {
      rules.refuse(.invalid, path, .string(name), "must be letters, digits and '_', and may not begin with a digit")
    }
  }

  static func isExtendedResource(_ name: String) -> Bool {
    guard let domain = name.split(separator: "/", maxSplits: 1).first, name.contains("/"), !name.hasPrefix("requests.") else {
      return false
    }
    return domain != "kubernetes.io" && !domain.hasSuffix(".kubernetes.io") && NameRules.qualifiedNameProblem(name) == nil
  }

  // MARK: Slices

  static func slice(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
    var rules = RuleSheet()
    rules.driver(spec[.driver], path.child("driver"))
    pool(spec[.pool][.name], path.child("pool").child("name"), &rules)
    let isPerDevice = spec[.perDeviceNodeSelection] == true
    nodes(of: spec, path, [.nodeName, .nodeSelector, .allNodes, .perDeviceNodeSelection], &rules)
    let term = path.child("nodeSelector").child("nodeSelectorTerms")
    if !spec[.nodeSelector].isNull, spec[.nodeSelector][.nodeSelectorTerms].elements.count != 1 {
      rules.refuse(.invalid, term, spec[.nodeSelector][.nodeSelectorTerms], "must have one term")
    }
    let (devices, sets) = (spec[.devices], spec[.sharedCounters])
    if !devices.elements.isEmpty, !sets.elements.isEmpty {
      rules.refuse(.invalid, path, "", "a slice has devices or sharedCounters, not both")
    }
    let isElaborate = devices.elements.contains { !$0[.taints].elements.isEmpty || !$0[.consumesCounters].elements.isEmpty }
    let at = path.child("devices")
    if rules.bound(devices, to: isElaborate ? elaborateDeviceLimit : deviceLimit, at) {
      var seen = Set<String>()
      for (index, device) in devices.elements.enumerated() {
        check(device, at.index(index), isPerDevice: isPerDevice, &rules)
        if !seen.insert(device[.name].string ?? "").inserted { rules.refuse(.duplicate, at.index(index), device[.name]) }
      }
    }
    counters(sets, path.child("sharedCounters"), &rules)
    return rules.errors
  }

  /// Of these exactly one says which nodes are meant.
  private static func nodes(of tree: JSON, _ path: FieldPath, _ keys: [Key], _ rules: inout RuleSheet) {
    for key in [Key.allNodes, .perDeviceNodeSelection] where tree[key] == false {
      rules.refuse(.invalid, path.child(key), false, "is true or not there")
    }
    if tree[.nodeName] == "" {
      rules.refuse(.invalid, path.child("nodeName"), "", "is not empty where it is there")
    } else {
      rules.name(tree[.nodeName], path.child("nodeName"), .dnsSubdomain)
    }
    let given = keys.filter { !tree[$0].isNull && tree[$0] != false && tree[$0] != "" }
    if given.count == 1 { return }
    let names = keys.map(\.name).joined(separator: ", ")
    if given.isEmpty { return rules.refuse(.required, path, nil, "one of \(names) must be there") }
    let text = "{" + given.map { "`\($0.name)`" }.joined(separator: ", ") + "}"
    rules.refuse(.invalid, path, .string(text), "only one of \(names) may be there")
  }

  private static func counters(_ sets: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard rules.bound(sets, to: counterSetLimit, path) else { return }
    var seen = Set<String>()
    for (index, set) in sets.elements.enumerated() {
      let at = path.index(index)
      if set[.name] != "" { rules.name(set[.name], at.child("name"), .dnsLabel) }
      if !seen.insert(set[.name].string ?? "").inserted { rules.refuse(.duplicate, at, set[.name]) }
      amounts(set[.counters], at.child("counters"), &rules)
    }
  }

  private static func amounts(_ counters: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if counters.isObject, counters.members.isEmpty { rules.refuse(.required, path) }
    guard rules.bound(counters, to: counterLimit, path) else { return }
    for member in counters.members { rules.name(.string(member.key.name), path, .dnsLabel) }
  }

  // MARK: Devices

  private static func check(_ device: JSON, _ path: FieldPath, isPerDevice: Bool, _ rules: inout RuleSheet) {
    if device[.name] != "" { rules.name(device[.name], path.child("name"), .dnsLabel) }
    let count = device[.attributes].members.count + device[.capacity].members.count
    if count > attributeLimit {
      rules.refuse(.invalid, path, .int(Int64(count)), "attributes and capacities may be \(attributeLimit) at the most together")
    }
    for member in device[.attributes].members {
      qualified(member.key.name, path.child("attributes"), &rules)
      attribute(member.value, path.child("attributes").key(member.key.name), &rules)
    }
    for member in device[.capacity].members {
      qualified(member.key.name, path.child("capacity"), &rules)
      let at = path.child("capacity").key(member.key.name).child("requestPolicy")
      let policy = member.value[.requestPolicy]
      if policy.isNull { continue }
      if device[.allowMultipleAllocations] == true {
        CapacityRules.check(policy, of: member.value[.value], at, &rules)
      } else {
        rules.refuse(.forbidden, at, nil, "is for devices with allowMultipleAllocations")
      }
    }
    if rules.bound(device[.taints], to: taintLimit, path.child("taints")) {
      for (index, taint) in device[.taints].elements.enumerated() {
        let at = path.child("taints").index(index)
        if taint[.key] != "" { rules.qualifiedName(taint[.key], at.child("key")) }
        rules.form(taint[.value], at.child("value"), "is no value of a label") { NameRules.labelValueProblem($0) == nil }
      }
    }
    consumption(device[.consumesCounters], path.child("consumesCounters"), &rules)
    if isPerDevice {
      nodes(of: device, path, [.nodeName, .nodeSelector, .allNodes], &rules)
    } else if [Key.nodeName, .nodeSelector, .allNodes].contains(where: { !device[$0].isNull }) {
      rules.refuse(.invalid, path, .null, "devices choose nodes where the slice has perDeviceNodeSelection")
    }
    bindings(device, path, &rules)
  }

  /// Conditions of binding, of a device and of a device that was given.
  static func bindings(_ device: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for key in [Key.bindingConditions, .bindingFailureConditions]
    where rules.bound(device[key], to: conditionLimit, path.child(key)) {
      for (index, condition) in device[key].elements.enumerated() {
        rules.qualifiedName(condition, path.child(key).index(index))
      }
      rules.repeats(device[key], path.child(key))
    }
    let (wanted, failed) = (device[.bindingConditions], device[.bindingFailureConditions])
    if wanted.elements.isEmpty != failed.elements.isEmpty {
      let key = wanted.elements.isEmpty ? Key.bindingConditions : .bindingFailureConditions
      rules.refuse(.invalid, path.child(key), device[key], "bindingConditions and bindingFailureConditions come together")
    }
  }

  private static func attribute(_ value: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let keys = [Key.bool, .int, .string, .version].filter { !value[$0].isNull }
    if keys.count != 1 { rules.refuse(.invalid, path, keys.isEmpty ? "" : value, "must have one value") }
    for key in [Key.string, .version] where (value[key].string ?? "").utf8.count > valueBytes {
      rules.refuse(.tooLong, path.child(key), nil, "may not be more than \(valueBytes) bytes")
    }
    if let version = value[.version].string, !SemanticVersion.isOne(version) {
      rules.refuse(.invalid, path.child("version"), value[.version], "must be a version by semver.org")
    }
  }

  private static func consumption(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard rules.bound(list, to: consumptionLimit, path) else { return }
    var seen = Set<String>()
    for (index, entry) in list.elements.enumerated() {
      let at = path.index(index)
      if entry[.counterSet] != "" { rules.name(entry[.counterSet], at.child("counterSet"), .dnsLabel) }
      if !seen.insert(entry[.counterSet].string ?? "").inserted { rules.refuse(.duplicate, at, entry[.counterSet]) }
      amounts(entry[.counters], at.child("counters"), &rules)
    }
  }
}
