import CoreObjects

/// podFailurePolicy and successPolicy. Source: pkg/apis/batch/validation/validation.go, v1.36.
extension JobRules {
  static func failurePolicy(_ spec: JobSpec, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if spec.template.spec.restartPolicy != "Never" {
      errors.add(.invalid, path, "only restartPolicy Never leaves failed pods to a podFailurePolicy")
    }
    errors += count(spec.podFailurePolicy.rules.count, path.child("rules"))
    let containers = Set((Array(spec.template.spec.containers) + Array(spec.template.spec.initContainers)).compactMap(\.name))
    for (number, rule) in spec.podFailurePolicy.rules.enumerated() {
      let path = path.child("rules").index(number)
      if rule.action == "FailIndex", spec.backoffLimitPerIndex == nil {
        errors.add(.invalid, path.child("action"), value: "FailIndex", "requires the use of backoffLimitPerIndex")
      }
      if rule.onExitCodes.isAbsent == rule.onPodConditions.isEmpty {
        errors.add(.invalid, path, "specify one of onExitCodes and onPodConditions, and only one")
      }
      if !rule.onExitCodes.isAbsent { errors += exitCodes(rule.onExitCodes, containers, path.child("onExitCodes")) }
      if rule.onPodConditions.count > ruleLimit { errors += count(rule.onPodConditions.count, path.child("onPodConditions")) }
    }
    return errors
  }

  private static func exitCodes(
    _ wanted: PodFailurePolicyOnExitCodesRequirement, _ containers: Set<String>, _ path: FieldPath
  ) -> [FieldError] {
    var errors: [FieldError] = []
    if let name = wanted.containerName, !containers.contains(name) {
      errors.add(.invalid, path.child("containerName"), value: name, "no container has the name")
    }
    let values = wanted.values.values
    let place = path.child("values")
    if values.isEmpty || values.count > exitCodeLimit {
      errors.add(.invalid, place, value: values.count, "wants 1 to \(exitCodeLimit) exit codes")
    }
    if wanted.operator == "In", let zero = values.firstIndex(of: 0) {
      errors.add(.invalid, place.index(zero), value: 0, "0 is no failure: it must not be used for the In operator")
    }
    if values != Set(values).sorted() {
      errors.add(.invalid, place, value: wanted.values.tree, "must be ordered, each exit code once")
    }
    return errors
  }

  static func successPolicy(_ spec: JobSpec, _ path: FieldPath) -> [FieldError] {
    var errors = count(spec.successPolicy.rules.count, path.child("rules"))
    let completions = spec.completions ?? 0
    for (number, rule) in spec.successPolicy.rules.enumerated() {
      let path = path.child("rules").index(number)
      if rule.succeededCount == nil, rule.succeededIndexes == nil {
        errors.add(.required, path, "at least one of succeededCount or succeededIndexes must be specified")
      }
      var most = completions
      if let text = rule.succeededIndexes {
        guard let named = indexes(text, below: completions) else {
          let detail = "must be indexes below \(completions) in ascending order, such as 0-3,7"
          errors.add(.invalid, path.child("succeededIndexes"), value: text, detail)
          continue
        }
        most = named
      }
      if let wanted = rule.succeededCount, wanted > most || wanted < 0 {
        errors.add(.invalid, path.child("succeededCount"), value: wanted, "must be between 0 and \(most)")
      }
    }
    return errors
  }

  /// How many indexes a text such as "0-3,7" names; nil where it is none. Source: validateIndexesFormat.
  private static func indexes(_ text: String, below limit: Int) -> Int? {
    guard text.utf8.count <= 65_536 else { return nil }
    if text.isEmpty { return 0 }
    var count = 0
    var last = -1
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard ends.count <= 2, let low = ends.first, let high = ends.last, low > last, high < limit,
        ends.count == 1 || high > low
      else { return nil }
      count += high - low + 1
      last = high
    }
    return count
  }

  private static func count(_ rules: Int, _ path: FieldPath) -> [FieldError] {
    (1...ruleLimit).contains(rules)
      ? [] : [FieldError(.invalid, path, value: .int(Int64(rules)), detail: "wants 1 to \(ruleLimit) of them")]
  }
}
