/// What operators take. `&&`, `||`, `!` and `?:` take booleans and are the checker's own.
enum Operators {
  private static let scalars: [CELType] = [.bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration]
  private static let numbers: [CELType] = [.int, .uint, .double]
  private static let (a, b) = (CELType.parameter(0), CELType.parameter(1))

  private static let comparisons: [Function.Overload] =
    scalars.map { Function.Overload([$0, $0], .bool) }
    + numbers.flatMap { left in numbers.compactMap { $0 == left ? nil : Function.Overload([left, $0], .bool) } }
  private static let equalities = [Function.Overload([a, a], .bool)]
  private static let additions =
    numbers.map { Function.Overload([$0, $0], $0) } + [
      Function.Overload([.string, .string], .string), Function.Overload([.bytes, .bytes], .bytes),
      Function.Overload([.list(a), .list(a)], .list(a)), Function.Overload([.timestamp, .duration], .timestamp),
      Function.Overload([.duration, .timestamp], .timestamp), Function.Overload([.duration, .duration], .duration),
    ]
  private static let subtractions =
    numbers.map { Function.Overload([$0, $0], $0) } + [
      Function.Overload([.timestamp, .timestamp], .duration), Function.Overload([.timestamp, .duration], .timestamp),
      Function.Overload([.duration, .duration], .duration),
    ]
  private static let products = numbers.map { Function.Overload([$0, $0], $0) }
  private static let remainders = [CELType.int, .uint].map { Function.Overload([$0, $0], $0) }
  private static let memberships = [
    Function.Overload([a, .list(a)], .bool), Function.Overload([a, .map(a, b)], .bool),
  ]
  static let negations = [CELType.int, .double].map { Function.Overload([$0], $0) }
  static let indices = [
    Function.Overload([.list(a), .int], a), Function.Overload([.map(a, b), a], b),
    Function.Overload([.optional(.list(a)), .int], .optional(a)), Function.Overload([.optional(.map(a, b)), a], .optional(b)),
  ]
  static let optionalIndices = [
    Function.Overload([.list(a), .int], .optional(a)), Function.Overload([.map(a, b), a], .optional(b)),
    Function.Overload([.optional(.list(a)), .int], .optional(a)), Function.Overload([.optional(.map(a, b)), a], .optional(b)),
  ]

  static func overloads(_ operation: BinaryOperator) -> [Function.Overload] {
    switch operation {
    case .equal, .notEqual: equalities
    case .less, .lessOrEqual, .greater, .greaterOrEqual: comparisons
    case .isIn: memberships
    case .add: additions
    case .subtract: subtractions
    case .multiply, .divide: products
    case .remainder: remainders
    }
  }
}
