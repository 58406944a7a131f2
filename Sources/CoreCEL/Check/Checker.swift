import CoreObjects

/// Gives every expression its type, and every name what it means. It goes on after an issue, so that all of them are found at once.
struct Checker {
  struct Local {
    let name: String
    let slot: Int
    let type: CELType
  }

  let environment: CELEnvironment
  var checked: Checked
  var substitution = TypeSubstitution()
  var issues: [SourceIssue] = []
  var locals: [Local] = []

  init(environment: CELEnvironment, count: Int) {
    self.environment = environment
    checked = Checked(types: Array(repeating: .dyn, count: count), references: Array(repeating: nil, count: count))
  }

  mutating func check(_ expression: Expression, expecting result: CELType?) -> Checked {
    check(expression)
    for index in checked.types.indices { checked.types[index] = substitution.resolved(checked.types[index], freeIsDyn: true) }
    if issues.isEmpty, let result, checked.type(expression) != result {
      report(expression, "the expression is of the type \(checked.type(expression)), and has to be of the type \(result)")
    }
    return checked
  }

  mutating func report(_ expression: Expression, _ message: String) { report(expression.offset, message) }

  mutating func report(_ offset: Int, _ message: String) { issues.append(SourceIssue(offset, message)) }

  func type(_ expression: Expression) -> CELType { substitution.resolved(checked.types[expression.id]) }

  mutating func check(_ expression: Expression) { checked.types[expression.id] = infer(expression) }

  /// Checks the operand, and that its type can stand for another.
  mutating func check(_ expression: Expression, as target: CELType, _ what: String) {
    check(expression)
    if !substitution.assign(type(expression), to: target) {
      report(expression, "\(what) has to be \(target), and is \(type(expression))")
    }
  }

  private mutating func infer(_ expression: Expression) -> CELType {
    switch expression.kind {
    case .literal(let value): return Checker.type(of: value)
    case .name(let name, let isRooted): return inferName(expression, name, isRooted: isRooted)
    case .select(let operand, let field, let isOptional): return inferSelect(expression, operand, field, isOptional: isOptional)
    case .has(let operand, let field):
      check(operand)
      _ = fieldType(expression, type(operand), field)
      return .bool
    case .index(let operand, let index, let isOptional):
      check(operand)
      check(index)
      let overloads = isOptional ? Operators.optionalIndices : Operators.indices
      return resolve(expression, isOptional ? "[?]" : "[]", overloads, [type(operand), type(index)])
    case .unary(.not, let operand):
      check(operand, as: .bool, "the operand of '!'")
      return .bool
    case .unary(.negate, let operand):
      check(operand)
      return resolve(expression, "-", Operators.negations, [type(operand)])
    case .binary(let operation, let left, let right):
      check(left)
      check(right)
      return resolve(expression, operation.rawValue, Operators.overloads(operation), [type(left), type(right)])
    case .all(let operands), .any(let operands):
      var name = "'||'"
      if case .all = expression.kind { name = "'&&'" }
      for operand in operands { check(operand, as: .bool, "an operand of \(name)") }
      return .bool
    case .conditional(let condition, let then, let otherwise):
      check(condition, as: .bool, "the condition of '?:'")
      check(then)
      check(otherwise)
      if let joined = substitution.joined(type(then), type(otherwise)) { return joined }
      report(expression, "'?:' has to be of one type, and is \(type(then)) or \(type(otherwise))")
      return .dyn
    case .call(let function, let target, let arguments): return inferCall(expression, function, target, arguments)
    case .list(let elements): return inferList(elements)
    case .map(let entries): return inferMap(entries)
    case .message(let name, let fields): return inferMessage(expression, name, fields)
    case .comprehension(let comprehension): return inferComprehension(expression, comprehension)
    case .bind(let binding): return inferBinding(expression, binding)
    }
  }

  static func type(of value: CELValue) -> CELType {
    switch value {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    default: .dyn
    }
  }

  /// The result of the function or operator with these arguments.
  mutating func resolve(_ expression: Expression, _ name: String, _ overloads: [Function.Overload], _ arguments: [CELType])
    -> CELType
  {
    var result: CELType?
    for overload in overloads where overload.parameters.count == arguments.count {
      let instance = substitution.instance(overload)
      guard substitution.assign(arguments, to: instance.parameters) else { continue }
      let found = substitution.resolved(instance.result)
      // More than one fits where a type is dyn: evaluation tells.
      if let result, result != found { return .dyn }
      result = found
    }
    if let result { return result }
    report(expression, "'\(name)' does not take \(arguments.map(\.description).joined(separator: ", "))")
    return .dyn
  }
}
