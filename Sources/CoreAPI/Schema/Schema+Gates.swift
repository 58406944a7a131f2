import CoreObjects
import SchemaLanguage

extension Schema {
  /// Takes out what only features know that are off in v1.36, unless the object made use of the feature before.
  /// Source: dropDisabledFields, pkg/api/pod/util.go, and its like of other kinds, v1.36.
  func dropDisabled(_ tree: inout JSON, _ type: TypeSchema, old: JSON) {
    let given = Schema.gates(tree, .object(type))
    if given.isEmpty { return }
    let off = given.subtracting(Schema.gates(old, .object(type)))
    if !off.isEmpty { tree = Schema.without(off, tree, .object(type)) }
  }

  /// The gates of the features that a value makes use of.
  private static func gates(_ value: JSON, _ shape: Shape) -> Set<String> {
    guard shape.elementType?.walks.contains(.gates) == true else { return [] }
    var found: Set<String> = []
    switch (shape, value) {
    case (.object(let type), .object(let members)):
      for member in members {
        guard let field = type.field(member.key) else { continue }
        if let gate = field.attributes.gate { found.insert(gate) }
        found.formUnion(gates(member.value, field.shape))
      }
    case (.list(let element), .array(let elements)): for value in elements { found.formUnion(gates(value, element)) }
    case (.map(let element), .object(let members)): for member in members { found.formUnion(gates(member.value, element)) }
    default: break
    }
    return found
  }

  /// A member that held nothing else goes too.
  private static func without(_ gates: Set<String>, _ value: JSON, _ shape: Shape) -> JSON {
    guard shape.elementType?.walks.contains(.gates) == true else { return value }
    switch (shape, value) {
    case (.object(let type), .object(let members)):
      return .object(
        members.compactMap { member in
          guard let field = type.field(member.key) else { return member }
          if let gate = field.attributes.gate, gates.contains(gate) { return nil }
          let rest = without(gates, member.value, field.shape)
          return rest.members.isEmpty && !member.value.members.isEmpty ? nil : Member(key: member.key, value: rest)
        })
    case (.list(let element), .array(let elements)): return .array(elements.map { without(gates, $0, element) })
    case (.map(let element), .object(let members)):
      return .object(members.map { Member(key: $0.key, value: without(gates, $0.value, element)) })
    default: return value
    }
  }
}
