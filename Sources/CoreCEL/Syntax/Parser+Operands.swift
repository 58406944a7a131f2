/// Names, calls, literals, and what follows them.
extension Parser {
  /// Words that are no names by themselves; after a dot they are.
  static let reserved = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace",
    "return",
    "var", "void", "while",
  ]

  mutating func postfix() throws(SourceIssue) -> Expression {
    var operand = try primary()
    while true {
      let offset = token.offset
      if consume(.dot) {
        let isOptional = consume(.question)
        let (field, _) = try name()
        if !isOptional, isAt(.leftParenthesis) {
          operand = try call(field, target: operand)
        } else {
          operand = try node(offset, .select(operand, field: field, isOptional: isOptional))
        }
      } else if consume(.leftBracket) {
        let isOptional = consume(.question)
        let index = try expression()
        try expect(.rightBracket)
        operand = try node(offset, .index(operand, index, isOptional: isOptional))
      } else if isAt(.leftBrace), let name = operand.qualifiedName {
        operand = try message(name)
      } else {
        return operand
      }
    }
  }

  private mutating func name() throws(SourceIssue) -> (name: String, offset: Int) {
    guard case .identifier(let name) = token.kind else {
      throw SourceIssue(token.offset, "a name is expected here, not \(token.text)")
    }
    let offset = token.offset
    advance()
    return (name, offset)
  }

  private mutating func primary() throws(SourceIssue) -> Expression {
    let offset = token.offset
    switch token.kind {
    case .identifier, .symbol(.dot):
      let isRooted = consume(.dot)
      let (name, place) = try name()
      if Parser.reserved.contains(name) { throw SourceIssue(place, "'\(name)' is a reserved word") }
      if isAt(.leftParenthesis) { return try call(name, target: nil) }
      return try node(isRooted ? offset : place, .name(name, isRooted: isRooted))
    case .symbol(.leftParenthesis):
      advance()
      let inner = try expression()
      try expect(.rightParenthesis)
      return inner
    case .symbol(.leftBracket): return try list()
    case .symbol(.leftBrace): return try map()
    default: return try literal()
    }
  }

  private mutating func literal() throws(SourceIssue) -> Expression {
    let start = token
    let isNegative = consume(.minus)
    let value: CELValue
    switch token.kind {
    case .int(let magnitude):
      guard let number = isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude) else {
        throw SourceIssue(start.offset, "the number is too large for an int")
      }
      value = .int(number)
    case .double(let number): value = .double(isNegative ? -number : number)
    case .uint(let number) where !isNegative: value = .uint(number)
    case .string(let text) where !isNegative: value = .string(text)
    case .bytes(let bytes) where !isNegative: value = .bytes(bytes)
    case .symbol(.isTrue) where !isNegative: value = .bool(true)
    case .symbol(.isFalse) where !isNegative: value = .bool(false)
    case .symbol(.null) where !isNegative: value = .null
    default: throw unexpected()
    }
    advance()
    return try node(start.offset, .literal(value))
  }

  /// "[,]" is as good as "[]".
  private mutating func consumeLoneComma(_ closing: Token.Symbol) -> Bool {
    guard isAt(.comma), position + 1 < tokens.count, tokens[position + 1].kind == .symbol(closing) else { return false }
    return consume(.comma)
  }

  private mutating func list() throws(SourceIssue) -> Expression {
    let offset = token.offset
    try expect(.leftBracket)
    var elements: [Expression.Element] = []
    _ = consumeLoneComma(.rightBracket)
    while !isAt(.rightBracket) {
      let isOptional = consume(.question)
      elements.append(Expression.Element(value: try expression(), isOptional: isOptional))
      if !consume(.comma) { break }
    }
    try expect(.rightBracket)
    return try node(offset, .list(elements))
  }

  private mutating func map() throws(SourceIssue) -> Expression {
    let offset = token.offset
    try expect(.leftBrace)
    var entries: [Expression.Entry] = []
    _ = consumeLoneComma(.rightBrace)
    while !isAt(.rightBrace) {
      let isOptional = consume(.question)
      let key = try expression()
      try expect(.colon)
      entries.append(Expression.Entry(key: key, value: try expression(), isOptional: isOptional))
      if !consume(.comma) { break }
    }
    try expect(.rightBrace)
    return try node(offset, .map(entries))
  }

  private mutating func message(_ type: String) throws(SourceIssue) -> Expression {
    let offset = token.offset
    try expect(.leftBrace)
    var fields: [Expression.Field] = []
    _ = consumeLoneComma(.rightBrace)
    while !isAt(.rightBrace) {
      let isOptional = consume(.question)
      let (name, place) = try name()
      try expect(.colon)
      fields.append(Expression.Field(name: name, offset: place, value: try expression(), isOptional: isOptional))
      if !consume(.comma) { break }
    }
    try expect(.rightBrace)
    return try node(offset, .message(type, fields))
  }

  private mutating func call(_ function: String, target: Expression?) throws(SourceIssue) -> Expression {
    let offset = token.offset
    try expect(.leftParenthesis)
    let isIteration = target != nil && Parser.iterating.contains(function)
    if isIteration { iterations += 1 }
    defer { if isIteration { iterations -= 1 } }
    var arguments: [Expression] = []
    while !isAt(.rightParenthesis) {
      arguments.append(try expression())
      if !consume(.comma) { break }
    }
    if isAt(.rightParenthesis), !arguments.isEmpty, tokens[position - 1].kind == .symbol(.comma) { throw unexpected() }
    try expect(.rightParenthesis)
    if let expanded = try macro(function, target, arguments, offset) { return expanded }
    return try node(offset, .call(function, target: target, arguments))
  }
}
