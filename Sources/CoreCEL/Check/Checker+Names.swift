/// Names, fields and calls.
extension Checker {
  mutating func inferName(_ expression: Expression, _ name: String, isRooted: Bool) -> CELType {
    if !isRooted, let local = locals.last(where: { $0.name == name }) {
      checked.references[expression.id] = .local(local.slot)
      return local.type
    }
    if let type = inferQualified(expression, name) { return type }
    report(expression, "'\(name)' is not declared")
    return .dyn
  }

  /// A variable or type of that name.
  private mutating func inferQualified(_ expression: Expression, _ name: String) -> CELType? {
    if let place = environment.place(of: name) {
      checked.references[expression.id] = .variable(place)
      return environment.variables[place].type
    }
    if CELType.named[name] != nil {
      checked.references[expression.id] = .type(name)
      return .type
    }
    return nil
  }

  mutating func inferSelect(_ expression: Expression, _ operand: Expression, _ field: String, isOptional: Bool) -> CELType {
    if let name = expression.qualifiedName, !isLocal(name), let type = inferQualified(expression, name) { return type }
    check(operand)
    let operandType = type(operand)
    let result = fieldType(expression, operandType, field)
    if case .optional = operandType { return .optional(result) }
    return isOptional ? .optional(result) : result
  }

  /// Whether a qualified name begins with a variable of a macro.
  private func isLocal(_ name: String) -> Bool {
    let first = name.prefix { $0 != "." }
    return locals.contains { $0.name == first }
  }

  /// The type of a field; of an optional value, that of the value's field.
  mutating func fieldType(_ expression: Expression, _ operand: CELType, _ field: String) -> CELType {
    switch operand {
    case .dyn, .message: return .dyn
    case .parameter:
      _ = substitution.assign(.dyn, to: operand)
      return .dyn
    case .map(_, let value): return value
    case .optional(let wrapped): return fieldType(expression, wrapped, field)
    case .object(let schema):
      if let property = schema.field(field) { return property.schema.type }
      report(expression, "there is no field '\(field)'")
      return .dyn
    default:
      report(expression, "a value of the type \(operand) has no fields, and no '\(field)'")
      return .dyn
    }
  }

  mutating func inferCall(_ expression: Expression, _ name: String, _ target: Expression?, _ arguments: [Expression]) -> CELType {
    for argument in arguments { check(argument) }
    let types = arguments.map { type($0) }
    guard let target else {
      guard let function = environment.functions[name] else {
        report(expression, "there is no function '\(name)'")
        return .dyn
      }
      checked.references[expression.id] = .function(function, isQualified: false)
      checkLiterals(name, arguments)
      return resolve(expression, name, function.allOverloads.filter { !$0.isMember }, types)
    }
    if let prefix = target.qualifiedName, !isLocal(prefix), let function = environment.functions["\(prefix).\(name)"] {
      checked.references[expression.id] = .function(function, isQualified: true)
      return resolve(expression, "\(prefix).\(name)", function.allOverloads.filter { !$0.isMember }, types)
    }
    check(target)
    guard let function = environment.functions[name] else {
      report(expression, "there is no function '\(name)'")
      return .dyn
    }
    checked.references[expression.id] = .function(function, isQualified: false)
    checkLiterals(name, arguments)
    return resolve(expression, name, function.allOverloads.filter(\.isMember), [type(target)] + types)
  }

  /// What is written down and cannot be read would fail in every evaluation.
  private mutating func checkLiterals(_ name: String, _ arguments: [Expression]) {
    guard let last = arguments.last, case .literal(.string(let text)) = last.kind else { return }
    switch name {
    case "timestamp": if CELTimestamp(rfc3339: text) == nil { report(last, "this is no moment of RFC 3339") }
    case "duration": if CELDuration.read(text) == nil { report(last, "this is no duration") }
    case "matches", "find", "findAll":
      do throws(RegularExpressionError) { _ = try RegularExpression(text) } catch { report(last, error.description) }
    default: break
    }
  }
}
