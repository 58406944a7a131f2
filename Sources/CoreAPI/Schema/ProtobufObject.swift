import CoreObjects
import SchemaLanguage

/// From a message to the members that the same object has in JSON.
struct ProtobufObject {
  private static let deepest = 64
  private var depth = 0

  /// - Parameters:
  ///   - path: numbers of the messages inside `type` that JSON does not show, 8 bits each; none at level 0
  mutating func read(
    _ bytes: ArraySlice<UInt8>, _ type: TypeSchema, _ path: UInt32, _ level: Int, _ members: inout [Member]
  ) throws(ProtobufError) {
    guard depth < ProtobufObject.deepest else {
      throw ProtobufError(message: "more than \(ProtobufObject.deepest) messages in one another")
    }
    depth += 1
    defer { depth -= 1 }
    var fields = ProtobufFields(rest: bytes)
    while let value = try fields.next() {
      guard value.number < 256 else {
        recordUnknown(value, &members)
        continue
      }
      let here = path | UInt32(value.number) << UInt32(8 * level)
      if let field = type.fields.first(where: {
        $0.attributes.protobuf?.path == here && $0.attributes.protobuf?.depth == level + 1
      }) {
        try put(value, field, &members)
      } else if level + 1 < ProtobufNumber.deepest, type.holds(path: here, depth: level + 1) {
        try read(value.bytes, type, here, level + 1, &members)
      } else {
        recordUnknown(value, &members)
      }
    }
    if level == 0 { keepLast(&members, type) }
  }

  /// A field without a name here is kept under its number, so that decoding names it, unless it is empty or 0.
  private func recordUnknown(_ value: ProtobufFields.Field, _ members: inout [Member]) {
    guard value.wireType == 2 ? !value.bytes.isEmpty : value.integer != 0 else { return }
    let key = Key("#\(value.number)")
    if !members.contains(where: { $0.key == key }) { members.append(Member(key: key, value: true)) }
  }

  /// Of entries with equal keys the last one counts.
  private func keepLast(_ members: inout [Member], _ type: TypeSchema) {
    for place in members.indices {
      guard case .map = type.field(members[place].key)?.shape, case .object(let entries) = members[place].value else { continue }
      var seen = Set<Key>()
      let kept = entries.reversed().filter { seen.insert($0.key).inserted }
      if kept.count < entries.count { members[place].value = .object(kept.reversed()) }
    }
  }

  private mutating func put(_ value: ProtobufFields.Field, _ field: FieldSchema, _ members: inout [Member]) throws(ProtobufError)
  {
    let place = members.firstIndex { $0.key == field.key }
    switch field.shape {
    case .list(let element):
      let value = try json(value, element)
      if let place { members[place].value.extend(value) } else { members.append(Member(key: field.key, value: [value])) }
    case .map(let element):
      let entry = try entry(value.bytes, element)
      if let place { members[place].value.extend(entry) } else { members.append(Member(key: field.key, value: .object([entry]))) }
    default:
      let isKept = field.attributes.protobuf?.isOptional == true || field.isRequired
      let value = try json(value, field.shape)
      if value.isNull || (!isKept && ProtobufObject.isZero(value)) { return }
      if let place { members[place].value = value } else { members.append(Member(key: field.key, value: value)) }
    }
  }

  /// What a field that cannot be absent holds when nobody wrote it.
  private static func isZero(_ value: JSON) -> Bool {
    switch value {
    case .int(0), .bool(false), .double(0), .string(""): true
    case .object(let members): members.isEmpty
    default: false
    }
  }

  /// An entry of a map: key (1) and value (2).
  private mutating func entry(_ bytes: ArraySlice<UInt8>, _ element: Shape) throws(ProtobufError) -> Member {
    var fields = ProtobufFields(rest: bytes)
    var key = ""
    var value = ProtobufFields.Field(number: 2, wireType: 2)
    while let field = try fields.next() { if field.number == 1 { key = field.text } else { value = field } }
    return Member(key: Key(key), value: try json(value, element))
  }

  private mutating func json(_ value: ProtobufFields.Field, _ shape: Shape) throws(ProtobufError) -> JSON {
    let isMessage = value.wireType == 2
    switch shape {
    case .string:
      guard let text = String(validating: value.bytes, as: UTF8.self) else { throw ProtobufError(message: "a text is not UTF-8") }
      return .string(text)
    case .bytes: return .string(Base64.encode(Array(value.bytes)))
    case .bool: return .bool(value.integer != 0)
    case .int32: return .int(Int64(Int32(truncatingIfNeeded: value.integer)))
    case .int64: return .int(Int64(bitPattern: value.integer))
    case .double: return .double(Double(bitPattern: value.integer))
    case .quantity: return .string(try field(1, of: value.bytes)?.text ?? "")
    case .time, .microTime: return try time(value.bytes, isMicro: { if case .microTime = shape { true } else { false } }())
    case .intOrString:
      if try field(1, of: value.bytes)?.integer == 1 { return .string(try field(3, of: value.bytes)?.text ?? "") }
      return .int(Int64(Int32(truncatingIfNeeded: try field(2, of: value.bytes)?.integer ?? 0)))
    case .any, .deduced: return try raw(value.bytes)
    case .object(let type):
      guard isMessage else { throw ProtobufError(message: "a \(type.name) is no message") }
      var members: [Member] = []
      try read(value.bytes, type, 0, 0, &members)
      return .object(members)
    case .list(let element):
      var elements: [JSON] = []
      var fields = ProtobufFields(rest: value.bytes)
      while let field = try fields.next() { if field.number == 1 { elements.append(try json(field, element)) } }
      return .array(elements)
    case .map: throw ProtobufError(message: "a map within a list or map is not understood")
    }
  }

  private func field(_ number: Int, of bytes: ArraySlice<UInt8>) throws(ProtobufError) -> ProtobufFields.Field? {
    var fields = ProtobufFields(rest: bytes)
    while let field = try fields.next() { if field.number == number { return field } }
    return nil
  }

  /// Seconds (1) and nanoseconds (2); an empty message is a time that was never set.
  private func time(_ bytes: ArraySlice<UInt8>, isMicro: Bool) throws(ProtobufError) -> JSON {
    guard let seconds = try field(1, of: bytes) else { return .null }
    let instant =
      Instant(seconds: Int64(bitPattern: seconds.integer))
      + .nanoseconds(Int64(try field(2, of: bytes)?.integer ?? 0) % 1_000_000_000)
    return .string(isMicro ? instant.rfc3339Micro : instant.rfc3339)
  }

  /// JSON within protobuf: RawExtension and FieldsV1.
  private func raw(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSON {
    guard let text = try field(1, of: bytes), !text.bytes.isEmpty else { return .null }
    do throws(JSONError) { return try JSONParser.parse(Array(text.bytes)) } catch {
      throw ProtobufError(message: "a raw value is no JSON: \(error)")
    }
  }
}

extension JSON {
  /// One more element, in place.
  fileprivate mutating func extend(_ element: JSON) {
    guard case .array(var elements) = self else { return }
    self = .null
    elements.append(element)
    self = .array(elements)
  }

  /// One more member, in place and unchecked.
  fileprivate mutating func extend(_ member: Member) {
    guard case .object(var members) = self else { return }
    self = .null
    members.append(member)
    self = .object(members)
  }
}

extension TypeSchema {
  /// Some field lies in the message at `path`.
  fileprivate func holds(path: UInt32, depth: Int) -> Bool {
    let mask = UInt32(1) << UInt32(8 * depth) - 1
    return fields.contains { field in
      guard let number = field.attributes.protobuf else { return false }
      return number.depth > depth && number.path & mask == path
    }
  }
}
