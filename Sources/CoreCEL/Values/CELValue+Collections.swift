import CoreObjects

/// Lists and maps, however they are held.
extension CELValue {
  /// How many elements of a list; nil where it is none.
  var listCount: Int? {
    switch self {
    case .made(let elements, _): elements.count
    case .tree(let elements, _): elements.count
    default: nil
    }
  }

  /// An element of a list, within its bounds.
  func element(_ place: Int) throws(CELFailure) -> CELValue {
    switch self {
    case .made(let elements, _): return elements[place]
    case .tree(let elements, let schema):
      guard let items = schema?.items else { return CELValue(elements[place]) }
      return try items.value(of: elements[place])
    default: throw CELFailure(.noSuchOverload, "a \(typeName) has no elements")
    }
  }

  /// All elements of a list; nil where it is none.
  func elements() throws(CELFailure) -> [CELValue]? {
    switch self {
    case .made(let elements, _): return elements
    case .tree(let trees, let schema):
      var elements: [CELValue] = []
      elements.reserveCapacity(trees.count)
      let items = schema?.items
      for tree in trees { elements.append(try CELValue(tree, items)) }
      return elements
    default: return nil
    }
  }

  /// How many entries of a map; nil where it is none.
  var mapCount: Int? {
    switch self {
    case .map(let map): map.entries.count
    case .object(let members, let schema):
      schema?.kind == .object ? members.count { schema?.isShown($0.key) == true } : members.count
    case .message(let message): message.fields.count
    default: nil
    }
  }

  /// The keys of a map; nil where it is none.
  var keys: [CELValue]? {
    switch self {
    case .map(let map): return map.entries.map(\.key)
    case .message(let message): return message.fields.map { .string($0.name) }
    case .object(let members, let schema):
      guard let schema, schema.kind == .object else { return members.map { .string($0.key.name) } }
      return members.compactMap { member in schema.shownName(member.key).map { .string($0) } }
    default: return nil
    }
  }

  /// The value of a key; nil where there is none.
  /// - Throws: this is no map, or the data is not what the schema says
  func find(_ key: CELValue) throws(CELFailure) -> CELValue? {
    switch self {
    case .map(let map): return map[key]
    case .object, .message:
      guard case .string(let name) = key else { return nil }
      return try field(name)
    default: throw CELFailure(.noSuchOverload, "a \(typeName) has no keys")
    }
  }

  /// The value of a field or of a key that is a string; nil where there is none.
  func field(_ name: String) throws(CELFailure) -> CELValue? {
    switch self {
    case .object(let members, let schema):
      guard let schema else {
        guard case let place = members.place(of: Key(name)), place >= 0 else { return nil }
        return CELValue(members[place].value)
      }
      guard let (key, child) = schema.member(named: name), case let place = members.place(of: key), place >= 0 else { return nil }
      return try child.value(of: members[place].value)
    case .map(let map): return map[.string(name)]
    case .message(let message): return message.field(name)
    default: throw CELFailure(.noSuchField, "a \(typeName) has no field '\(name)'")
    }
  }

  /// What a macro iterates over: the elements of a list, the keys of a map.
  func iterated(_ function: String) throws(CELFailure) -> [CELValue] {
    if let elements = try elements() { return elements }
    if let keys { return keys }
    throw CELFailure(.noSuchOverload, "'\(function)' iterates over a list or a map, not over a \(typeName)")
  }

  /// Of how many values it consists in all. Parts that are the same count each time: whoever goes through a value goes through all.
  /// What came as JSON is as large as it is.
  var weight: UInt64 {
    switch self {
    case .made(_, let weight): UInt64(weight)
    case .map(let map): map.weight
    case .tree(let elements, _): UInt64(elements.count) + 1
    case .object(let members, _): UInt64(members.count) + 1
    case .message(let message): message.weight
    case .optional(let optional): CELCostRange.sum(1, optional.value?.weight ?? 0)
    default: 1
    }
  }

  static func weight(of values: [CELValue]) -> UInt64 { values.reduce(1) { CELCostRange.sum($0, $1.weight) } }

  /// The value, unless an expression has made it larger than may be.
  func checked() throws(CELFailure) -> CELValue {
    if weight > CELLimits.madeElements {
      throw CELFailure(.overflow, "more than \(CELLimits.madeElements) values are in one another")
    }
    return self
  }
}
