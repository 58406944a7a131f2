import CoreObjects

/// Configuration that is not for every eye.
struct SecretResource: Resource {
  let definition = ResourceDefinition(
    id: .secrets, kind: "Secret", columns: [.name, "Type", "Data", .age],
    selectable: ["type": { $0[.type] }])

  func setDefaults(_ object: inout JSON) {
    var data = object[.data]
    let plain = object.take(.stringData)
    object.remove(.stringData)
    for member in plain.members { data.put(member.key, .string(Base64.encode(Array((member.value.string ?? "").utf8)))) }
    if !plain.isNull { object.put(.data, data) }
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.type], TableCells.number(object[.data].members.count), TableCells.age(object, now)]
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    DataRules.validate(object, fields: [("data", object[.data])]) + SecretTypes.validate(object)
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    DataRules.validateUpdate(object, old: old, fields: [.data])
  }
}
