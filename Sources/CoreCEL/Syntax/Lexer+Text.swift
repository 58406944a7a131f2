/// Strings and bytes: quoted once or three times, raw or with escapes.
extension Lexer {
  /// A string or bytes where one begins here; nil where none does.
  mutating func text(_ first: UInt8, _ start: Int) throws(SourceIssue) -> Token.Kind? {
    var (isRaw, isBytes, length) = (false, false, 0)
    while let next = byte(length), next | 0x20 == UInt8(ascii: "r") || next | 0x20 == UInt8(ascii: "b"), length < 2 {
      if next | 0x20 == UInt8(ascii: "r") {
        if isRaw { return nil }
        isRaw = true
      } else {
        if isBytes { return nil }
        isBytes = true
      }
      length += 1
    }
    guard let quote = byte(length), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    // "br" begins bytes, "rb" nothing.
    if length == 2, bytes[position] | 0x20 == UInt8(ascii: "r") { return nil }
    position += length
    let isTriple = byte(1) == quote && byte(2) == quote
    position += isTriple ? 3 : 1
    let content = try content(quote, isTriple: isTriple, isRaw: isRaw, isBytes: isBytes, start: start)
    if isBytes { return .bytes(content) }
    return .string(String(decoding: content, as: UTF8.self))
  }

  private mutating func content(
    _ quote: UInt8, isTriple: Bool, isRaw: Bool, isBytes: Bool, start: Int
  ) throws(SourceIssue) -> [UInt8] {
    var content: [UInt8] = []
    while let next = byte() {
      if next == quote, !isTriple || (byte(1) == quote && byte(2) == quote) {
        position += isTriple ? 3 : 1
        return content
      }
      switch next {
      case UInt8(ascii: "\\") where !isRaw: try escape(isBytes: isBytes, into: &content)
      case 0x0A where !isTriple, 0x0D where !isTriple: throw SourceIssue(start, "a string ends on its line, or has three quotes")
      case 0x0D:
        // Lines end with a line feed, however they were written.
        content.append(0x0A)
        position += byte(1) == 0x0A ? 2 : 1
      default:
        content.append(next)
        position += 1
      }
    }
    throw SourceIssue(start, "the string has no end")
  }

  private mutating func escape(isBytes: Bool, into content: inout [UInt8]) throws(SourceIssue) {
    let start = position
    guard let letter = byte(1) else { throw SourceIssue(start, "the string has no end") }
    position += 2
    switch letter {
    case UInt8(ascii: "a"): content.append(0x07)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): content.append(letter)
    case UInt8(ascii: "x"), UInt8(ascii: "X"): try code(2, 16, isBytes: isBytes, start, into: &content)
    case UInt8(ascii: "u") where !isBytes: try code(4, 16, isBytes: false, start, into: &content)
    case UInt8(ascii: "U") where !isBytes: try code(8, 16, isBytes: false, start, into: &content)
    case 0x30...0x33:
      position -= 1
      try code(3, 8, isBytes: isBytes, start, into: &content)
    default: throw SourceIssue(start, "no such escape in \(isBytes ? "bytes" : "a string")")
    }
  }

  private mutating func code(
    _ count: Int, _ radix: Int, isBytes: Bool, _ start: Int, into content: inout [UInt8]
  ) throws(SourceIssue) {
    let digits = bytes[position...].prefix(count)
    guard digits.count == count, digits.allSatisfy(Lexer.isHexadecimal),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
    else { throw SourceIssue(start, "the escape needs \(count) digits") }
    position += count
    if isBytes {
      content.append(UInt8(truncatingIfNeeded: value))
    } else if let scalar = Unicode.Scalar(value) {
      content.append(contentsOf: Array(String(Character(scalar)).utf8))
    } else {
      throw SourceIssue(start, "the escape is no code point")
    }
  }
}
