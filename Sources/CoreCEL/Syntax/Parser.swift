/// Reads an expression. Source of the grammar: cel-spec's doc/langdef.md.
///
/// It calls itself for what lies in brackets; operators of equal rank are a loop. `CELLimits.depth` bounds both, so that whoever walks
/// an expression may recurse.
struct Parser {
  let tokens: [Token]
  let macros: MacroSet
  var position = 0
  var count = 0
  private var nesting = 0
  var iterations = 0

  /// What words a macro may be called by.
  struct MacroSet: Sendable {
    var hasBindings: Bool
  }

  struct Result {
    var expression: Expression
    /// Numbers given: those of the expressions are below.
    var count: Int
  }

  static func parse(_ bytes: [UInt8], macros: MacroSet) throws(SourceIssue) -> Result {
    if bytes.count > CELLimits.textBytes { throw SourceIssue(0, "the expression is longer than \(CELLimits.textBytes) bytes") }
    var parser = Parser(tokens: try Lexer.tokens(bytes), macros: macros)
    let expression = try parser.expression()
    guard parser.token.kind == .end else { throw parser.unexpected() }
    return Result(expression: expression, count: parser.count)
  }

  private init(tokens: [Token], macros: MacroSet) {
    self.tokens = tokens
    self.macros = macros
  }

  // MARK: Tokens

  /// The last token is the end, and is never passed.
  var token: Token { tokens[position] }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  func isAt(_ symbol: Token.Symbol) -> Bool { token.kind == .symbol(symbol) }

  mutating func consume(_ symbol: Token.Symbol) -> Bool {
    guard isAt(symbol) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: Token.Symbol) throws(SourceIssue) {
    if !consume(symbol) { throw SourceIssue(token.offset, "'\(symbol.rawValue)' is expected here, not \(token.text)") }
  }

  func unexpected() -> SourceIssue { SourceIssue(token.offset, "\(token.text) is not expected here") }

  /// Makes a node over others.
  mutating func node(_ offset: Int, _ kind: Expression.Kind) throws(SourceIssue) -> Expression {
    var expression = Expression(id: count, offset: offset, depth: 1, kind: kind)
    count += 1
    var depth = 0
    for child in expression.children { depth = max(depth, child.depth) }
    expression.depth = depth + 1
    if depth >= CELLimits.depth { throw tooDeep(offset) }
    return expression
  }

  private func tooDeep(_ offset: Int) -> SourceIssue {
    SourceIssue(offset, "more than \(CELLimits.depth) expressions lie in one another")
  }

  // MARK: Operators

  mutating func expression() throws(SourceIssue) -> Expression {
    nesting += 1
    defer { nesting -= 1 }
    if nesting > CELLimits.depth { throw tooDeep(token.offset) }
    let condition = try anyOf()
    guard isAt(.question) else { return condition }
    let offset = token.offset
    advance()
    let then = try anyOf()
    try expect(.colon)
    return try node(offset, .conditional(condition, then: then, otherwise: try expression()))
  }

  private mutating func anyOf() throws(SourceIssue) -> Expression {
    let first = try allOf()
    guard isAt(.or) else { return first }
    let offset = token.offset
    var operands = [first]
    while consume(.or) { operands.append(try allOf()) }
    return try node(offset, .any(operands))
  }

  private mutating func allOf() throws(SourceIssue) -> Expression {
    let first = try binary(0)
    guard isAt(.and) else { return first }
    let offset = token.offset
    var operands = [first]
    while consume(.and) { operands.append(try binary(0)) }
    return try node(offset, .all(operands))
  }

  private static func binaryOperator(_ kind: Token.Kind) -> (operation: BinaryOperator, rank: Int)? {
    guard case .symbol(let symbol) = kind, let operation = BinaryOperator(rawValue: symbol.rawValue) else { return nil }
    switch operation {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: return (operation, 0)
    case .add, .subtract: return (operation, 1)
    case .multiply, .divide, .remainder: return (operation, 2)
    }
  }

  /// Operators of `rank` and higher, from left to right.
  private mutating func binary(_ rank: Int) throws(SourceIssue) -> Expression {
    var left = try unary()
    while let (operation, found) = Parser.binaryOperator(token.kind), found >= rank {
      let offset = token.offset
      advance()
      left = try node(offset, .binary(operation, left, try binary(found + 1)))
    }
    return left
  }

  private mutating func unary() throws(SourceIssue) -> Expression {
    let offset = token.offset
    guard isAt(.not) || isAt(.minus) else { return try postfix() }
    let symbol: Token.Symbol = isAt(.not) ? .not : .minus
    var count = 0
    // The sign of a number is part of it: the least int has no positive form.
    while isAt(symbol), !(symbol == .minus && isNumber(tokens[min(position + 1, tokens.count - 1)].kind)) {
      advance()
      count += 1
    }
    let operand = try postfix()
    // Two of them say nothing.
    return count % 2 == 0 ? operand : try node(offset, .unary(symbol == .not ? .not : .negate, operand))
  }

  private func isNumber(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .int, .double: true
    default: false
    }
  }
}
