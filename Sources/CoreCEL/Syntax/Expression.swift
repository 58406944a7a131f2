/// An expression as it was read. Each has a number of its own, under which the checker notes what it finds.
struct Expression: Sendable {
  var id: Int
  /// In the text's UTF-8: of an operator, bracket or dot where there is one.
  var offset: Int
  /// How many expressions lie in one another, this one included.
  var depth: Int
  var kind: Kind

  indirect enum Kind: Sendable {
    case literal(CELValue)
    /// - Parameter isRooted: written with a dot in front; no variable of a macro is meant.
    case name(String, isRooted: Bool)
    case select(Expression, field: String, isOptional: Bool)
    case has(Expression, field: String)
    case index(Expression, Expression, isOptional: Bool)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// Two or more.
    case all([Expression])
    /// Two or more.
    case any([Expression])
    case conditional(Expression, then: Expression, otherwise: Expression)
    case call(String, target: Expression?, [Expression])
    case list([Element])
    case map([Entry])
    case message(String, [Field])
    case comprehension(Comprehension)
    /// `cel.bind`, and what optMap and optFlatMap make of the optional value.
    case bind(Binding)
  }

  struct Element: Sendable {
    var value: Expression
    var isOptional: Bool
  }
  struct Entry: Sendable {
    var key: Expression
    var value: Expression
    var isOptional: Bool
  }
  struct Field: Sendable {
    var name: String
    var offset: Int
    var value: Expression
    var isOptional: Bool
  }

  struct Comprehension: Sendable {
    var macro: ComprehensionMacro
    var range: Expression
    var variable: String
    /// Of a macro with two variables: `variable` is the index or key then.
    var second: String?
    /// Of `map` with three arguments, and of the transformations with four.
    var filter: Expression?
    var body: Expression
  }

  struct Binding: Sendable {
    var macro: BindingMacro
    var variable: String
    var value: Expression
    var body: Expression
  }

  /// The expressions directly below.
  var children: [Expression] {
    switch kind {
    case .literal, .name: []
    case .select(let operand, _, _), .has(let operand, _), .unary(_, let operand): [operand]
    case .index(let left, let right, _), .binary(_, let left, let right): [left, right]
    case .all(let operands), .any(let operands): operands
    case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
    case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
    case .list(let elements): elements.map(\.value)
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    case .message(_, let fields): fields.map(\.value)
    case .comprehension(let macro): [macro.range] + (macro.filter.map { [$0] } ?? []) + [macro.body]
    case .bind(let binding): [binding.value, binding.body]
    }
  }

  /// The names joined by dots that it consists of; nil where there is anything else.
  var qualifiedName: String? {
    switch kind {
    case .name(let name, let isRooted): isRooted ? nil : name
    case .select(let operand, let field, isOptional: false): operand.qualifiedName.map { $0 + "." + field }
    default: nil
    }
  }
}

enum UnaryOperator: String, Sendable {
  case not = "!"
  case negate = "-"
}

enum BinaryOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
}

enum ComprehensionMacro: Sendable {
  case all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry, sortBy
}

enum BindingMacro: Sendable { case bind, optionalMap, optionalFlatMap }
