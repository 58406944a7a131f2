/// The type of an expression.
package indirect enum CELType: Sendable, Equatable {
  case dyn
  case null, bool, int, uint, double, string, bytes, timestamp, duration
  /// Of types as values.
  case type
  case list(CELType)
  case map(CELType, CELType)
  case optional(CELType)
  /// An object with the fields of a schema.
  case object(CELSchema)
  /// A value of a library, by its name: "kubernetes.Quantity".
  case opaque(String)
  /// An object that an expression constructs: "Object.spec", "JSONPatch".
  case message(String)
  /// In the declaration of a function: any type, the same wherever the number stands.
  case parameter(Int)

  /// An object's type is that of its schema, wherever it stands.
  package static func == (left: CELType, right: CELType) -> Bool {
    switch (left, right) {
    case (.dyn, .dyn), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double), (.string, .string),
      (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.type, .type):
      true
    case (.list(let x), .list(let y)), (.optional(let x), .optional(let y)): x == y
    case (.map(let x, let a), .map(let y, let b)): x == y && a == b
    case (.object(let x), .object(let y)): x === y
    case (.opaque(let x), .opaque(let y)), (.message(let x), .message(let y)): x == y
    case (.parameter(let x), .parameter(let y)): x == y
    default: false
    }
  }

  /// The types that are named in expressions, as values.
  static let named: [String: CELType] = [
    "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes, "list": .list(.dyn),
    "map": .map(.dyn, .dyn), "null_type": .null, "type": .type, "google.protobuf.Timestamp": .timestamp,
    "google.protobuf.Duration": .duration, "optional_type": .optional(.dyn),
    "kubernetes.Quantity": .opaque("kubernetes.Quantity"),
    "kubernetes.URL": .opaque("kubernetes.URL"), "net.IP": .opaque("net.IP"), "net.CIDR": .opaque("net.CIDR"),
    "kubernetes.Semver": .opaque("kubernetes.Semver"), "kubernetes.NamedFormat": .opaque("kubernetes.NamedFormat"),
  ]

  /// Whether its values have a size of their own making: they cost 1 to compare.
  var isScalar: Bool {
    switch self {
    case .bool, .int, .uint, .double, .timestamp, .duration, .type: true
    case .optional(let wrapped): wrapped.isScalar
    default: false
    }
  }
}

extension CELType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .type: "type"
    case .list(let element): "list(\(element))"
    case .map(let key, let value): "map(\(key), \(value))"
    case .optional(let wrapped): "optional(\(wrapped))"
    case .object: "object"
    case .opaque(let name), .message(let name): name
    case .parameter(let number): ["A", "B", "C"].indices.contains(number) ? ["A", "B", "C"][number] : "dyn"
    }
  }
}
