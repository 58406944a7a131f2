import CoreObjects

/// The most that a namespace may use.
struct ResourceQuotaResource: Resource {
  let definition = ResourceDefinition(
    id: .resourceQuotas, kind: "ResourceQuota", shortNames: ["quota"], hasStatus: true,
    columns: [.name, "Request", "Limit", .age])

  private static let opposites = [("Terminating", "NotTerminating"), ("BestEffort", "NotBestEffort")]
  /// Source: IsStandardQuotaResourceName, pkg/apis/core/helper/helpers.go, v1.36.
  private static func isKnown(_ name: String) -> Bool {
    let amounts = ["cpu", "memory", "ephemeral-storage"]
    return name.utf8.contains(UInt8(ascii: "/")) || amounts.contains(name) || name == "requests.storage"
      || amounts.contains { name == "requests." + $0 || name == "limits." + $0 }
      || ["hugepages-", "requests.hugepages-"].contains { name.hasPrefix($0) } || counted.contains(name)
  }
  private static let counted: Set<String> = [
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps",
    "services.nodeports", "services.loadbalancers",
  ]
  /// What is counted in whole units.
  private static func isCount(_ name: String) -> Bool {
    if name.hasPrefix("count/") || name.hasPrefix("services.") || name.hasSuffix("/persistentvolumeclaims") { return true }
    return !name.contains(".") && !["cpu", "memory", "ephemeral-storage"].contains(name)
  }

  /// Source: ValidateResourceQuotaSpec, pkg/apis/core/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = ResourceQuota(tree: object).spec
    var errors: [FieldError] = []
    for (name, text) in spec.hard.sorted {
      guard let quantity = Quantity(text) else { continue }
      let path = FieldPath("spec.hard").key(name)
      if !Self.isKnown(name) { errors.add(.invalid, path, value: name, "is nothing that a quota bounds") }
      if quantity.nano < 0 {
        errors.add(.invalid, path, value: text, "must be greater than or equal to 0")
      } else if Self.isCount(name), quantity.nano % 1_000_000_000 != 0 {
        errors.add(.invalid, path, value: text, "counts are whole numbers")
      }
    }
    return errors + scopeErrors(spec)
  }

  private func scopeErrors(_ spec: ResourceQuotaSpec) -> [FieldError] {
    var errors: [FieldError] = []
    let known = [
      "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
      "VolumeAttributesClass",
    ]
    for scope in spec.scopes.values where !known.contains(scope) {
      errors.add(.invalid, "spec.scopes", value: spec.scopes.tree, "\(scope) is no scope")
    }
    let chosen = spec.scopeSelector.matchExpressions.filter { $0.operator == "Exists" }.compactMap(\.scopeName)
    for (scopes, path) in [(spec.scopes.values, "spec.scopes"), (chosen, "spec.scopeSelector")] {
      for (one, other) in Self.opposites where scopes.contains(one) && scopes.contains(other) {
        errors.add(.invalid, FieldPath(path), value: .array(scopes.map { .string($0) }), "\(one) and \(other) exclude each other")
      }
      if scopes.contains("BestEffort") {
        for (name, _) in spec.hard.sorted where name != "pods" && name != "count/pods" {
          errors.add(
            .invalid, FieldPath(path), value: .array(scopes.map { .string($0) }),
            "pods of the scope BestEffort ask for nothing: only \"pods\" and \"count/pods\" can be bounded, not \"\(name)\"")
        }
      }
    }
    for (index, expression) in spec.scopeSelector.matchExpressions.enumerated() {
      let path = FieldPath("spec.scopeSelector.matchExpressions").index(index)
      let takesValues = ["In", "NotIn"].contains(expression.operator)
      if takesValues == expression.values.isEmpty {
        let detail = takesValues ? "In and NotIn need values" : "Exists and DoesNotExist take no values"
        errors.add(
          takesValues ? .required : .invalid, path.child("values"), value: takesValues ? nil : expression.values.tree, detail)
      }
      if expression.scopeName != "PriorityClass", expression.operator != "Exists" {
        errors.add(
          .invalid, path.child("operator"), value: expression.operator ?? "",
          "must be 'Exists' for the scope \(expression.scopeName ?? "")")
      }
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let quota = ResourceQuota(tree: object)
    func texts(_ isLimit: Bool) -> JSON {
      TableCells.list(
        quota.status.hard.sorted.filter { $0.name.hasPrefix("limits") == isLimit }.map { name, hard in
          "\(name): \(quota.status.used[name] ?? "0")/\(hard)"
        })
    }
    return [TableCells.name(object), texts(false), texts(true), TableCells.age(object, now)]
  }
}
