import CoreObjects

/// Equality as CEL has it: numbers by what they are worth, lists and maps by their elements, other types never.
extension CELValue: Equatable {
  package static func == (left: CELValue, right: CELValue) -> Bool {
    switch (left, right) {
    case (.string(let x), .string(let y)): isSameText(x, y)
    case (.int(let x), .int(let y)): x == y
    case (.bool(let x), .bool(let y)): x == y
    case (.null, .null): true
    case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .uint), (.uint, .double), (.double, .int), (.double, .uint),
      (.double, .double):
      CELValue.compareNumbers(left, right) == .equal
    case (.bytes(let x), .bytes(let y)): x == y
    case (.timestamp(let x), .timestamp(let y)): x == y
    case (.duration(let x), .duration(let y)): x == y
    case (.type(let x), .type(let y)): x == y
    case (.list, .list), (.list, .tree), (.tree, .list), (.tree, .tree): equalLists(left, right)
    case (.map, .map), (.map, .object), (.object, .map), (.object, .object): equalMaps(left, right)
    case (.message(let x), .message(let y)):
      x.typeName == y.typeName && x.fields.count == y.fields.count
        && x.fields.allSatisfy { field in y.field(field.name) == field.value }
    case (.optional(let x), .optional(let y)): x.value == y.value
    case (.opaque(let x), .opaque(let y)): x.typeName == y.typeName && x.isEqual(y)
    default: false
    }
  }

  /// By code points. Swift's own equality takes a letter with an accent for what it is composed of.
  static func isSameText(_ x: String, _ y: String) -> Bool { x == y && x.utf8.elementsEqual(y.utf8) }

  private static func equalLists(_ left: CELValue, _ right: CELValue) -> Bool {
    guard let count = left.listCount, right.listCount == count else { return false }
    if case .tree(_, let schema?) = left, schema.listType != .atomic { return equalUnordered(left, right, schema) }
    for place in 0..<count {
      guard let x = try? left.element(place), let y = try? right.element(place), x == y else { return false }
    }
    return true
  }

  /// Lists of the types set and map are equal in any order.
  /// Source: unstructuredSetList and unstructuredMapList, apiserver/pkg/cel/common/values.go, v1.36.
  private static func equalUnordered(_ left: CELValue, _ right: CELValue, _ schema: CELSchema) -> Bool {
    guard let mine = try? left.elements(), let others = try? right.elements() else { return false }
    var places: [String: Int] = [:]
    for (place, element) in mine.enumerated() { places[schema.identity(element)] = place }
    return others.allSatisfy { other in places[schema.identity(other)].map { mine[$0] == other } ?? false }
  }

  private static func equalMaps(_ left: CELValue, _ right: CELValue) -> Bool {
    if case .object(let x, let schema?) = left, schema.kind == .object { return equalObjects(x, schema, right) }
    if case .object(let y, let schema?) = right, schema.kind == .object { return equalObjects(y, schema, left) }
    guard let count = left.mapCount, right.mapCount == count, let keys = left.keys else { return false }
    for key in keys {
      guard let x = try? left.find(key), let y = try? right.find(key), x == y else { return false }
    }
    return true
  }

  /// Of an object with named fields also those count that expressions do not see.
  private static func equalObjects(_ members: [Member], _ schema: CELSchema, _ other: CELValue) -> Bool {
    guard case .object(let others, let theirs) = other else {
      guard other.mapCount == members.count else { return false }
      return members.allSatisfy { member in
        guard let name = schema.shownName(member.key), let mine = try? CELValue.object(members, schema).field(name),
          let value = try? other.find(.string(name))
        else { return false }
        return mine == value
      }
    }
    guard members.count == others.count else { return false }
    return members.allSatisfy { member in
      guard case let place = others.place(of: member.key), place >= 0 else { return false }
      let (mine, value) = (member.value, others[place].value)
      guard let child = schema.child(member.key), let x = try? child.value(of: mine),
        let y = try? CELValue(value, theirs?.child(member.key))
      else { return mine == value }
      return x == y
    }
  }
}
