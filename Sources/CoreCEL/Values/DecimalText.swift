/// A double as decimal digits, all of them: it is a fraction of a power of two, which decimals can say exactly.
struct DecimalText {
  private let isNegative: Bool
  /// Of the whole part, without zeros in front.
  private var whole: [UInt8]
  private var fraction: [UInt8]

  /// The number is finite.
  init(_ number: Double) {
    isNegative = number.sign == .minus && number != 0
    var whole: [UInt8] = []
    var rest = number.magnitude.rounded(.towardZero)
    while rest >= 1 {
      // Both are exact: a remainder always is, and what is left is a multiple of ten.
      let digit = rest.truncatingRemainder(dividingBy: 10)
      whole.append(UInt8(digit))
      rest = DecimalText.tenth(rest - digit)
    }
    self.whole = whole.reversed()
    fraction = DecimalText.fraction(of: number.magnitude - number.magnitude.rounded(.towardZero))
  }

  private static func tenth(_ number: Double) -> Double { (number / 10).rounded() }

  /// Digit by digit, from the bits of the fraction.
  private static func fraction(of number: Double) -> [UInt8] {
    if number == 0 { return [] }
    // number = significand / 2^power, held as bytes of the binary fraction.
    let power = 52 - Int(number.exponent)
    var bits = [UInt8](repeating: 0, count: power / 8 + 1)
    var significand = number.significandBitPattern | (number.isNormal ? 1 << 52 : 0)
    significand <<= UInt64(bits.count * 8 - power)
    var place = bits.count - 1
    while significand > 0, place >= 0 {
      bits[place] = UInt8(truncatingIfNeeded: significand)
      significand >>= 8
      place -= 1
    }
    var digits: [UInt8] = []
    while bits.contains(where: { $0 != 0 }), digits.count < 1100 {
      var carry = 0
      for place in bits.indices.reversed() {
        let product = Int(bits[place]) * 10 + carry
        bits[place] = UInt8(truncatingIfNeeded: product)
        carry = product >> 8
      }
      digits.append(UInt8(carry))
    }
    return digits
  }

  /// Half to even, as the digits say exactly.
  private static func rounded(_ digits: [UInt8], _ count: Int) -> (digits: [UInt8], carries: Bool) {
    var kept = Array(digits.prefix(count))
    guard digits.count > count else { return (kept + [UInt8](repeating: 0, count: count - kept.count), false) }
    let rest = digits[count...]
    let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
    guard rest.first.map({ $0 > 5 || ($0 == 5 && (!isHalf || (kept.last ?? 0) % 2 == 1)) }) == true else { return (kept, false) }
    for place in kept.indices.reversed() {
      if kept[place] < 9 {
        kept[place] += 1
        return (kept, false)
      }
      kept[place] = 0
    }
    return (kept, true)
  }

  private static func text(_ digits: [UInt8]) -> String { String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }

  /// "1,234.500000".
  func fixed(_ precision: Int, isGrouped: Bool = true) -> String {
    let count = whole.count
    let (digits, carries) = DecimalText.rounded(whole + fraction, count + precision)
    let all = carries ? [1] + digits : digits
    var text = DecimalText.text(Array(all.prefix(all.count - precision)))
    if text.isEmpty { text = "0" }
    if isGrouped {
      var grouped = ""
      for (place, digit) in text.enumerated() {
        if place > 0, (text.count - place) % 3 == 0 { grouped += "," }
        grouped.append(digit)
      }
      text = grouped
    }
    return (isNegative ? "-" : "") + text + (precision > 0 ? "." + DecimalText.text(Array(all.suffix(precision))) : "")
  }

  /// "2.718280 × 10⁰⁰", as the locale en_US has it.
  func scientific(_ precision: Int) -> String {
    let all = whole + fraction
    let first = all.firstIndex { $0 != 0 } ?? 0
    var exponent = all.isEmpty || all[first] == 0 ? 0 : whole.count - 1 - first
    var (digits, carries) = DecimalText.rounded(Array(all[min(first, all.count)...]), precision + 1)
    if carries {
      digits = [1] + digits.dropLast()
      exponent += 1
    }
    let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    let raised = power.utf8.map { superscripts[Int($0 - 0x30)] }.joined()
    return (isNegative ? "-" : "") + DecimalText.text(Array(digits.prefix(1)))
      + (precision > 0 ? "." + DecimalText.text(Array(digits.dropFirst())) : "") + "\u{202F}×\u{202F}10"
      + (exponent < 0 ? "⁻" : "") + raised
  }
}
