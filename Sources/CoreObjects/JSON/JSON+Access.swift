extension JSON {
  /// The member named `key`; null where there is none or this is no object. Setting null removes the member.
  package subscript(key: Key) -> JSON {
    @inlinable @inline(__always) get {
      if case .object(let members) = self, case let index = members.place(of: key), index >= 0 {
        members[index].value
      } else {
        .null
      }
    }
    _modify {
      var members: [Member]
      if case .object(let present) = self { members = present } else { members = [] }
      let was = isNull
      self = .null
      var index = members.place(of: key)
      if index < 0 {
        index = members.count
        members.append(Member(key: key, value: .null))
      }
      defer {
        if members[index].value.isNull { members.remove(at: index) }
        self = was && members.isEmpty ? .null : .object(members)
      }
      yield &members[index].value
    }
  }

  /// The element at `index`; null outside the bounds or where this is no array. Writes outside the bounds are ignored.
  package subscript(index: Int) -> JSON {
    @inline(__always) _read {
      if case .array(let elements) = self, elements.indices.contains(index) { yield elements[index] } else { yield.null }
    }
    _modify {
      if case .array(var elements) = self, elements.indices.contains(index) {
        self = .null
        defer { self = .array(elements) }
        yield &elements[index]
      } else {
        var nothing = JSON.null
        yield &nothing
      }
    }
  }

  @inlinable package var isNull: Bool { if case .null = self { true } else { false } }
  /// An empty text, list or object, 0 or false: what a field that is left out when it is empty cannot tell from nothing.
  package var isZero: Bool {
    switch self {
    case .string(let text): text.isEmpty
    case .int(let number): number == 0
    case .double(let number): number == 0
    case .bool(let flag): !flag
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    case .null, .raw: false
    }
  }
  @inlinable package var isObject: Bool { if case .object = self { true } else { false } }
  @inlinable package var isArray: Bool { if case .array = self { true } else { false } }

  /// Whether it is this text; spares a copy of it.
  @inlinable package func isText(_ text: String) -> Bool { if case .string(let value) = self { value == text } else { false } }
  @inlinable package var string: String? { if case .string(let value) = self { value } else { nil } }
  @inlinable package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// A whole number; a number written with a fraction or an exponent is none.
  @inlinable package var int: Int? { if case .int(let value) = self { Int(value) } else { nil } }
  package var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }
  /// The elements of an array; none for anything else.
  package var elements: [JSON] {
    @inlinable get { if case .array(let elements) = self { elements } else { [] } }
    set { self = .array(newValue) }
  }
  /// The members of an object, in order; none for anything else.
  package var members: [Member] {
    @inlinable get { if case .object(let members) = self { members } else { [] } }
    set { self = .object(newValue) }
  }

  /// Without the null members of this object (literals write what is absent as null).
  package var withoutNulls: JSON {
    guard case .object(let members) = self, members.contains(where: { $0.value.isNull }) else { return self }
    return .object(members.filter { !$0.value.isNull })
  }

  /// "object", "array", "string", "number", "integer", "boolean" or "null", for messages.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int: "integer"
    case .double: "number"
    case .string: "string"
    case .array: "array"
    case .object, .raw: "object"
    }
  }

  /// Moves the member out, leaving none; with `put` it changes a nested value in place without a copy.
  package mutating func take(_ key: Key) -> JSON {
    guard case .object(var members) = self, case let index = members.place(of: key), index >= 0 else { return .null }
    self = .null
    var value = JSON.null
    swap(&value, &members[index].value)
    self = .object(members)
    return value
  }

  /// Sets the member, in its old place if it was there; null removes it.
  package mutating func put(_ key: Key, _ value: consuming JSON) {
    var members: [Member]
    if case .object(let present) = self { members = present } else { members = [] }
    self = .null
    if case let index = members.place(of: key), index >= 0 {
      if value.isNull { members.remove(at: index) } else { members[index].value = value }
    } else if !value.isNull {
      members.append(Member(key: key, value: value))
    }
    self = .object(members)
  }

  package mutating func remove(_ key: Key) {
    guard case .object(var members) = self, case let index = members.place(of: key), index >= 0 else { return }
    self = .null
    members.remove(at: index)
    self = .object(members)
  }
}
