/// Numbers as texts, both ways, as Go's strconv has them.
enum NumberText {
  /// Digits with a sign or none; nil for anything else, and for what does not fit.
  static func whole<T: FixedWidthInteger>(_ text: String, _ type: T.Type) -> T? {
    guard !text.isEmpty, !(T.min == 0 && (text.hasPrefix("+") || text.hasPrefix("-"))) else { return nil }
    return T(text)
  }

  /// Decimal, with an exponent or none; "inf" and "nan" in any case.
  static func double(_ text: String) -> Double? {
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    let word = String(decoding: rest.map { $0 | 0x20 }, as: UTF8.self)
    switch word {
    case "inf", "infinity": return isNegative ? -Double.infinity : .infinity
    case "nan": return rest.count == text.utf8.count ? .nan : nil
    default: break
    }
    let isDecimal = rest.allSatisfy { Lexer.isDigit($0) || ".eE+-".utf8.contains($0) }
    guard isDecimal, rest.contains(where: Lexer.isDigit) else { return nil }
    var digits = String(decoding: rest, as: UTF8.self)
    if digits.hasPrefix(".") { digits = "0" + digits }
    if digits.hasSuffix(".") { digits.removeLast() }
    if let place = digits.firstRange(of: ".e") ?? digits.firstRange(of: ".E") { digits.replaceSubrange(place, with: "e") }
    guard let value = Double(digits), value.isFinite else { return nil }
    return isNegative ? -value : value
  }

  /// The shortest digits that are read back as the same number; an exponent from 21 digits on and below a millionth (Go's 'g' with
  /// the bounds of its 'f').
  static func text(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    if number == 0 { return number.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = parts(number.magnitude)
    let sign = number < 0 ? "-" : ""
    if exponent < -4 || exponent >= 21 {
      let rest = digits.dropFirst()
      let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + (exponent < 0 ? "-" : "+") + power
    }
    return sign + plain(digits, exponent)
  }

  /// Without an exponent, however long it gets.
  static func plainText(_ number: Double) -> String {
    if number.isNaN || number.isInfinite { return text(number) }
    if number == 0 { return "0" }
    let (digits, exponent) = parts(number.magnitude)
    return (number < 0 ? "-" : "") + plain(digits, exponent)
  }

  private static func plain(_ digits: String, _ exponent: Int) -> String {
    if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if digits.count <= exponent + 1 { return digits + String(repeating: "0", count: exponent + 1 - digits.count) }
    return digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }

  /// The significant digits, and the power of ten of the first.
  static func parts(_ number: Double) -> (digits: String, exponent: Int) {
    let shortest = number.description
    let pieces = shortest.split(separator: "e")
    var exponent = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0
    let sides = pieces[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = String(sides[0]) + (sides.count > 1 ? String(sides[1]) : "")
    exponent += sides[0].count - 1
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    return (digits, exponent)
  }
}
