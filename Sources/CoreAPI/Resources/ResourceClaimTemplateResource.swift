import CoreObjects

/// A pattern of claims that are made for pods. Stored; nobody makes claims of it.
struct ResourceClaimTemplateResource: Resource {
  let definition = ResourceDefinition(
    id: .resourceClaimTemplates, kind: "ResourceClaimTemplate", columns: [.name, .age])

  func setDefaults(_ object: inout JSON) { DeviceClaimRules.setDefaults(&object[.spec][.spec]) }

  /// Source: validateResourceClaimTemplateSpec, pkg/apis/resource/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let metadata = ObjectMeta(tree: object[.spec][.metadata])
    rules.add(ObjectMetaRules.labels(metadata.labels, "spec.metadata.labels"))
    DeviceClaimRules.check(object[.spec][.spec][.devices], "spec.spec.devices", &rules)
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] { [TableCells.name(object), TableCells.age(object, now)] }
}
