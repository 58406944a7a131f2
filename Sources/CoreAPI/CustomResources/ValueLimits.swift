import CoreCEL
import CoreObjects

/// What a schema says of a value besides its type: bounds, lists of values, and combinations of other schemas.
struct ValueLimits: Sendable {
  let maximum: JSON
  let minimum: JSON
  let isMaximumExcluded: Bool
  let isMinimumExcluded: Bool
  let multipleOf: Double?
  let maxLength: Int?
  let minLength: Int?
  let maxItems: Int?
  let minItems: Int?
  let maxProperties: Int?
  let minProperties: Int?
  let pattern: RegularExpression?
  let patternText: String
  let format: String?
  let enumeration: [JSON]
  let required: [Key]
  let allOf: [StructuralSchema]
  let anyOf: [StructuralSchema]
  let oneOf: [StructuralSchema]
  let not: StructuralSchema?
  /// Nothing is said.
  let isEmpty: Bool

  init(_ source: JSON) {
    maximum = source[.maximum]
    minimum = source[.minimum]
    isMaximumExcluded = source[.exclusiveMaximum].bool == true
    isMinimumExcluded = source[.exclusiveMinimum].bool == true
    multipleOf = source[.multipleOf].number
    maxLength = source[.maxLength].int
    minLength = source[.minLength].int
    maxItems = source[.maxItems].int
    minItems = source[.minItems].int
    maxProperties = source[.maxProperties].int
    minProperties = source[.minProperties].int
    patternText = source[.pattern].string ?? ""
    pattern = patternText.isEmpty ? nil : try? RegularExpression(patternText)
    format = source[.format].string
    enumeration = source[.enum].elements
    required = source[.required].elements.compactMap { $0.string.map { Key($0) } }
    allOf = source[.allOf].elements.map { StructuralSchema($0) }
    anyOf = source[.anyOf].elements.map { StructuralSchema($0) }
    oneOf = source[.oneOf].elements.map { StructuralSchema($0) }
    not = source[.not].isObject ? StructuralSchema(source[.not]) : nil
    isEmpty =
      maximum.isNull && minimum.isNull && multipleOf == nil && maxLength == nil && minLength == nil && maxItems == nil
      && minItems == nil && maxProperties == nil && minProperties == nil && pattern == nil && format == nil
      && enumeration.isEmpty && required.isEmpty && allOf.isEmpty && anyOf.isEmpty && oneOf.isEmpty && not == nil
  }
}

extension JSON {
  /// A number, whole or not.
  var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// Equal as numbers are: 1 is 1.0.
  func means(_ other: JSON) -> Bool {
    switch (self, other) {
    case (.int, .double), (.double, .int): return number == other.number
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
    case (.object(let left), .object(let right)):
      return left.count == right.count
        && left.allSatisfy { member in
          let place = right.place(of: member.key)
          return place >= 0 && member.value.means(right[place].value)
        }
    default: return self == other
    }
  }
}
