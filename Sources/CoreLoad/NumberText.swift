/// Decimal numbers in bytes.
enum NumberText {
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// "1", "-1.5", "1.", ".5", "1e3". No blanks, no names of numbers, nothing hexadecimal; nil for anything else.
  static func double(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let (value, end) = prefix(bytes), end == bytes.count else { return nil }
    return value
  }

  static func double(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { double($0) }
  }

  /// The number that bytes begin with, and where it ends; nil where they begin with none.
  static func prefix(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Double, end: Int)? {
    var place = 0
    let isNegative = !bytes.isEmpty && bytes[0] == UInt8(ascii: "-")
    if isNegative || (!bytes.isEmpty && bytes[0] == UInt8(ascii: "+")) { place = 1 }
    var (digits, count, scale): (UInt64, Int, Int) = (0, 0, 0)
    var hasPoint = false
    while place < bytes.count {
      let digit = bytes[place] &- 48
      if digit < 10 {
        count += 1
        digits = digits &* 10 &+ UInt64(digit)
        if hasPoint { scale -= 1 }
      } else if bytes[place] == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      place += 1
    }
    guard count > 0 else { return nil }
    if place + 1 < bytes.count, bytes[place] | 32 == UInt8(ascii: "e") {
      var end = place + 1
      if bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
      let start = end
      while end < bytes.count, bytes[end] &- 48 < 10 { end += 1 }
      if end > start {
        place = end
        // Rare enough to be left to the library.
        count = .max
      }
    }
    // Up to 2^53 and 10^22 are exact, so that one operation rounds once: the right answer.
    if count <= 19, digits < 1 << 53, scale >= -22 {
      let value = scale == 0 ? Double(digits) : Double(digits) / powers[-scale]
      return (isNegative ? -value : value, place)
    }
    guard let value = Double(String(decoding: bytes[0..<place], as: UTF8.self)) else { return nil }
    return (value, place)
  }
}
