import CoreObjects

/// Keys and size of ConfigMaps and Secrets.
enum DataRules {
  /// Bytes of all values at the most. Source: MaxSecretSize, pkg/apis/core, v1.36.
  static let limit = 1 << 20

  static func validate(_ object: JSON, fields: [(String, JSON)]) -> [FieldError] {
    var errors: [FieldError] = []
    var size = 0
    for (field, map) in fields {
      let others = fields.filter { $0.0 != field }
      for member in map.members {
        let name = member.key.name
        size += member.value.string?.utf8.count ?? 0
        if !FieldRules.isConfigKey(name) {
          errors.add(
            .invalid, FieldPath(field).key(name), value: name,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.', and have at most 253 characters")
        }
        if others.contains(where: { !$0.1[member.key].isNull }) {
          errors.add(.invalid, FieldPath(field).key(name), value: name, "the key stands in both maps")
        }
      }
    }
    // Of two maps neither is too long, but the whole object, which upstream writes so.
    if size > limit {
      errors.add(.tooLong, FieldPath(fields.count == 1 ? fields[0].0 : "[]"), "must have at most \(limit) bytes, has \(size)")
    }
    return errors
  }

  /// What is immutable stays so, and its data as it is.
  static func validateUpdate(_ object: JSON, old: JSON, fields: [Key]) -> [FieldError] {
    guard old[.immutable].bool == true else { return [] }
    var errors: [FieldError] = []
    if object[.immutable].bool != true { errors.add(.forbidden, "immutable", "once it is true it stays true") }
    for field in fields where object[field] != old[field] {
      errors.add(.forbidden, FieldPath(field.name), "it may not change while immutable is true")
    }
    return errors
  }
}
