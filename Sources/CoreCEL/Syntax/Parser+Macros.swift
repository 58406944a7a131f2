/// Calls that are not calls: their arguments are evaluated more than once, or not at all.
extension Parser {
  static let iterating = [
    "all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap", "transformMapEntry", "sortBy",
  ]

  /// What the call stands for; nil where it is an ordinary one.
  mutating func macro(
    _ function: String, _ target: Expression?, _ arguments: [Expression], _ offset: Int
  ) throws(SourceIssue) -> Expression? {
    guard let target else {
      guard function == "has", arguments.count == 1 else { return nil }
      guard case .select(let operand, let field, isOptional: false) = arguments[0].kind else {
        throw SourceIssue(arguments[0].offset, "has() asks for a field: has(a.b)")
      }
      return try node(offset, .has(operand, field: field))
    }
    if Parser.iterating.contains(function) {
      guard let comprehension = try comprehension(function, target, arguments) else { return nil }
      if iterations > CELLimits.macros {
        throw SourceIssue(offset, "more than \(CELLimits.macros) macros that iterate lie in one another")
      }
      return try node(offset, .comprehension(comprehension))
    }
    switch (function, arguments.count) {
    case ("optMap", 2): return try bind(.optionalMap, arguments[0], target, arguments[1], offset)
    case ("optFlatMap", 2): return try bind(.optionalFlatMap, arguments[0], target, arguments[1], offset)
    case ("bind", 3) where macros.hasBindings && target.qualifiedName == "cel":
      return try bind(.bind, arguments[0], arguments[1], arguments[2], offset)
    default: return nil
    }
  }

  private mutating func bind(
    _ macro: BindingMacro, _ variable: Expression, _ value: Expression, _ body: Expression, _ offset: Int
  ) throws(SourceIssue) -> Expression {
    try node(offset, .bind(Expression.Binding(macro: macro, variable: try variableName(variable), value: value, body: body)))
  }

  private func variableName(_ expression: Expression) throws(SourceIssue) -> String {
    guard case .name(let name, isRooted: false) = expression.kind else {
      throw SourceIssue(expression.offset, "the variable of a macro is a plain name")
    }
    return name
  }

  private func comprehension(
    _ function: String, _ range: Expression, _ arguments: [Expression]
  ) throws(SourceIssue) -> Expression.Comprehension? {
    /// - Parameter filter: which argument keeps elements, if any does
    func make(
      _ macro: ComprehensionMacro, variables: Int, filter: Int? = nil
    ) throws(SourceIssue) -> Expression.Comprehension {
      let first = try variableName(arguments[0])
      let second = variables == 2 ? try variableName(arguments[1]) : nil
      if first == second { throw SourceIssue(arguments[1].offset, "both variables of the macro have the name '\(first)'") }
      return Expression.Comprehension(
        macro: macro, range: range, variable: first, second: second, filter: filter.map { arguments[$0] },
        body: arguments[arguments.count - 1])
    }
    switch (function, arguments.count) {
    case ("all", 2): return try make(.all, variables: 1)
    case ("exists", 2): return try make(.exists, variables: 1)
    case ("exists_one", 2), ("existsOne", 2): return try make(.existsOne, variables: 1)
    case ("map", 2): return try make(.map, variables: 1)
    case ("map", 3): return try make(.map, variables: 1, filter: 1)
    case ("filter", 2): return try make(.filter, variables: 1)
    case ("sortBy", 2): return try make(.sortBy, variables: 1)
    case ("all", 3): return try make(.all, variables: 2)
    case ("exists", 3): return try make(.exists, variables: 2)
    case ("exists_one", 3), ("existsOne", 3): return try make(.existsOne, variables: 2)
    case ("transformList", 3): return try make(.transformList, variables: 2)
    case ("transformList", 4): return try make(.transformList, variables: 2, filter: 2)
    case ("transformMap", 3): return try make(.transformMap, variables: 2)
    case ("transformMap", 4): return try make(.transformMap, variables: 2, filter: 2)
    case ("transformMapEntry", 3): return try make(.transformMapEntry, variables: 2)
    case ("transformMapEntry", 4): return try make(.transformMapEntry, variables: 2, filter: 2)
    default: return nil
    }
  }
}
