import CoreObjects

extension CELValue: Equatable {
  package static func == (left: CELValue, right: CELValue) -> Bool {
    var equality = CELEquality(work: .max)
    return equality.holds(left, right)
  }

  /// By code points. Swift's own equality takes a letter with an accent for what it is composed of.
  static func isSameText(_ x: String, _ y: String) -> Bool { x == y && x.utf8.elementsEqual(y.utf8) }
}

/// Equality as CEL has it: numbers by what they are worth, lists and maps by their elements, other types never.
struct CELEquality {
  /// How many more values are looked at. Less than none: the answer says nothing.
  var work: Int

  mutating func holds(_ left: CELValue, _ right: CELValue) -> Bool {
    work -= 1
    if work < 0 { return false }
    switch (left, right) {
    case (.string(let x), .string(let y)): return CELValue.isSameText(x, y)
    case (.int(let x), .int(let y)): return x == y
    case (.bool(let x), .bool(let y)): return x == y
    case (.null, .null): return true
    case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .uint), (.uint, .double), (.double, .int), (.double, .uint),
      (.double, .double):
      return CELValue.compareNumbers(left, right) == .equal
    case (.bytes(let x), .bytes(let y)): return x == y
    case (.timestamp(let x), .timestamp(let y)): return x == y
    case (.duration(let x), .duration(let y)): return x == y
    case (.type(let x), .type(let y)): return x == y
    case (.made, .made), (.made, .tree), (.tree, .made), (.tree, .tree): return lists(left, right)
    case (.map, .map), (.map, .object), (.object, .map), (.object, .object): return maps(left, right)
    case (.message(let x), .message(let y)): return messages(x, y)
    case (.optional(let x), .optional(let y)):
      guard let first = x.value, let second = y.value else { return x.value == nil && y.value == nil }
      return holds(first, second)
    case (.opaque(let x), .opaque(let y)): return x.typeName == y.typeName && x.isEqual(y)
    default: return false
    }
  }

  private mutating func messages(_ left: CELMessage, _ right: CELMessage) -> Bool {
    guard left.typeName == right.typeName, left.fields.count == right.fields.count else { return false }
    for field in left.fields {
      guard let other = right.field(field.name), holds(field.value, other) else { return false }
    }
    return true
  }

  private mutating func lists(_ left: CELValue, _ right: CELValue) -> Bool {
    guard let count = left.listCount, right.listCount == count else { return false }
    if case .tree(_, let schema?) = left, schema.listType != .atomic { return unordered(left, right, schema) }
    for place in 0..<count {
      guard let x = try? left.element(place), let y = try? right.element(place), holds(x, y) else { return false }
    }
    return true
  }

  /// Lists of the types set and map are equal in any order.
  /// Source: unstructuredSetList and unstructuredMapList, apiserver/pkg/cel/common/values.go, v1.36.
  private mutating func unordered(_ left: CELValue, _ right: CELValue, _ schema: CELSchema) -> Bool {
    guard let mine = try? left.elements(), let others = try? right.elements() else { return false }
    var places: [String: Int] = [:]
    for (place, element) in mine.enumerated() { places[schema.identity(element)] = place }
    for other in others {
      guard let place = places[schema.identity(other)], holds(mine[place], other) else { return false }
    }
    return true
  }

  private mutating func maps(_ left: CELValue, _ right: CELValue) -> Bool {
    if case .object(let x, let schema?) = left, schema.kind == .object { return objects(x, schema, right) }
    if case .object(let y, let schema?) = right, schema.kind == .object { return objects(y, schema, left) }
    guard let count = left.mapCount, right.mapCount == count, let keys = left.keys else { return false }
    for key in keys {
      guard let x = try? left.find(key), let y = try? right.find(key), holds(x, y) else { return false }
    }
    return true
  }

  /// Of an object with named fields also those count that expressions do not see.
  private mutating func objects(_ members: [Member], _ schema: CELSchema, _ other: CELValue) -> Bool {
    guard case .object(let others, let theirs) = other else {
      guard other.mapCount == members.count else { return false }
      for member in members {
        guard let name = schema.shownName(member.key), let mine = try? CELValue.object(members, schema).field(name),
          let value = try? other.find(.string(name)), holds(mine, value)
        else { return false }
      }
      return true
    }
    guard members.count == others.count else { return false }
    for member in members {
      guard case let place = others.place(of: member.key), place >= 0 else { return false }
      let (mine, value) = (member.value, others[place].value)
      if let child = schema.child(member.key), let x = try? child.value(of: mine),
        let y = try? CELValue(value, theirs?.child(member.key))
      {
        guard holds(x, y) else { return false }
      } else if mine != value {
        return false
      }
    }
    return true
  }
}
