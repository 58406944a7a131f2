/// A JSON value. Objects keep the order of their members; whole numbers stay Int64.
///
/// Write code against the accessors (`tree[.metadata][.name].string`), not against the cases.
@usableFromInline package enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])
  /// Validated bytes that are kept as they came (managedFields' fieldsV1).
  case raw([UInt8])
}

/// One member of an object.
@usableFromInline package struct Member: Sendable, Equatable {
  @usableFromInline package var key: Key
  @usableFromInline package var value: JSON

  package init(key: Key, value: JSON) {
    self.key = key
    self.value = value
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  @usableFromInline package init(stringLiteral value: String) { self = .string(value) }
  @usableFromInline package init(integerLiteral value: Int64) { self = .int(value) }
  @usableFromInline package init(booleanLiteral value: Bool) { self = .bool(value) }
  @usableFromInline package init(floatLiteral value: Double) { self = .double(value) }
  @usableFromInline package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  @usableFromInline package init(dictionaryLiteral elements: (Key, JSON)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
  @usableFromInline package init(nilLiteral: ()) { self = .null }
}

extension JSON: Equatable {
  /// Objects are equal whatever the order of their members; 1 and 1.0 differ.
  @usableFromInline package static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.int(let x), .int(let y)): x == y
    case (.double(let x), .double(let y)): x == y
    case (.string(let x), .string(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)): equalMembers(x, y)
    case (.raw(let x), .raw(let y)): x == y
    default: false
    }
  }

  private static func equalMembers(_ x: [Member], _ y: [Member]) -> Bool {
    guard x.count == y.count else { return false }
    // A copy that nobody has changed still shares its members.
    if x.isStorage(of: y) { return true }
    let (left, right) = (x.span, y.span)
    for i in left.indices {
      if left[i].key == right[i].key {
        if left[i].value != right[i].value { return false }
      } else if case let j = y.place(of: left[i].key), j >= 0 {
        if left[i].value != right[j].value { return false }
      } else {
        return false
      }
    }
    return true
  }
}
