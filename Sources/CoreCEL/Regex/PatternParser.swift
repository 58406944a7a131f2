/// Reads a pattern.
struct PatternParser {
  struct Flags {
    var foldsCase = false
    var isMultiline = false
    var dotIsAll = false
    var isUngreedy = false
  }

  let scalars: [Unicode.Scalar]
  var position = 0
  var flags = Flags()
  private var depth = 0

  static func parse(_ pattern: String) throws(RegularExpressionError) -> PatternTree {
    var parser = PatternParser(scalars: Array(pattern.unicodeScalars))
    let tree = try parser.alternatives()
    if parser.position < parser.scalars.count { throw parser.wrong("there is no '(' to this ')'") }
    return tree
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  func wrong(_ message: String, at place: Int? = nil) -> RegularExpressionError {
    RegularExpressionError(offset: place ?? position, message: message)
  }

  var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  func isAt(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    return position + wanted.count <= scalars.count && scalars[position..<position + wanted.count].elementsEqual(wanted)
  }

  mutating func consume(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func alternatives() throws(RegularExpressionError) -> PatternTree {
    depth += 1
    defer { depth -= 1 }
    if depth > RegularExpression.depthLimit { throw wrong("more than \(RegularExpression.depthLimit) groups lie in one another") }
    var branches = [try sequence()]
    while consume("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(RegularExpressionError) -> PatternTree {
    var parts: [PatternTree] = []
    // Where the last part was a repetition: another right behind it says nothing.
    var isRepeated = false
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = position
      if let (least, most) = try repetition(scalar) {
        guard let last = parts.popLast() else { throw wrong("there is nothing to repeat", at: start) }
        if isRepeated { throw wrong("a repetition is repeated", at: start) }
        let isLazy = consume("?")
        let part = PatternTree.repetition(last, least: least, most: most, isGreedy: isLazy == flags.isUngreedy)
        if part.repetitions > RegularExpression.repetitionLimit {
          throw wrong("something is repeated more than \(RegularExpression.repetitionLimit) times", at: start)
        }
        parts.append(part)
        isRepeated = true
        continue
      }
      isRepeated = false
      if consume("(") {
        if let group = try group(start) { parts.append(group) }
      } else {
        try operand(into: &parts)
      }
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  /// How often what stands before is repeated; nil where no repetition begins here.
  private mutating func repetition(_ scalar: Unicode.Scalar) throws(RegularExpressionError) -> (Int, Int?)? {
    switch scalar {
    case "*", "+", "?":
      position += 1
      return (scalar == "+" ? 1 : 0, scalar == "?" ? 1 : nil)
    case "{":
      let start = position
      position += 1
      guard let least = number() else {
        position = start
        return nil
      }
      var most: Int? = least
      if consume(",") { most = number() }
      guard consume("}") else {
        position = start
        return nil
      }
      if let most, most < least { throw wrong("the repetition ends before it begins", at: start) }
      if max(least, most ?? 0) > RegularExpression.repetitionLimit {
        throw wrong("something is repeated more than \(RegularExpression.repetitionLimit) times", at: start)
      }
      return (least, most)
    default: return nil
    }
  }

  private mutating func number() -> Int? {
    let start = position
    var value = 0
    while let digit = next?.properties.numericType == .decimal ? next : nil, digit.isASCII {
      value = min(value * 10 + Int(digit.value - 0x30), 100_000)
      position += 1
    }
    // "{01}" is no repetition.
    if position == start || (position - start > 1 && scalars[start] == "0") { return nil }
    return value
  }

  /// What follows "("; nil where it only sets flags.
  private mutating func group(_ start: Int) throws(RegularExpressionError) -> PatternTree? {
    let outer = flags
    if consume("?") {
      if consume("P<") || (isAt("<") && !isAt("<=") && !isAt("<!") && consume("<")) {
        try groupName(start)
      } else if try groupFlags(start) {
        return nil
      }
    }
    let inner = try alternatives()
    flags = outer
    guard consume(")") else { throw wrong("there is no ')' to this '('", at: start) }
    return .group(inner)
  }

  private mutating func groupName(_ start: Int) throws(RegularExpressionError) {
    var length = 0
    while let scalar = next, scalar != ">" {
      guard ScalarClass.word.normalized().contains(scalar.value) else { throw wrong("this cannot be in the name of a group") }
      position += 1
      length += 1
    }
    guard length > 0, consume(">") else { throw wrong("a group has no name", at: start) }
  }

  /// - Returns: whether the group ends with its flags, which hold for what follows then
  private mutating func groupFlags(_ start: Int) throws(RegularExpressionError) -> Bool {
    var isSet = true
    var hasFlag = false
    var changed = flags
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": changed.foldsCase = isSet
      case "m": changed.isMultiline = isSet
      case "s": changed.dotIsAll = isSet
      case "U": changed.isUngreedy = isSet
      case "-" where isSet: isSet = false
      case ":" where isSet || hasFlag, ")" where isSet || hasFlag:
        flags = changed
        return scalar == ")"
      default: throw wrong("there is no such group in this syntax", at: start)
      }
      hasFlag = scalar != "-"
    }
    throw wrong("there is no ')' to this '('", at: start)
  }
}
