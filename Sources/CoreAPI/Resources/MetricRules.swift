import CoreObjects

/// Rules of an autoscaler's metrics and behavior. Source: pkg/apis/autoscaling/validation, v1.36.
enum MetricRules {
  private static let fields: KeyValuePairs<String, Key> = [
    "Object": .object, "Pods": .pods, "Resource": .resource, "ContainerResource": .containerResource, "External": .external,
  ]

  static func validate(_ metric: MetricSpec, _ path: FieldPath) -> [FieldError] {
    let type = metric.type ?? ""
    guard let field = fields.first(where: { $0.key == type })?.value else {
      if type.isEmpty { return [FieldError(.required, path.child("type"), detail: "name the metric's source")] }
      return []
    }
    var errors: [FieldError] = []
    for other in fields where other.value != field && !metric.tree[other.value].isNull {
      errors.add(.forbidden, path.child(other.value.name), "must populate the given metric source only")
    }
    let source = metric.tree[field]
    if source.isNull {
      return errors + [
        FieldError(.required, path.child(field.name), detail: "must populate information for the given metric source")
      ]
    }
    let target = MetricTarget(tree: source[.target])
    let at = path.child(field.name).child("target")
    if field == .resource || field == .containerResource, (source[.name].string ?? "").isEmpty {
      errors.add(.required, path.child(field.name).child("name"), "name the resource")
    }
    errors += FieldRules.atLeast(1, target.averageUtilization, at.child("averageUtilization"))
    for (name, text) in [("value", target.value), ("averageValue", target.averageValue)] {
      if let text, let amount = Quantity(text), amount <= Quantity(milli: 0) {
        errors.add(.invalid, at.child(name), value: text, "must be positive")
      }
    }
    let count = [target.averageUtilization != nil, target.value != nil, target.averageValue != nil].filter { $0 }.count
    if count == 0 { errors.add(.required, at, "must set one of averageUtilization, averageValue and value") }
    if target.averageUtilization != nil, target.averageValue != nil {
      errors.add(.forbidden, at.child("averageValue"), "may not set both a target raw value and a target utilization")
    }
    return errors
  }

  static func validate(_ rules: HPAScalingRules, _ path: FieldPath) -> [FieldError] {
    if rules.isAbsent { return [] }
    var errors: [FieldError] = []
    if let window = rules.stabilizationWindowSeconds, !(0...3600).contains(window) {
      let detail = window < 0 ? "must be greater than or equal to 0" : "must be less than or equal to 3600"
      errors.add(.invalid, path.child("stabilizationWindowSeconds"), value: window, detail)
    }
    if rules.policies.isEmpty { errors.add(.required, path.child("policies"), "must specify at least one Policy") }
    for index in rules.policies.indices {
      let policy = rules.policies[index]
      let at = path.child("policies").index(index)
      errors += FieldRules.atLeast(1, policy.value, at.child("value"))
      if let period = policy.periodSeconds, !(1...1800).contains(period) {
        let detail = period < 1 ? "must be greater than zero" : "must be less than or equal to 1800"
        errors.add(.invalid, at.child("periodSeconds"), value: period, detail)
      }
    }
    if let text = rules.tolerance, let amount = Quantity(text), amount < Quantity(milli: 0) {
      errors.add(.invalid, path.child("tolerance"), value: text, "must be greater than or equal to 0")
    }
    return errors
  }
}
