package import CoreObjects

/// What an expression works with.
///
/// A tree of JSON is not converted: `tree` and `object` wrap it with what its schema says, and what is read of it is converted then.
package enum CELValue: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case timestamp(CELTimestamp)
  /// In nanoseconds.
  case duration(Int64)
  /// A type as a value, by its name.
  case type(String)
  /// A list that an expression has made, and of how many values it consists in all.
  case made([CELValue], weight: UInt32)
  case map(CELMap)
  /// A list of JSON, with the schema of the list.
  case tree([JSON], CELSchema?)
  /// An object or map of JSON.
  case object([Member], CELSchema?)
  case message(CELMessage)
  case optional(CELOptional)
  /// A value of a library: a quantity, a URL, an address …
  case opaque(CELOpaque)

  /// A value of JSON. Without a schema numbers, strings and booleans are what JSON says.
  package init(_ json: JSON, _ schema: CELSchema?) throws(CELFailure) {
    if let schema {
      self = try schema.value(of: json)
    } else {
      self = CELValue(json)
    }
  }

  package init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .tree(elements, nil)
    case .object(let members): self = .object(members, nil)
    case .raw(let bytes): if let json = try? JSONParser.parse(bytes) { self = CELValue(json) } else { self = .null }
    }
  }

  package static func list(_ elements: [CELValue]) -> CELValue {
    .made(elements, weight: UInt32(clamping: CELValue.weight(of: elements)))
  }

  package static let none = CELValue.optional(CELOptional(nil))
  package static func some(_ value: CELValue) -> CELValue { .optional(CELOptional(value)) }

  package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  package var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The name of its type, as `type()` gives it.
  package var typeName: String {
    switch self {
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .type: "type"
    case .made, .tree: "list"
    case .map, .object: "map"
    case .message(let message): message.typeName
    case .optional: "optional_type"
    case .opaque(let value): value.typeName
    }
  }
}

/// A value that may be absent.
package final class CELOptional: Sendable {
  package let value: CELValue?
  init(_ value: CELValue?) { self.value = value }
}

/// A value of a library. Each library has a subclass.
package class CELOpaque: @unchecked Sendable {
  package let typeName: String
  init(typeName: String) { self.typeName = typeName }

  func isEqual(_ other: CELOpaque) -> Bool { self === other }
  /// What `size()` counts and comparisons cost; 1 where it has none.
  var size: Int? { nil }
}

/// An object that an expression has constructed: `Object.spec{replicas: 3}`.
package final class CELMessage: Sendable {
  package let typeName: String
  package let fields: [(name: String, value: CELValue)]

  init(typeName: String, fields: [(name: String, value: CELValue)]) {
    self.typeName = typeName
    self.fields = fields
  }

  var weight: UInt64 { CELValue.weight(of: fields.map(\.value)) }

  /// The first object below whose type is not the way to its field, and what it ought to be: the type of what is in `Object.spec` begins
  /// with that, elements of a list have the list's. Source: apiserver/pkg/cel/mutation/dynamic/objects.go, v1.36.
  package var misplaced: (typeName: String, expected: String)? {
    for field in fields {
      if let found = CELMessage.misplaced(field.value, "\(typeName).\(field.name)") { return found }
    }
    return nil
  }

  private static func misplaced(_ value: CELValue, _ expected: String) -> (typeName: String, expected: String)? {
    switch value {
    case .message(let message): return message.typeName == expected ? message.misplaced : (message.typeName, expected)
    case .made(let elements, _):
      for element in elements { if let found = misplaced(element, expected) { return found } }
    case .map(let map):
      for entry in map.entries { if let found = misplaced(entry.value, expected) { return found } }
    case .optional(let optional): return optional.value.flatMap { misplaced($0, expected) }
    default: break
    }
    return nil
  }

  func field(_ name: String) -> CELValue? { fields.first { $0.name == name }?.value }
}
