import CoreObjects

/// Reads a tree against a structural schema: members that it does not know are dropped. Types of values are looked at by validation, so
/// that all that is wrong is told at once. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning, v1.36.
struct Pruning {
  /// How many unknown fields are named; the rest is dropped without a word.
  private static let unknownFieldLimit = 64

  private(set) var unknownFields: [String] = []
  private var path = WalkPath()

  /// The whole object: its metadata is read as every kind's.
  mutating func root(_ tree: JSON, _ schema: StructuralSchema) throws(DecodeError) -> JSON {
    try object(tree, schema, isObject: true)
  }

  private mutating func object(_ tree: JSON, _ schema: StructuralSchema, isObject: Bool) throws(DecodeError) -> JSON {
    guard case .object(let members) = tree else { return tree }
    let keepsAll = schema.preservesUnknown || schema.allowsAnyMember
    var kept: [Member] = []
    kept.reserveCapacity(members.count)
    for member in members {
      if isObject, StructuralSchema.typeKeys.contains(member.key) {
        kept.append(Member(key: member.key, value: member.key == .metadata ? try metadata(member.value) : member.value))
      } else if let property = schema.property(member.key) {
        path.push(field: member.key)
        kept.append(Member(key: member.key, value: try value(member.value, property)))
        path.pop()
      } else if let values = schema.values {
        path.push(key: member.key)
        kept.append(Member(key: member.key, value: try value(member.value, values)))
        path.pop()
      } else if keepsAll {
        kept.append(member)
      } else if unknownFields.count < Pruning.unknownFieldLimit {
        unknownFields.append("unknown field \"\(path.fieldPath.child(member.key))\"")
      }
    }
    return .object(kept)
  }

  mutating func value(_ tree: JSON, _ schema: StructuralSchema) throws(DecodeError) -> JSON {
    switch tree {
    case .object: return try object(tree, schema, isObject: schema.isEmbedded)
    case .array(let elements):
      guard let element = schema.elements else { return tree }
      var kept: [JSON] = []
      kept.reserveCapacity(elements.count)
      for index in elements.indices {
        path.push(index: index)
        kept.append(try value(elements[index], element))
        path.pop()
      }
      return .array(kept)
    default: return tree
    }
  }

  private mutating func metadata(_ tree: JSON) throws(DecodeError) -> JSON {
    guard let type = Schema.shared.type("meta.v1.ObjectMeta"), tree.isObject else { return tree.isNull ? .object([]) : tree }
    path.push(field: .metadata)
    defer { path.pop() }
    let prefix = path.fieldPath.description
    do throws(DecodeError) {
      let decoded = try Schema.shared.decode(tree, as: type)
      unknownFields += decoded.unknownFields.map { text in
        // `unknown field "a"` becomes `unknown field "metadata.a"`.
        let parts = text.split(separator: "\"", maxSplits: 1)
        return parts.count == 2 ? "\(parts[0])\"\(prefix).\(parts[1])" : text
      }
      return decoded.tree
    } catch {
      throw DecodeError(path: FieldPath("\(prefix).\(error.path)"), expected: error.expected, found: error.found)
    }
  }
}

extension StructuralSchema {
  /// Fills in defaults at every depth; a null that says nothing goes, and has its place taken by a default.
  /// Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting, v1.36.
  func setDefaults(_ tree: inout JSON) {
    switch tree {
    case .object(var members):
      tree = .null
      members.removeAll { member in self.member(member.key).map { StructuralSchema.isSilent(member.value, $0) } ?? false }
      for property in properties where property.schema.defaultValue != nil && members.place(of: property.key) < 0 {
        members.append(Member(key: property.key, value: property.schema.defaultValue ?? .null))
      }
      for place in members.indices { member(members[place].key)?.setDefaults(&members[place].value) }
      tree = .object(members)
    case .array(var items):
      guard let elements else { return }
      tree = .null
      for place in items.indices { elements.setDefaults(&items[place]) }
      tree = .array(items)
    default: return
    }
  }
}
