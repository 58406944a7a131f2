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
        FieldError(.required, path.child(field), detail: "must populate information for the given metric source")
      ]
    }
    return errors + validate(source, field, path.child(field))
  }

  /// The names and the target of one source.
  private static func validate(_ source: JSON, _ field: Key, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let target = MetricTarget(tree: source[.target])
    let at = path.child("target")
    let isResource = field == .resource || field == .containerResource
    if !isResource { errors += name(source["metric"][.name], path.child("metric").child("name")) }
    if field == .object {
      errors += reference(CrossVersionObjectReference(tree: source["describedObject"]), path.child("describedObject"))
    }
    errors += validate(target, at)
    let (percent, raw, each) = (target.averageUtilization != nil, target.value != nil, target.averageValue != nil)
    if isResource {
      if !percent, !each { errors.add(.required, at.child("averageUtilization"), "set it or averageValue") }
      if percent, each { errors.add(.forbidden, at.child("averageValue"), "set it or averageUtilization, not both") }
    } else if field == .pods {
      if target.averageValue.flatMap({ Quantity($0) }).map({ $0 > Quantity(value: 0) }) != true {
        errors.add(.required, at.child("averageValue"), "pods are held against an average of more than 0")
      }
    } else {
      if !raw, !each { errors.add(.required, at.child("averageValue"), "set it or value") }
      if field == .external, raw, each { errors.add(.forbidden, at.child("value"), "set it or averageValue, not both") }
    }
    return errors
  }

  private static func validate(_ target: MetricTarget, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if let type = target.type, !["", "Utilization", "Value", "AverageValue"].contains(type) {
      errors.add(.invalid, path.child("type"), value: type, "must be Utilization, Value or AverageValue")
    }
    errors += FieldRules.atLeast(1, target.averageUtilization, path.child("averageUtilization"))
    for (name, text) in [("value", target.value), ("averageValue", target.averageValue)] {
      if let text, let amount = Quantity(text), amount <= Quantity(value: 0) {
        errors.add(.invalid, path.child(name), value: text, "must be positive")
      }
    }
    return errors
  }

  /// A name as a path of the API can hold it.
  private static func name(_ name: JSON, _ path: FieldPath) -> [FieldError] {
    NameRules.problem(name.string ?? "", .pathSegment).map { [FieldError(.invalid, path, value: name, detail: $0)] } ?? []
  }

  static func reference(_ reference: CrossVersionObjectReference, _ path: FieldPath) -> [FieldError] {
    name(reference.tree[.kind], path.child("kind")) + name(reference.tree[.name], path.child("name"))
  }

  /// All kinds that can be scaled are in a group, but one. Source: ValidateAPIVersion, pkg/apis/autoscaling/validation, v1.36.
  static func namesGroup(_ reference: CrossVersionObjectReference) -> Bool {
    let parts = (reference.apiVersion ?? "").split(separator: "/", omittingEmptySubsequences: false)
    if reference.kind == "ReplicationController", reference.apiVersion == "v1" { return true }
    return parts.count == 2 && !parts[0].isEmpty
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
