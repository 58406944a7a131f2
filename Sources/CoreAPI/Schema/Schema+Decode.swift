package import CoreObjects

/// An object as the API server keeps it: known fields only, no nulls.
package struct Decoded: Sendable, Equatable {
  package var tree: JSON
  /// One text a field that the schema does not know: `unknown field "spec.foo"`. They are not in the tree.
  package var unknownFields: [String]
}

extension Schema {
  /// Checks the type of every field; drops nulls, unknown fields, and empty values that say no more than none; writes quantities in
  /// their canonical form.
  /// - Parameter known: a decoded tree of the type; what is the same in it is not looked at again
  /// - Throws: where a value has a type or a syntax that its field cannot have.
  package func decode(_ tree: JSON, as type: TypeSchema, known: JSON = .null) throws(DecodeError) -> Decoded {
    if let structural = type.structural {
      var pruning = Pruning()
      let pruned = try pruning.root(tree, structural)
      return Decoded(tree: pruned, unknownFields: pruning.unknownFields)
    }
    var check = TypeCheck()
    try check.object(tree, type, known)
    guard check.needsRewrite else { return Decoded(tree: tree, unknownFields: []) }
    return Decoded(tree: TypeCheck.rewritten(tree, .object(type)), unknownFields: check.unknownFields)
  }
}

/// Reads a tree against a type. Most trees need no change, and then none is made.
private struct TypeCheck {
  /// How many unknown fields are named; the rest is dropped without a word.
  static let unknownFieldLimit = 64

  private(set) var unknownFields: [String] = []
  private(set) var needsRewrite = false
  private var path = WalkPath()

  mutating func object(_ tree: JSON, _ type: TypeSchema, _ known: JSON) throws(DecodeError) {
    guard case .object(let members) = tree else { throw mismatch(tree, .object(type)) }
    for i in members.indices {
      let index = type.index(of: members[i].key)
      if index < 0 {
        recordUnknown(members[i].key)
      } else {
        let field = type.fields[index]
        if field.dropsZero, members[i].value.isZero { needsRewrite = true }
        if let fits = TypeCheck.fits(members[i].value, field.shape) {
          if fits { continue }
          path.push(field: field.key)
          throw mismatch(members[i].value, field.shape)
        }
        path.push(field: field.key)
        try compound(members[i].value, field.shape, known[field.key])
        path.pop()
      }
    }
  }

  /// Whether a scalar fits; nil where the value needs a closer look: compounds, nulls, quantities that are not canonical.
  @inline(__always) private static func fits(_ value: JSON, _ shape: Shape) -> Bool? {
    switch (shape, value) {
    case (_, .null): nil
    case (.string, .string), (.bool, .bool), (.int64, .int), (.double, .double), (.double, .int), (.intOrString, .string),
      (.any, _), (.deduced, _):
      true
    case (.int32, .int(let number)), (.intOrString, .int(let number)): Int64(Int32(truncatingIfNeeded: number)) == number
    case (.quantity, .string(let text)): Quantity.isPlain(text) ? true : Quantity(text) == nil ? false : nil
    case (.time, .string(let text)): ScalarSyntax.isTime(text)
    case (.microTime, .string(let text)): ScalarSyntax.isMicroTime(text)
    case (.bytes, .string(let text)): ScalarSyntax.isBase64(text)
    case (.object, _), (.list, _), (.map, _), (.quantity, .int), (.quantity, .double): nil
    default: false
    }
  }

  private mutating func compound(_ value: JSON, _ shape: Shape, _ known: JSON) throws(DecodeError) {
    if !known.isNull, value == known { return }
    switch (shape, value) {
    case (_, .null), (.quantity, .int), (.quantity, .double), (.quantity, .string): needsRewrite = true
    case (.object(let type), _): try object(value, type, known)
    case (.list(let element), .array(let elements)):
      for i in elements.indices {
        let fits = TypeCheck.fits(elements[i], element)
        if fits == true { continue }
        path.push(index: i)
        if fits == false { throw mismatch(elements[i], element) }
        try compound(elements[i], element, known[i])
        path.pop()
      }
    case (.map(let element), .object(let members)):
      for i in members.indices {
        let fits = TypeCheck.fits(members[i].value, element)
        if fits == true { continue }
        path.push(key: members[i].key)
        if fits == false { throw mismatch(members[i].value, element) }
        try compound(members[i].value, element, known[members[i].key])
        path.pop()
      }
    default: throw mismatch(value, shape)
    }
  }

  private mutating func recordUnknown(_ key: Key) {
    needsRewrite = true
    guard unknownFields.count < TypeCheck.unknownFieldLimit else { return }
    unknownFields.append("unknown field \"\(path.fieldPath.child(key))\"")
  }

  private func mismatch(_ value: JSON, _ shape: Shape) -> DecodeError {
    let found: String
    switch value {
    case .array: found = "list"
    case .object, .raw, .null: found = value.typeName
    case .string(let text) where text.utf8.count > 64: found = "string \(JSON.string(String(text.prefix(60))))…"
    default: found = "\(value.typeName) \(value)"
    }
    return DecodeError(path: path.fieldPath, expected: shape.expectation, found: found)
  }

  /// The value of `shape` without nulls, unknown fields and zeros that say nothing; a null in a list or a map is what upstream's
  /// decoding makes of it.
  static func rewritten(_ value: JSON, _ shape: Shape) -> JSON {
    switch (shape, value) {
    case (.quantity, _): return .string(Quantity.canonical(value.string ?? value.description))
    case (.object(let type), .object(let members)):
      var kept: [Member] = []
      kept.reserveCapacity(members.count)
      for member in members where !member.value.isNull {
        if let field = type.field(member.key), !field.dropsZero || !member.value.isZero {
          kept.append(Member(key: member.key, value: rewritten(member.value, field.shape)))
        }
      }
      return .object(kept)
    case (.list(let element), .array(let elements)):
      return .array(elements.map { $0.isNull ? zero(element) : rewritten($0, element) })
    case (.map(.quantity), .object(let members)):
      // Amounts of resources are counted in thousandths. Source: SetDefaults_ResourceList, pkg/apis/core/v1/defaults.go, v1.36.
      return .object(
        members.map {
          let text = $0.value.isNull ? "0" : $0.value.string ?? $0.value.description
          return Member(key: $0.key, value: .string(Quantity.canonical(text, inThousandths: true)))
        })
    case (.map(let element), .object(let members)):
      return .object(members.map { Member(key: $0.key, value: $0.value.isNull ? zero(element) : rewritten($0.value, element)) })
    default: return value
    }
  }

  private static func zero(_ shape: Shape) -> JSON {
    switch shape {
    case .string, .bytes: .string("")
    case .quantity: .string("0")
    case .int32, .int64, .double, .intOrString: .int(0)
    case .bool: .bool(false)
    case .object, .map: .object([])
    case .list: .array([])
    case .time, .microTime, .any, .deduced: .null
    }
  }
}
