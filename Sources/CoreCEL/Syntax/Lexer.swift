/// Cuts the text of an expression into tokens. Source of the lexis: cel-spec's doc/langdef.md.
struct Lexer {
  let bytes: [UInt8]
  var position = 0

  /// All tokens, the end as the last one.
  static func tokens(_ bytes: [UInt8]) throws(SourceIssue) -> [Token] {
    var lexer = Lexer(bytes: bytes)
    var tokens: [Token] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  func byte(_ distance: Int = 0) -> UInt8? { position + distance < bytes.count ? bytes[position + distance] : nil }

  private mutating func next() throws(SourceIssue) -> Token {
    skipBlanks()
    let start = position
    guard let first = byte() else { return Token(kind: .end, offset: start) }
    if let quote = try text(first, start) { return Token(kind: quote, offset: start) }
    if Lexer.isLetter(first) { return Token(kind: word(), offset: start) }
    if Lexer.isDigit(first) || (first == UInt8(ascii: ".") && byte(1).map(Lexer.isDigit) == true) {
      return Token(kind: try number(), offset: start)
    }
    for length in [2, 1] where position + length <= bytes.count {
      let text = String(decoding: bytes[position..<position + length], as: UTF8.self)
      guard let symbol = Token.Symbol(rawValue: text) else { continue }
      position += length
      return Token(kind: .symbol(symbol), offset: start)
    }
    throw SourceIssue(start, "unexpected character \(character(at: start))")
  }

  private func character(at offset: Int) -> String {
    guard let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first else { return "" }
    return scalar.value < 0x20 || scalar.value == 0x7F ? "U+\(String(scalar.value, radix: 16, uppercase: true))" : "'\(scalar)'"
  }

  private mutating func skipBlanks() {
    while let next = byte() {
      switch next {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while let next = byte(), next != 0x0A { position += 1 }
      default: return
      }
    }
  }

  private mutating func word() -> Token.Kind {
    let start = position
    while let next = byte(), Lexer.isLetter(next) || Lexer.isDigit(next) { position += 1 }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    switch name {
    case "in": return .symbol(.isIn)
    case "true": return .symbol(.isTrue)
    case "false": return .symbol(.isFalse)
    case "null": return .symbol(.null)
    default: return .identifier(name)
    }
  }

  private mutating func number() throws(SourceIssue) -> Token.Kind {
    let start = position
    if byte() == UInt8(ascii: "0"), byte(1) == UInt8(ascii: "x") || byte(1) == UInt8(ascii: "X"),
      byte(2).map(Lexer.isHexadecimal) == true
    {
      position += 2
      while byte().map(Lexer.isHexadecimal) == true { position += 1 }
      return try whole(start, digits: start + 2, radix: 16)
    }
    skipDigits()
    var isDouble = false
    if byte() == UInt8(ascii: "."), byte(1).map(Lexer.isDigit) == true {
      isDouble = true
      position += 1
      skipDigits()
    }
    if let next = byte(), next | 0x20 == UInt8(ascii: "e") {
      let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 1 : 0
      if byte(1 + sign).map(Lexer.isDigit) == true {
        isDouble = true
        position += 1 + sign
        skipDigits()
      }
    }
    guard isDouble else { return try whole(start, digits: start, radix: 10) }
    var text = String(decoding: bytes[start..<position], as: UTF8.self)
    if text.hasPrefix(".") { text = "0" + text }
    guard let value = Double(text), value.isFinite else { throw SourceIssue(start, "the number is too large for a double") }
    return .double(value)
  }

  private mutating func whole(_ start: Int, digits: Int, radix: Int) throws(SourceIssue) -> Token.Kind {
    let value = UInt64(String(decoding: bytes[digits..<position], as: UTF8.self), radix: radix)
    let isUnsigned = byte().map { $0 | 0x20 == UInt8(ascii: "u") } == true
    if isUnsigned { position += 1 }
    guard let value else { throw SourceIssue(start, "the number is too large for \(isUnsigned ? "a uint" : "an int")") }
    return isUnsigned ? .uint(value) : .int(value)
  }

  private mutating func skipDigits() { while byte().map(Lexer.isDigit) == true { position += 1 } }

  static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
  }
  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x41...0x46).contains(byte & 0xDF) }
}
