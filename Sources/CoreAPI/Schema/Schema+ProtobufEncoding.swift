package import CoreObjects
import SchemaLanguage

extension Schema {
  /// An object as `decodeProtobuf` reads it; nil for a kind that has no message.
  package func encodeProtobuf(_ tree: JSON) -> [UInt8]? {
    guard let apiVersion = tree[.apiVersion].string, let kind = tree[.kind].string,
      let type = protobufType(apiVersion, kind), type.fields.contains(where: { $0.attributes.protobuf != nil })
    else { return nil }
    var out = ProtobufWriter([0x6B, 0x38, 0x73, 0])
    out.message(1) { names in
      names.string(1, apiVersion)
      names.string(2, kind)
    }
    out.message(2) { $0.members(of: tree, type.fields, level: 0) }
    return out.bytes
  }
}

extension ProtobufWriter {
  /// - Parameters:
  ///   - fields: those that lie in this message, or in messages within it that JSON does not show
  ///   - level: how many such messages this one lies in
  fileprivate mutating func members(of tree: JSON, _ fields: [FieldSchema], level: Int) {
    func number(_ field: FieldSchema) -> Int {
      field.attributes.protobuf.map { $0.depth > level ? Int($0.path >> UInt32(8 * level)) & 0xFF : 0 } ?? 0
    }
    let present = fields.filter { number($0) > 0 && !tree[$0.key].isNull }
    for here in Set(present.map(number)).sorted() {
      let inside = present.filter { number($0) == here }
      if inside[0].attributes.protobuf?.depth == level + 1 {
        put(here, tree[inside[0].key], inside[0].shape)
      } else {
        message(here) { $0.members(of: tree, inside, level: level + 1) }
      }
    }
  }

  private mutating func put(_ number: Int, _ value: JSON, _ shape: Shape) {
    switch shape {
    case .list(let element): for item in value.elements { one(number, item, element) }
    case .map(let element):
      for member in value.members {
        message(number) { entry in
          entry.data(1, member.key.name.utf8)
          entry.one(2, member.value, element)
        }
      }
    default: one(number, value, shape)
    }
  }

  private mutating func one(_ number: Int, _ value: JSON, _ shape: Shape) {
    switch shape {
    case .string: data(number, (value.string ?? "").utf8)
    case .bytes: data(number, Base64.decode(value.string ?? "") ?? [])
    case .bool: integer(number, value.bool == true ? 1 : 0)
    case .int32, .int64: integer(number, Int64(value.int ?? 0))
    case .double: double(number, value.double ?? 0)
    case .quantity: message(number) { $0.data(1, (value.string ?? value.description).utf8) }
    case .time, .microTime:
      message(number) { time in
        guard let instant = value.string.flatMap({ Instant(rfc3339: $0) }) else { return }
        time.integer(1, instant.seconds)
        time.integer(2, (instant - Instant(seconds: instant.seconds)).nanoseconds)
      }
    case .intOrString:
      message(number) { either in
        either.integer(1, value.string == nil ? 0 : 1)
        either.integer(2, Int64(value.int ?? 0))
        either.data(3, (value.string ?? "").utf8)
      }
    case .any, .deduced: message(number) { $0.data(1, value.encoded()) }
    case .object(let type): message(number) { $0.members(of: value, type.fields, level: 0) }
    case .list: message(number) { $0.put(1, value, shape) }
    case .map: break  // No type has one within a list or map.
    }
  }
}
