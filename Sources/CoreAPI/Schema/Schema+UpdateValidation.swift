package import CoreObjects
import SchemaLanguage

extension Schema {
  /// Refuses changes of immutable fields, at every depth; elements of keyed lists are compared by key.
  package func validateUpdate(_ tree: JSON, old: JSON, _ type: TypeSchema) -> [FieldError] {
    var errors: [FieldError] = []
    compare(tree, old, type, FieldPath(), &errors)
    return errors
  }

  private func compare(_ tree: JSON, _ old: JSON, _ type: TypeSchema, _ path: FieldPath, _ errors: inout [FieldError]) {
    guard type.walks.contains(.immutable) else { return }
    for field in type.fields {
      let (new, before) = (tree[field.key], old[field.key])
      if field.isImmutable {
        if new == before { continue }
        errors.add(
          field.attributes.forbidsChange ? .forbidden : .invalid, path.child(field.key), value: new, "field is immutable")
      } else if let element = field.shape.elementType, element.walks.contains(.immutable) {
        compare(new, before, field, element, path.child(field.key), &errors)
      }
    }
  }

  private func compare(
    _ new: JSON, _ old: JSON, _ field: FieldSchema, _ element: TypeSchema, _ path: FieldPath, _ errors: inout [FieldError]
  ) {
    switch field.shape {
    case .object: if !new.isNull, !old.isNull { compare(new, old, element, path, &errors) }
    case .list where !field.listKeys.isEmpty:
      for (i, value) in new.elements.enumerated() {
        guard let before = field.counterpart(of: value, in: old) else { continue }
        compare(value, before, element, path.index(i), &errors)
      }
    case .map:
      for member in new.members where !old[member.key].isNull {
        compare(member.value, old[member.key], element, path.key(member.key.name), &errors)
      }
    default: return
    }
  }
}
