package import CoreObjects

extension Schema {
  /// Fills in the declared defaults, at every depth, in place. Defaults that depend on other fields are the kind's business.
  ///
  /// An empty string counts as absent, as for upstream's fields without a pointer.
  package func setDefaults(_ tree: inout JSON, _ type: TypeSchema) {
    // Most writes change an object that has its defaults; seeing that copies nothing.
    if lacksDefaults(tree, type) { fillDefaults(&tree, type) }
  }

  private func lacksDefaults(_ tree: JSON, _ type: TypeSchema) -> Bool {
    guard type.hasDefaults, case .object(let members) = tree else { return false }
    for index in type.defaultedFields where type.fields[index].defaultValue != nil {
      let place = members.place(of: type.fields[index].key)
      if place < 0 { return true }
      if case .string(let text) = members[place].value, text.isEmpty { return true }
    }
    for place in members.indices {
      let index = type.index(of: members[place].key)
      if index >= 0, let element = type.fields[index].shape.elementType, element.hasDefaults,
        lacksDefaults(members[place].value, type.fields[index].shape)
      {
        return true
      }
    }
    return false
  }

  private func lacksDefaults(_ value: JSON, _ shape: Shape) -> Bool {
    switch (shape, value) {
    case (.object(let type), _): lacksDefaults(value, type)
    case (.list(let element), .array(let elements)): elements.contains { lacksDefaults($0, element) }
    case (.map(let element), .object(let members)): members.contains { lacksDefaults($0.value, element) }
    default: false
    }
  }

  private func fillDefaults(_ tree: inout JSON, _ type: TypeSchema) {
    guard type.hasDefaults, case .object(var members) = tree else { return }
    tree = .null
    for index in type.defaultedFields {
      let field = type.fields[index]
      guard let value = field.defaultValue else { continue }
      if case let place = members.place(of: field.key), place >= 0 {
        if case .string(let text) = members[place].value, text.isEmpty { members[place].value = value }
      } else {
        members.append(Member(key: field.key, value: value))
      }
    }
    for place in members.indices {
      let index = type.index(of: members[place].key)
      if index >= 0, let element = type.fields[index].shape.elementType, element.hasDefaults,
        // Of an object whose status is new, the spec stays shared with the stored one.
        !type.isKind || lacksDefaults(members[place].value, type.fields[index].shape)
      {
        fillDefaults(&members[place].value, type.fields[index].shape)
      }
    }
    tree = .object(members)
  }

  private func fillDefaults(_ value: inout JSON, _ shape: Shape) {
    switch shape {
    case .object(let type): fillDefaults(&value, type)
    case .list(let element):
      guard case .array(var elements) = value else { return }
      value = .null
      for i in elements.indices { fillDefaults(&elements[i], element) }
      value = .array(elements)
    case .map(let element):
      guard case .object(var members) = value else { return }
      value = .null
      for i in members.indices { fillDefaults(&members[i].value, element) }
      value = .object(members)
    default: return
    }
  }
}
