/// Durations as texts: Go's "1h2m3.5s" read, seconds written.
package enum CELDuration {
  private static let units: [(name: String, nanoseconds: Int128)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
  ]

  /// Nanoseconds; nil where the text is no duration, or one of more than 292 years.
  package static func read(_ text: String) -> Int64? {
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    if rest.elementsEqual("0".utf8) { return 0 }
    if rest.isEmpty { return nil }
    var total: Int128 = 0
    while !rest.isEmpty {
      let number = rest.prefix { Lexer.isDigit($0) || $0 == UInt8(ascii: ".") }
      rest = rest[number.endIndex...]
      let name = rest.prefix { !Lexer.isDigit($0) && $0 != UInt8(ascii: ".") }
      rest = rest[name.endIndex...]
      guard let unit = units.first(where: { $0.name.utf8.elementsEqual(name) }), let part = part(number, unit.nanoseconds) else {
        return nil
      }
      total += part
      if total > Int128(1) << 63 { return nil }
    }
    return Int64(exactly: isNegative ? -total : total)
  }

  private static func part(_ number: Substring.UTF8View, _ unit: Int128) -> Int128? {
    let sides = number.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = sides.count > 1 ? sides[1] : Substring().utf8
    guard sides[0].count + fraction.count > 0, !fraction.contains(UInt8(ascii: ".")) else { return nil }
    var whole: Int128 = 0
    for digit in sides[0] {
      whole = whole * 10 + Int128(digit - 0x30)
      if whole > Int128(1) << 63 { return nil }
    }
    var (part, scale) = (whole * unit, unit)
    // What is finer than a nanosecond is cut.
    var rest: Int128 = 0
    var power: Int128 = 1
    for digit in fraction.prefix(15) {
      rest = rest * 10 + Int128(digit - 0x30)
      power *= 10
    }
    scale = rest * scale / power
    part += scale
    return part
  }

  /// "6347s", "1.5s".
  package static func text(_ nanoseconds: Int64) -> String {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    var text = nanoseconds < 0 ? "-\(seconds.magnitude)" : "\(seconds)"
    if rest != 0 {
      let digits = String(rest.magnitude)
      var fraction = String(repeating: "0", count: 9 - digits.count) + digits
      while fraction.hasSuffix("0") { fraction.removeLast() }
      text += "." + fraction
    }
    return text + "s"
  }
}
