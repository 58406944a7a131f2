import CoreObjects

/// Swift's own coding of values, to and from JSON trees: what a process writes for the one that comes after it.
package enum ObjectCoding {
  package static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = ObjectEncoder()
    do { try value.encode(to: encoder) } catch { fatalError("a value cannot be encoded: \(error)") }
    return encoder.slot.tree.encoded()
  }

  /// - Throws: `DecodingError`, `JSONError`
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    try Value(from: ObjectDecoder(tree: try JSONParser.parse(bytes)))
  }
}

/// Where a value is put once it is known.
private final class EncodingSlot {
  private enum Content {
    case value(JSON)
    case members([(name: String, slot: EncodingSlot)])
    case elements([EncodingSlot])
  }
  private var content = Content.value(.null)

  func put(_ value: JSON) { content = .value(value) }

  func beginObject() { if case .members = content { return } else { content = .members([]) } }

  func beginArray() { if case .elements = content { return } else { content = .elements([]) } }

  func member(_ name: String) -> EncodingSlot {
    let slot = EncodingSlot()
    if case .members(let all) = content { content = .members(all + [(name, slot)]) }
    return slot
  }

  func element() -> EncodingSlot {
    let slot = EncodingSlot()
    if case .elements(let all) = content { content = .elements(all + [slot]) }
    return slot
  }

  var count: Int { if case .elements(let all) = content { all.count } else { 0 } }

  var tree: JSON {
    switch content {
    case .value(let value): value
    case .members(let all): .object(all.map { Member(key: Key($0.name), value: $0.slot.tree) })
    case .elements(let all): .array(all.map(\.tree))
    }
  }
}

private struct ObjectEncoder: Encoder, SingleValueEncodingContainer {
  let slot: EncodingSlot
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ slot: EncodingSlot = EncodingSlot()) { self.slot = slot }

  func container<Name: CodingKey>(keyedBy type: Name.Type) -> KeyedEncodingContainer<Name> {
    slot.beginObject()
    return KeyedEncodingContainer(Members<Name>(slot: slot))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.beginArray()
    return Elements(slot: slot)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { slot.put(.null) }
  func encode(_ value: Bool) { slot.put(.bool(value)) }
  func encode(_ value: String) { slot.put(.string(value)) }
  func encode(_ value: Double) { slot.put(.double(value)) }
  func encode(_ value: Float) { slot.put(.double(Double(value))) }
  func encode(_ value: Int) { encode(number: value) }
  func encode(_ value: Int8) { encode(number: value) }
  func encode(_ value: Int16) { encode(number: value) }
  func encode(_ value: Int32) { encode(number: value) }
  func encode(_ value: Int64) { encode(number: value) }
  func encode(_ value: UInt) { encode(number: value) }
  func encode(_ value: UInt8) { encode(number: value) }
  func encode(_ value: UInt16) { encode(number: value) }
  func encode(_ value: UInt32) { encode(number: value) }
  func encode(_ value: UInt64) { encode(number: value) }
  func encode(_ value: some Encodable) throws { try value.encode(to: self) }

  private func encode(number: some BinaryInteger) { slot.put(.int(Int64(truncatingIfNeeded: number))) }

  struct Members<Name: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: EncodingSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Name) { slot.member(key.stringValue).put(.null) }
    func encode(_ value: some Encodable, forKey key: Name) throws {
      try value.encode(to: ObjectEncoder(slot.member(key.stringValue)))
    }
    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Name) -> KeyedEncodingContainer<Inner> {
      ObjectEncoder(slot.member(key.stringValue)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Name) -> any UnkeyedEncodingContainer {
      ObjectEncoder(slot.member(key.stringValue)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { ObjectEncoder(slot.member("super")) }
    func superEncoder(forKey key: Name) -> any Encoder { ObjectEncoder(slot.member(key.stringValue)) }
  }

  struct Elements: UnkeyedEncodingContainer {
    let slot: EncodingSlot
    var codingPath: [any CodingKey] { [] }
    var count: Int { slot.count }

    func encodeNil() { slot.element().put(.null) }
    func encode(_ value: some Encodable) throws { try value.encode(to: ObjectEncoder(slot.element())) }
    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
      ObjectEncoder(slot.element()).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { ObjectEncoder(slot.element()).unkeyedContainer() }
    func superEncoder() -> any Encoder { ObjectEncoder(slot.element()) }
  }
}
