import CoreObjects

/// Rules of what says which requests a webhook or a policy is about. Source: validateRule, validateMatchResources and
/// validateMatchConditions, pkg/apis/admissionregistration/validation/validation.go, v1.36.
enum RequestRules {
  private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
  private static let conditionLimit = 64

  /// One rule with operations.
  static func check(_ rule: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for key in [Key.operations, .apiGroups, .apiVersions] {
      if rule[key].elements.isEmpty { rules.refuse(.required, path.child(key)) }
      rules.wildcard(rule[key], path.child(key))
    }
    for (index, operation) in rule[.operations].elements.enumerated() {
      rules.choice(operation, path.child("operations").index(index), operations)
    }
    for (index, version) in rule[.apiVersions].elements.enumerated() where version == "" {
      rules.refuse(.required, path.child("apiVersions").index(index))
    }
    resources(rule[.resources], path.child("resources"), &rules)
  }

  private static func resources(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let names = list.elements.map { $0.string ?? "" }
    if names.isEmpty { return rules.refuse(.required, path) }
    var (wholes, parts) = (Set<Substring>(), Set<Substring>())
    for (index, name) in names.enumerated() {
      if name.isEmpty {
        rules.refuse(.required, path.index(index))
        continue
      }
      let sides = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else { continue }
      if wholes.contains(sides[0]) || parts.contains(sides[1]) {
        rules.refuse(.invalid, path.index(index), .string(name), "is meant already by an entry with '*'")
      }
      if sides[1] == "*" { wholes.insert(sides[0]) }
      if sides[0] == "*" { parts.insert(sides[1]) }
    }
    if names.count > 1, names.contains("*/*") { rules.refuse(.invalid, path, list, "'*/*' means all of them, and stands alone") }
    if names.contains("*"), names.contains(where: { $0 != "*" && !$0.contains("/") }) {
      rules.refuse(.invalid, path, list, "'*' means all resources, and stands without others")
    }
  }

  static func conditions(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    _ = rules.bound(list, to: conditionLimit, path)
    for (index, condition) in list.elements.enumerated() {
      let at = path.index(index)
      expression(condition[.expression], at.child("expression"), &rules)
      if condition[.name] != "" { rules.qualifiedName(condition[.name], at.child("name")) }
    }
  }

  /// What is missing the schema tells; what is blank is missing, too.
  static func expression(_ value: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard let text = value.string, !text.isEmpty, isBlank(text) else { return }
    rules.refuse(.required, path, nil, "an expression is not blank")
  }

  static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

  /// MatchResources of a policy or a binding.
  static func match(_ resources: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if resources.isNull { return }
    for key in [Key.resourceRules, .excludeResourceRules] {
      for (index, rule) in resources[key].elements.enumerated() {
        let at = path.child(key).index(index)
        for (place, name) in rule[.resourceNames].elements.enumerated() {
          rules.name(name, at.child("resourceNames").index(place), .pathSegment)
        }
        rules.repeats(rule[.resourceNames], at.child("resourceNames"))
        check(rule, at, &rules)
      }
    }
  }
}
