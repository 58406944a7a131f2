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
  case list([CELValue])
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
    case .list, .tree: "list"
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

  func field(_ name: String) -> CELValue? { fields.first { $0.name == name }?.value }
}
