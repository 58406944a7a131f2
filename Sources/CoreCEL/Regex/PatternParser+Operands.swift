/// Characters, classes and escapes.
extension PatternParser {
  mutating func operand(into parts: inout [PatternTree]) throws(RegularExpressionError) {
    guard let scalar = next else { return }
    switch scalar {
    case "^":
      position += 1
      parts.append(.assertion(flags.isMultiline ? .lineStart : .textStart))
    case "$":
      position += 1
      parts.append(.assertion(flags.isMultiline ? .lineEnd : .textEnd))
    case ".":
      position += 1
      parts.append(.scalar((flags.dotIsAll ? ScalarClass([0...0x10FFFF]) : ScalarClass([0...9, 11...0x10FFFF])).normalized()))
    case "[": parts.append(.scalar(try characterClass()))
    case "\\": try escape(into: &parts)
    default:
      position += 1
      parts.append(literal(scalar.value))
    }
  }

  private func literal(_ value: UInt32) -> PatternTree {
    var literal = ScalarClass([value...value])
    literal.foldsCase = flags.foldsCase
    return .scalar(literal.normalized())
  }

  private mutating func escape(into parts: inout [PatternTree]) throws(RegularExpressionError) {
    let start = position
    if consume("\\Q") {
      while position < scalars.count, !isAt("\\E") {
        parts.append(literal(scalars[position].value))
        position += 1
      }
      _ = consume("\\E")
      return
    }
    if let named = try namedClass() {
      var named = named
      named.foldsCase = flags.foldsCase
      parts.append(.scalar(named.normalized()))
      return
    }
    switch position + 1 < scalars.count ? scalars[position + 1] : "\\" {
    case "A": parts.append(.assertion(.textStart))
    case "z": parts.append(.assertion(.textEnd))
    case "b": parts.append(.assertion(.wordBoundary))
    case "B": parts.append(.assertion(.noWordBoundary))
    default:
      position = start
      parts.append(literal(try escapedScalar()))
      return
    }
    position += 2
  }

  /// `\d`, `\pL`, …; nil where none begins here.
  private mutating func namedClass() throws(RegularExpressionError) -> ScalarClass? {
    let start = position
    guard isAt("\\"), position + 1 < scalars.count else { return nil }
    let letter = scalars[position + 1]
    var named: ScalarClass
    switch letter {
    case "d", "D": named = .digits
    case "s", "S": named = .spaces
    case "w", "W": named = .word
    case "p", "P":
      position += 2
      named = try property(start)
      if letter == "P" { named.isNegated.toggle() }
      return named
    default: return nil
    }
    position += 2
    if ["D", "S", "W"].contains(letter) { named.isNegated = true }
    return named
  }

  private mutating func property(_ start: Int) throws(RegularExpressionError) -> ScalarClass {
    var name = ""
    if consume("{") {
      while let scalar = next, scalar != "}" {
        name.unicodeScalars.append(scalar)
        position += 1
      }
      guard consume("}") else { throw wrong("the name of the property has no end", at: start) }
    } else if let scalar = next {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    let isNegated = name.hasPrefix("^")
    guard var property = ScalarClass.property(isNegated ? String(name.dropFirst()) : name) else {
      throw wrong("there is no property '\(name)' of characters here", at: start)
    }
    property.isNegated = isNegated
    return property
  }

  /// The character that an escape stands for.
  private mutating func escapedScalar() throws(RegularExpressionError) -> UInt32 {
    let start = position
    position += 1
    guard let letter = next else { throw wrong("there is nothing behind the last '\\'", at: start) }
    position += 1
    switch letter {
    case "a": return 7
    case "f": return 12
    case "n": return 10
    case "r": return 13
    case "t": return 9
    case "v": return 11
    case "x": return try hexadecimal(start)
    case "0"..."7":
      // One digit that is not 0 would be a reference to a group: there are none.
      if letter != "0", !(next.map { ("0"..."7").contains($0) } ?? false) { break }
      var value = letter.value - 0x30
      var count = 1
      while count < 3, let digit = next, ("0"..."7").contains(digit) {
        value = value * 8 + digit.value - 0x30
        position += 1
        count += 1
      }
      return value
    default:
      let isWord = letter.isASCII && (letter.properties.isAlphabetic || letter.properties.numericType != nil)
      if letter.isASCII, !isWord { return letter.value }
    }
    throw wrong("there is no such escape", at: start)
  }

  private mutating func hexadecimal(_ start: Int) throws(RegularExpressionError) -> UInt32 {
    let isBraced = consume("{")
    var digits = ""
    while let digit = next, digit.isASCII, digit.properties.isASCIIHexDigit, isBraced || digits.utf8.count < 2,
      digits.utf8.count < 8
    {
      digits.unicodeScalars.append(digit)
      position += 1
    }
    guard let value = UInt32(digits, radix: 16), value <= 0x10FFFF, isBraced ? consume("}") : digits.utf8.count == 2 else {
      throw wrong("there is no such escape", at: start)
    }
    return value
  }

  /// `[a-z]`.
  private mutating func characterClass() throws(RegularExpressionError) -> ScalarClass {
    let start = position
    position += 1
    var result = ScalarClass()
    result.isNegated = consume("^")
    var isFirst = true
    while isFirst || !isAt("]") {
      guard next != nil else { throw wrong("there is no ']' to this '['", at: start) }
      isFirst = false
      if isAt("[:"), let named = try posixClass() {
        result.formUnion(named)
      } else if let named = try namedClass() {
        result.formUnion(named)
      } else {
        let place = position
        let low = try member()
        guard isAt("-"), position + 1 < scalars.count, scalars[position + 1] != "]" else {
          result.ranges.append(low...low)
          continue
        }
        position += 1
        let high = try member()
        if high < low { throw wrong("the range ends before it begins", at: place) }
        result.ranges.append(low...high)
      }
    }
    position += 1
    result.foldsCase = flags.foldsCase
    return result.normalized()
  }

  private mutating func member() throws(RegularExpressionError) -> UInt32 {
    guard let scalar = next else { throw wrong("a ']' is missing") }
    if scalar == "\\" { return try escapedScalar() }
    position += 1
    return scalar.value
  }

  private mutating func posixClass() throws(RegularExpressionError) -> ScalarClass? {
    let start = position
    position += 2
    let begin = position
    while next != nil, !isAt(":]") { position += 1 }
    let name = Text.join(scalars[begin..<position])
    guard consume(":]") else {
      position = start
      return nil
    }
    let isNegated = name.hasPrefix("^")
    guard var named = ScalarClass.posix(isNegated ? String(name.dropFirst()) : name) else {
      throw wrong("there is no class '\(name)'", at: start)
    }
    named.isNegated = isNegated
    return named
  }
}
