package import CoreObjects
import SchemaLanguage

extension Schema {
  /// Fills in the declared defaults, at every depth, in place. Defaults that depend on other fields are the kind's business.
  package func setDefaults(_ tree: inout JSON, _ type: TypeSchema) {
    if let structural = type.structural { return structural.setDefaults(&tree) }
    Filling(walk: .defaults).fill(&tree, type)
  }

  /// Fills in what is written always, at every depth, in place: the last of all, so that until then what is absent is absent.
  package func writeZeros(_ tree: inout JSON, _ type: TypeSchema) { Filling(walk: .zeros).fill(&tree, type) }

  /// What is computed and never stored looks as if it had been: nothing that says nothing, and all that is written always.
  package func completed(_ tree: JSON, as typeName: String) -> JSON {
    guard let type = type(typeName), var tree = try? decode(tree, as: type).tree else { return tree }
    writeZeros(&tree, type)
    return tree
  }
}

/// A walk that puts values into fields that are absent.
private struct Filling {
  let walk: Walks

  private func value(_ field: FieldSchema) -> JSON? { walk == .defaults ? field.defaultValue : field.writtenZero }

  func fill(_ tree: inout JSON, _ type: TypeSchema) {
    // Most writes change an object that lacks nothing; seeing that copies nothing.
    if lacks(tree, type) { add(&tree, type) }
  }

  private func lacks(_ tree: JSON, _ type: TypeSchema) -> Bool {
    guard type.walks.contains(walk), case .object(let members) = tree else { return false }
    // One pass over what is there, which is less than what could be.
    var missing = type.filledFields(walk).count
    for place in members.indices {
      let index = type.index(of: members[place].key)
      if index < 0 { continue }
      let field = type.fields[index]
      if field.filled.contains(walk) { missing -= 1 }
      if field.walks.contains(walk), lacks(members[place].value, field) { return true }
    }
    return missing > 0
  }

  /// The objects in a field's value. By what the value is, not by the shape: to look into that costs references.
  private func lacks(_ value: JSON, _ field: FieldSchema) -> Bool {
    guard let type = field.elementType else { return false }
    switch value {
    case .array(let elements):
      for index in elements.indices where lacks(elements[index], type) { return true }
      return false
    case .object(let members) where field.isMap:
      for index in members.indices where lacks(members[index].value, type) { return true }
      return false
    default: return lacks(value, type)
    }
  }

  private func add(_ tree: inout JSON, _ type: TypeSchema) {
    guard type.walks.contains(walk), case .object(var members) = tree else { return }
    tree = .null
    for index in type.filledFields(walk) where members.place(of: type.fields[index].key) < 0 {
      members.append(Member(key: type.fields[index].key, value: value(type.fields[index]) ?? .null))
    }
    for place in members.indices {
      let index = type.index(of: members[place].key)
      if index >= 0, type.fields[index].walks.contains(walk),
        // Of an object whose status is new, the spec stays shared with the stored one.
        !type.isKind || lacks(members[place].value, type.fields[index])
      {
        add(&members[place].value, type.fields[index].shape)
      }
    }
    tree = .object(members)
  }

  private func add(_ value: inout JSON, _ shape: Shape) {
    switch shape {
    case .object(let type): add(&value, type)
    case .list(let element):
      guard case .array(var elements) = value else { return }
      value = .null
      for i in elements.indices { add(&elements[i], element) }
      value = .array(elements)
    case .map(let element):
      guard case .object(var members) = value else { return }
      value = .null
      for i in members.indices { add(&members[i].value, element) }
      value = .object(members)
    default: return
    }
  }
}
