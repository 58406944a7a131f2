package import CoreJSON

extension Schema {
  /// Fills in the declared defaults, at every depth, in place. Defaults that depend on other fields are the kind's business.
  ///
  /// An empty string counts as absent, as for upstream's fields without a pointer.
  package func setDefaults(_ tree: inout JSON, _ type: TypeSchema) {
    guard type.hasDefaults, case .object(var members) = tree else { return }
    tree = .null
    for index in type.defaultedFields {
      let field = type.fields[index]
      guard let value = field.defaultValue else { continue }
      if let place = members.firstIndex(where: { $0.key == field.key }) {
        if case .string(let text) = members[place].value, text.isEmpty { members[place].value = value }
      } else {
        members.append(Member(key: field.key, value: value))
      }
    }
    for place in members.indices {
      let index = type.index(of: members[place].key)
      if index >= 0, let element = type.fields[index].shape.elementType, element.hasDefaults {
        setDefaults(&members[place].value, type.fields[index].shape)
      }
    }
    tree = .object(members)
  }

  private func setDefaults(_ value: inout JSON, _ shape: Shape) {
    switch shape {
    case .object(let type): setDefaults(&value, type)
    case .list(let element):
      guard case .array(var elements) = value else { return }
      value = .null
      for i in elements.indices { setDefaults(&elements[i], element) }
      value = .array(elements)
    case .map(let element):
      guard case .object(var members) = value else { return }
      value = .null
      for i in members.indices { setDefaults(&members[i].value, element) }
      value = .object(members)
    default: return
    }
  }
}
