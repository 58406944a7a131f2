import CoreObjects

/// Times as files of series write them.
enum TimeText {
  /// How a time is written; a file keeps to one.
  enum Kind: Equatable {
    case date, seconds, milliseconds, microseconds, nanoseconds

    fileprivate static func of(_ number: Double) -> Kind {
      switch number.magnitude {
      case ..<1e11: .seconds
      case ..<1e14: .milliseconds
      case ..<1e17: .microseconds
      default: .nanoseconds
      }
    }
    fileprivate var perSecond: Double {
      switch self {
      case .date, .seconds: 1
      case .milliseconds: 1e3
      case .microseconds: 1e6
      case .nanoseconds: 1e9
      }
    }
    private var words: String { self == .date ? "a date" : "in \(self)" }

    func mixed(with other: Kind) -> String { "the time is \(other.words), those before \(words)" }
  }

  /// Numbers are seconds, thousandths, millionths or billionths by their size: as times since 1970 they differ. Numbers below 10^11 are
  /// seconds.
  static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> (seconds: Double, kind: Kind)? {
    guard let number = NumberText.double(bytes), number.isFinite else { return nil }
    let kind = Kind.of(number)
    return (number / kind.perSecond, kind)
  }

  /// A number, or a date: RFC 3339, "2026-01-31 12:00:00", with a fraction or without seconds, with an offset or (UTC) without.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (seconds: Double, kind: Kind)? {
    if let number = number(bytes) { return number }
    return date(bytes).map { ($0, .date) }
  }

  private static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    func number(_ start: Int, _ count: Int) -> Int? {
      guard start + count <= bytes.count else { return nil }
      var value = 0
      for index in start..<start + count {
        guard 48...57 ~= bytes[index] else { return nil }
        value = value * 10 + Int(bytes[index] - 48)
      }
      return value
    }
    func has(_ mark: Unicode.Scalar, _ index: Int) -> Bool { index < bytes.count && bytes[index] == UInt8(ascii: mark) }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), has("-", 4) || has("/", 4),
      bytes[7] == bytes[4], 1...12 ~= month, 1...CivilTime.daysIn(month: month, year: year) ~= day
    else { return nil }
    var civil = CivilTime(secondsSince1970: 0)
    (civil.year, civil.month, civil.day) = (year, month, day)
    if bytes.count == 10 { return Double(civil.secondsSince1970) }
    guard has("T", 10) || has("t", 10) || has(" ", 10), let hour = number(11, 2), has(":", 13), let minute = number(14, 2),
      hour < 24,
      minute < 60
    else { return nil }
    (civil.hour, civil.minute) = (hour, minute)
    var place = 16
    var fraction = 0.0
    if has(":", place) {
      guard let second = number(17, 2), second <= 60 else { return nil }
      civil.second = second
      place = 19
      if has(".", place) || has(",", place) {
        var unit = 0.1
        place += 1
        guard number(place, 1) != nil else { return nil }
        while let digit = number(place, 1) {
          fraction += Double(digit) * unit
          unit /= 10
          place += 1
        }
      }
    }
    guard let offset = offset(UnsafeBufferPointer(rebasing: bytes[place...]).trimmed.text) else { return nil }
    return Double(civil.secondsSince1970 - Int64(offset)) + fraction
  }

  /// Seconds east of Greenwich: "", "Z", "UTC", "+02:00", "-0330", "+01".
  private static func offset(_ text: String) -> Int? {
    if ["", "Z", "z", "UTC", "GMT"].contains(text) { return 0 }
    let digits = text.utf8.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard text.first == "+" || text.first == "-", digits.count == 2 || digits.count == 4, digits.allSatisfy({ 48...57 ~= $0 })
    else {
      return nil
    }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    let minutes = digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
    return minutes < 24 * 60 ? minutes * (text.first == "-" ? -60 : 60) : nil
  }
}
