/// A piece of an expression's text.
struct Token: Equatable {
  enum Kind: Equatable {
    case identifier(String)
    case int(UInt64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case symbol(Symbol)
    case end
  }

  /// Operators, brackets and the words that no name can be.
  enum Symbol: String, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case and = "&&"
    case or = "||"
    case leftBracket = "["
    case rightBracket = "]"
    case leftBrace = "{"
    case rightBrace = "}"
    case leftParenthesis = "("
    case rightParenthesis = ")"
    case dot = "."
    case comma = ","
    case minus = "-"
    case not = "!"
    case question = "?"
    case colon = ":"
    case plus = "+"
    case times = "*"
    case divide = "/"
    case remainder = "%"
    case isIn = "in"
    case isTrue = "true"
    case isFalse = "false"
    case null = "null"
  }

  let kind: Kind
  /// In the text's UTF-8.
  let offset: Int

  /// For messages.
  var text: String {
    switch kind {
    case .identifier(let name): "'\(name)'"
    case .int(let value): "\(value)"
    case .uint(let value): "\(value)u"
    case .double(let value): "\(value)"
    case .string: "a string"
    case .bytes: "bytes"
    case .symbol(let symbol): "'\(symbol.rawValue)'"
    case .end: "the end"
    }
  }
}
