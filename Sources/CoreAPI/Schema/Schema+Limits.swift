import CoreObjects
import SchemaLanguage

extension Schema {
  /// A warning for each field that is accepted and not acted on, as far as a write says it anew.
  /// - Parameter old: the object before the write, or null
  func limits(_ tree: JSON, _ type: TypeSchema, old: JSON) -> [String] {
    var walk = LimitWalk()
    walk.object(tree, type, old)
    return walk.warnings
  }
}

extension FieldSchema {
  /// Whether a value is one that is not acted on. The default is no wish of anybody.
  func isLimited(_ value: JSON) -> FieldLimit? {
    guard let limit = attributes.limit else { return nil }
    if limit.values.isEmpty { return value.isZero || value == defaultValue ? nil : limit }
    return limit.values.contains(value.string ?? value.description) ? limit : nil
  }
}

private struct LimitWalk {
  /// Of one object: who gets so many reads the table instead.
  static let warningLimit = 16
  private(set) var warnings: [String] = []
  private var path = WalkPath()

  mutating func object(_ tree: JSON, _ type: TypeSchema, _ old: JSON) {
    guard type.walks.contains(.limits), case .object(let members) = tree else { return }
    for member in members where warnings.count < LimitWalk.warningLimit {
      let index = type.index(of: member.key)
      if index < 0 { continue }
      let field = type.fields[index]
      let before = old[member.key]
      let limit = field.isLimited(member.value)
      guard limit != nil || field.elementType?.walks.contains(.limits) == true, before != member.value else { continue }
      path.push(field: member.key)
      if let limit {
        warnings.append("\(path.fieldPath): \(limit.text)")
      } else {
        value(member.value, field, before)
      }
      path.pop()
    }
  }

  private mutating func value(_ value: JSON, _ field: FieldSchema, _ old: JSON) {
    guard let type = field.elementType else { return }
    switch (field.shape, value) {
    case (.list, .array(let elements)):
      for index in elements.indices {
        path.push(index: index)
        object(elements[index], type, field.counterpart(of: elements[index], in: old) ?? old[index])
        path.pop()
      }
    case (.map, .object(let members)):
      for member in members {
        path.push(key: member.key)
        object(member.value, type, old[member.key])
        path.pop()
      }
    default: object(value, type, old)
    }
  }
}
