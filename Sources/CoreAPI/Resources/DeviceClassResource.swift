import CoreObjects

/// A kind of devices that claims can ask for. Stored; nobody allocates devices.
struct DeviceClassResource: Resource {
  let definition = ResourceDefinition(
    id: .deviceClasses, kind: "DeviceClass", isNamespaced: false, countsChanges: true, columns: [.name, .age])

  /// Source: validateDeviceClassSpec, pkg/apis/resource/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    DeviceRules.selectors(spec[.selectors], path.child("selectors"), &rules)
    let configs = path.child("config")
    if rules.bound(spec[.config], to: DeviceRules.listLimit, configs) {
      for (index, config) in spec[.config].elements.enumerated() { DeviceRules.opaque(config, configs.index(index), &rules) }
    }
    rules.form(
      spec[.extendedResourceName], path.child("extendedResourceName"),
      "must be the name of an extended resource, such as example.com/gpu", DeviceRules.isExtendedResource)
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] { [TableCells.name(object), TableCells.age(object, now)] }
}
