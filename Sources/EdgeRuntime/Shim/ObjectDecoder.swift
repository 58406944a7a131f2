import CoreObjects

/// Reads what `ObjectCoding` wrote.
struct ObjectDecoder: Decoder, SingleValueDecodingContainer {
  let tree: JSON
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func mismatch(_ what: String) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: what))
  }

  func container<Name: CodingKey>(keyedBy type: Name.Type) throws -> KeyedDecodingContainer<Name> {
    guard case .object = tree else { throw ObjectDecoder.mismatch("no object") }
    return KeyedDecodingContainer(Members<Name>(tree: tree))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = tree else { throw ObjectDecoder.mismatch("no list") }
    return Elements(elements: elements)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { tree.isNull }
  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = tree else { throw ObjectDecoder.mismatch("no Bool") }
    return value
  }
  func decode(_ type: String.Type) throws -> String {
    guard case .string(let value) = tree else { throw ObjectDecoder.mismatch("no String") }
    return value
  }
  func decode(_ type: Double.Type) throws -> Double {
    switch tree {
    case .double(let value): return value
    case .int(let value): return Double(value)
    default: throw ObjectDecoder.mismatch("no number")
    }
  }
  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try number() }
  func decode(_ type: Int8.Type) throws -> Int8 { try number() }
  func decode(_ type: Int16.Type) throws -> Int16 { try number() }
  func decode(_ type: Int32.Type) throws -> Int32 { try number() }
  func decode(_ type: Int64.Type) throws -> Int64 { try number() }
  func decode(_ type: UInt.Type) throws -> UInt { try number() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try number() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try number() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try number() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try number() }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

  private func number<Number: FixedWidthInteger>() throws -> Number {
    guard case .int(let value) = tree, let number = Number(exactly: value) else {
      throw ObjectDecoder.mismatch("no \(Number.self)")
    }
    return number
  }

  struct Members<Name: CodingKey>: KeyedDecodingContainerProtocol {
    let tree: JSON
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Name] {
      guard case .object(let members) = tree else { return [] }
      return members.compactMap { Name(stringValue: $0.key.name) }
    }

    private func value(_ key: Name) throws -> JSON {
      guard contains(key) else { throw ObjectDecoder.mismatch("\(key.stringValue) is missing") }
      return tree[CoreObjects.Key(key.stringValue)]
    }
    func contains(_ key: Name) -> Bool {
      guard case .object(let members) = tree else { return false }
      let key = CoreObjects.Key(key.stringValue)
      return members.contains { $0.key == key }
    }
    func decodeNil(forKey key: Name) throws -> Bool { try value(key).isNull }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Name) throws -> Value {
      try Value(from: ObjectDecoder(tree: try value(key)))
    }
    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Name) throws -> KeyedDecodingContainer<Inner> {
      try ObjectDecoder(tree: try value(key)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Name) throws -> any UnkeyedDecodingContainer {
      try ObjectDecoder(tree: try value(key)).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { ObjectDecoder(tree: tree["super"]) }
    func superDecoder(forKey key: Name) throws -> any Decoder { ObjectDecoder(tree: try value(key)) }
  }

  struct Elements: UnkeyedDecodingContainer {
    let elements: [JSON]
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(elements: [JSON]) { self.elements = elements }

    private mutating func next() throws -> ObjectDecoder {
      if isAtEnd { throw ObjectDecoder.mismatch("the list has ended") }
      defer { currentIndex += 1 }
      return ObjectDecoder(tree: elements[currentIndex])
    }
    mutating func decodeNil() -> Bool {
      guard !isAtEnd, elements[currentIndex].isNull else { return false }
      currentIndex += 1
      return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: try next()) }
    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
      try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
  }
}
