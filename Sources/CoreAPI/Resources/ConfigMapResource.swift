import CoreObjects

/// Configuration as keys and texts.
struct ConfigMapResource: Resource {
  let definition = ResourceDefinition(
    id: .configMaps, kind: "ConfigMap", shortNames: ["cm"], columns: [.name, "Data", .age])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let map = ConfigMap(tree: object)
    return [TableCells.name(object), TableCells.number(map.data.count + map.binaryData.count), TableCells.age(object, now)]
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    DataRules.validate(object, fields: [("data", object[.data]), ("binaryData", object[.binaryData])])
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    DataRules.validateUpdate(object, old: old, fields: [.data, .binaryData])
  }
}
