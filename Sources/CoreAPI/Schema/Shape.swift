import CoreObjects

/// The type of a field with every reference resolved.
package indirect enum Shape: Sendable {
  case string, bytes, time, microTime, quantity, int32, int64, double, bool, intOrString, any
  /// What nobody has described, and is seen as what it is: an object has members, all else is one value.
  case deduced
  case object(TypeSchema)
  case list(Shape)
  case map(Shape)

  /// In the order of a schema's table.
  static let scalars: [Shape] = [
    .string, .bytes, .time, .microTime, .quantity, .int32, .int64, .double, .bool, .intOrString, .any,
  ]

  /// The type in which a path into this field goes on: the elements' of a list, the values' of a map.
  package var elementType: TypeSchema? {
    switch self {
    case .object(let type): type
    case .list(let element), .map(let element): element.elementType
    default: nil
    }
  }

  /// It has an empty value that says no more than none. (An object's members say something each.)
  var hasZero: Bool {
    switch self {
    case .string, .bytes, .int32, .int64, .double, .bool, .list, .map: true
    case .time, .microTime, .quantity, .intOrString, .any, .deduced, .object: false
    }
  }

  /// What stands in a field that is written always, where nothing was given. Source: the JSON forms of Go's zero values.
  var writtenZero: JSON {
    switch self {
    case .string: ""
    case .quantity: "0"
    case .int32, .int64, .double, .intOrString: 0
    case .bool: false
    case .object: .object([])
    case .bytes, .time, .microTime, .any, .deduced, .list, .map: .null
    }
  }

  /// What a value must be, for messages.
  var expectation: String {
    switch self {
    case .string: "string"
    case .bytes: "string in base64"
    case .time: "time in RFC 3339, for example 2026-01-31T12:00:00Z"
    case .microTime: "time in RFC 3339 with six decimals, for example 2026-01-31T12:00:00.000000Z"
    case .quantity: "quantity, for example 500m or 1Gi"
    case .int32: "integer (int32)"
    case .int64: "integer (int64)"
    case .double: "number"
    case .bool: "boolean"
    case .intOrString: "integer (int32) or string"
    case .any, .deduced: "any value"
    case .object: "object"
    case .list(let element): "list of " + element.plural
    case .map(let element): "map of " + element.plural
    }
  }

  private var plural: String {
    switch self {
    case .string: "strings"
    case .object: "objects"
    case .list, .map: "containers"
    case .int32, .int64: "integers"
    case .quantity: "quantities"
    default: "values"
    }
  }
}
