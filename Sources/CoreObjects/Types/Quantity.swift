/// An exact amount of a resource: "100Mi", "0.5", "250m", "1e3". Source: k8s.io/apimachinery/pkg/api/resource/quantity.go, v0.36.
///
/// Held as nano-units in 128 bits: what is finer than nano is rounded up, and what is written with a power of two is capped at
/// 2^63-1 units, as upstream does. (Others are capped at 10^28 here, and nowhere there.)
package struct Quantity: Hashable, Comparable, Sendable, CustomStringConvertible {
  package enum Format: Sendable { case decimalSI, binarySI, decimalExponent }

  /// Billionths of a unit.
  package var nano: Int128
  package var format: Format

  private static let billion: Int128 = 1_000_000_000
  private static let cap = Int128(Int64.max) * 1_000_000_000
  private static let limit = Int128(Int64.max) * Int128(Int64.max) / 8

  package init(nano: Int64, format: Format = .decimalSI) {
    self.nano = Int128(nano)
    self.format = format
  }
  package init(milli: Int64, format: Format = .decimalSI) {
    nano = Int128(milli) * 1_000_000
    self.format = format
  }
  package init(value: Int64, format: Format = .decimalSI) {
    nano = Int128(value) * Quantity.billion
    self.format = format
  }
  /// A number of bytes, printed with Ki, Mi, Gi.
  package init(bytes: Int64) { self.init(value: bytes, format: .binarySI) }

  package static func == (left: Quantity, right: Quantity) -> Bool { left.nano == right.nano }
  package static func < (left: Quantity, right: Quantity) -> Bool { left.nano < right.nano }
  package func hash(into hasher: inout Hasher) { hasher.combine(nano) }
  package static func + (left: Quantity, right: Quantity) -> Quantity {
    var sum = left
    sum.nano = max(-Quantity.limit, min(Quantity.limit, left.nano + right.nano))
    if left.nano == 0 { sum.format = right.format }
    return sum
  }
  package static func - (left: Quantity, right: Quantity) -> Quantity {
    var difference = left
    difference.nano = max(-Quantity.limit, min(Quantity.limit, left.nano - right.nano))
    if left.nano == 0 { difference.format = right.format }
    return difference
  }

  /// Whole units, rounded up.
  package var value: Int64 { Quantity.roundUp(nano, Quantity.billion) }
  /// Thousandths, rounded up.
  package var milliValue: Int64 { Quantity.roundUp(nano, 1_000_000) }

  private static func roundUp(_ amount: Int128, _ unit: Int128) -> Int64 {
    let quotient = amount / unit
    let result = amount % unit > 0 ? quotient + 1 : amount % unit < 0 ? quotient - 1 : quotient
    return Int64(clamping: result)
  }

  /// Reads a quantity, with blanks around it or not; nil where the text is none.
  package init?(_ text: String) {
    var text = text
    guard let quantity = text.withUTF8({ Quantity.whole($0) ?? Quantity.any($0) }) else { return nil }
    self = quantity
  }

  private static func any(_ bytes: UnsafeBufferPointer<UInt8>) -> Quantity? {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || 9...13 ~= byte }
    let end = (bytes.lastIndex { !isBlank($0) } ?? -1) + 1
    var i = bytes.firstIndex { !isBlank($0) } ?? end
    let isNegative = i < end && bytes[i] == UInt8(ascii: "-")
    if isNegative || (i < end && bytes[i] == UInt8(ascii: "+")) { i += 1 }
    var digits: Int128 = 0
    var tens = 0
    let start = i
    var point: Int?
    while i < end, bytes[i] == UInt8(ascii: ".") && point == nil || 48...57 ~= bytes[i] {
      if bytes[i] == UInt8(ascii: ".") {
        point = i
      } else if digits < Int128(1) << 100 {
        digits = digits * 10 + Int128(bytes[i] - 48)
        if point != nil { tens -= 1 }
      } else if point == nil {
        tens += 1
      }
      i += 1
    }
    guard i - start > (point == nil ? 0 : 1), let suffix = suffix(String(decoding: bytes[i..<end], as: UTF8.self)),
      abs(tens + suffix.tens) < 60
    else { return nil }
    var quantity = Quantity(nano: 0, format: suffix.format)
    quantity.nano = min(amount(digits, tens + suffix.tens + 9, suffix.twos), suffix.format == .binarySI ? cap : limit)
    if isNegative { quantity.nano.negate() }
    return quantity
  }

  /// digits × 10^tens × 2^twos, rounded up.
  private static func amount(_ digits: Int128, _ tens: Int, _ twos: Int) -> Int128 {
    var (digits, tens, isRounded) = (digits, tens, false)
    // More digits than 128 bits hold beside the power of two: the last ones are finer than nano.
    while digits >= Int128(1) << Int128(126 - twos) {
      if digits % 10 != 0 { isRounded = true }
      digits /= 10
      tens += 1
    }
    var amount = digits << Int128(twos)
    for _ in 0..<max(0, tens) where amount <= limit { amount *= 10 }
    for _ in 0..<max(0, -tens) {
      if amount % 10 != 0 { isRounded = true }
      amount /= 10
    }
    return isRounded ? amount + 1 : amount
  }

  /// The usual forms, "250m" and "64Mi": a short whole number without a sign, and a suffix that needs no rounding. Nil for others.
  private static func whole(_ bytes: UnsafeBufferPointer<UInt8>) -> Quantity? {
    var digits: Int64 = 0
    var place = 0
    while place < bytes.count, place < 10, bytes[place] >= 48, bytes[place] <= 57 {
      digits = digits * 10 + Int64(bytes[place] - 48)
      place += 1
    }
    guard place > 0, place < 10 else { return nil }
    switch bytes.count - place {
    case 0: return Quantity(nano: digits * 1_000_000_000)
    case 1 where bytes[place] == UInt8(ascii: "m"): return Quantity(nano: digits * 1_000_000)
    case 2 where bytes[place + 1] == UInt8(ascii: "i"):
      switch bytes[place] {
      case UInt8(ascii: "K"): return Quantity(bytes: digits << 10)
      case UInt8(ascii: "M"): return Quantity(bytes: digits << 20)
      case UInt8(ascii: "G"): return Quantity(bytes: digits << 30)
      default: return nil
      }
    default: return nil
    }
  }

  private static func suffix(_ text: String) -> (tens: Int, twos: Int, format: Format)? {
    switch text {
    case "": return (0, 0, .decimalSI)
    case "n": return (-9, 0, .decimalSI)
    case "u": return (-6, 0, .decimalSI)
    case "m": return (-3, 0, .decimalSI)
    case "k": return (3, 0, .decimalSI)
    case "M": return (6, 0, .decimalSI)
    case "G": return (9, 0, .decimalSI)
    case "T": return (12, 0, .decimalSI)
    case "P": return (15, 0, .decimalSI)
    case "E": return (18, 0, .decimalSI)
    case "Ki": return (0, 10, .binarySI)
    case "Mi": return (0, 20, .binarySI)
    case "Gi": return (0, 30, .binarySI)
    case "Ti": return (0, 40, .binarySI)
    case "Pi": return (0, 50, .binarySI)
    case "Ei": return (0, 60, .binarySI)
    default:
      guard text.first == "e" || text.first == "E", let exponent = Int32(text.dropFirst()) else { return nil }
      return (Int(exponent), 0, .decimalExponent)
    }
  }

  /// The canonical form of a quantity's text; the text itself where it is none.
  /// - Parameter inThousandths: what is finer is rounded away from zero
  package static func canonical(_ text: String, inThousandths: Bool = false) -> String {
    guard var quantity = Quantity(text) else { return text }
    if inThousandths, quantity.nano % 1_000_000 != 0 { quantity.nano = Int128(quantity.milliValue) * 1_000_000 }
    return quantity.description
  }

  /// Sees of the usual forms, "250m", "64Mi", "2" and "0", that they are canonical and not finer than thousandths.
  package static func isPlain(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var number = 0
      var place = 0
      while place < bytes.count, place < 10, bytes[place] >= 48, bytes[place] <= 57 {
        number = number * 10 + Int(bytes[place] - 48)
        place += 1
      }
      guard place > 0, place < 10, bytes[0] != 48 else { return bytes.count == 1 && bytes[0] == 48 }
      switch bytes.count - place {
      case 0: return number % 1000 != 0
      case 1: return number % 1000 != 0 && "mkMGT".utf8.contains(bytes[place])
      case 2: return number % 1024 != 0 && bytes[place + 1] == 105 && "KMGT".utf8.contains(bytes[place])
      default: return false
      }
    }
  }

  /// The canonical form: no fraction, the largest suffix that keeps it whole.
  package var description: String {
    if nano == 0 { return "0" }
    let isWhole = nano % Quantity.billion == 0
    if format == .binarySI, isWhole, abs(nano) >= 1024 * Quantity.billion {
      var amount = nano / Quantity.billion
      var step = 0
      while amount % 1024 == 0, step < 6 {
        amount /= 1024
        step += 1
      }
      return "\(amount)" + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step]
    }
    var amount = nano
    var step = 0
    while amount % 1000 == 0, step < 9 {
      amount /= 1000
      step += 1
    }
    if format == .decimalExponent { return "\(amount)" + (step == 3 ? "" : "e\((step - 3) * 3)") }
    return "\(amount)" + ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][step]
  }
}
