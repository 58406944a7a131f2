package import CoreObjects

extension CELValue {
  /// The value as JSON; nil where it has no such form: types, addresses, maps with keys that are no strings …
  package var json: JSON? {
    switch self {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .uint(let number): return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
    case .double(let number): return number.isFinite ? .double(number) : nil
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .string(Base64.encode(bytes))
    case .timestamp(let moment): return .string(moment.text)
    case .duration(let nanoseconds): return .string(CELDuration.text(nanoseconds))
    case .tree(let elements, _): return .array(elements)
    case .object(let members, _): return .object(members)
    case .made(let elements, _):
      var trees: [JSON] = []
      for element in elements {
        guard let tree = element.json else { return nil }
        trees.append(tree)
      }
      return .array(trees)
    case .map(let map):
      var members: [Member] = []
      for entry in map.entries {
        guard case .string(let name) = entry.key, let tree = entry.value.json else { return nil }
        members.append(Member(key: Key(name), value: tree))
      }
      return .object(members)
    case .message(let message):
      var members: [Member] = []
      for field in message.fields {
        guard let tree = field.value.json else { return nil }
        members.append(Member(key: Key(field.name), value: tree))
      }
      return .object(members)
    case .optional(let optional): return optional.value?.json
    case .type, .opaque: return nil
    }
  }

  /// The value for a message, cut where it is long.
  package var brief: String {
    let text: String
    switch self {
    case .string(let value): text = "'\(value)'"
    case .null: text = "null"
    case .uint(let number): text = "\(number)u"
    case .made, .tree: text = "a list"
    case .map, .object: text = "a map"
    case .bool, .int, .double, .timestamp, .duration, .type: text = (try? Conversions.text(of: self)) ?? typeName
    default: text = "a \(typeName)"
    }
    return text.unicodeScalars.count > 80 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(80))) + "…" : text
  }
}
