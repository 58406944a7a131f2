package import CoreObjects

/// A moment between the years 1 and 9999, to the nanosecond.
package struct CELTimestamp: Sendable, Hashable, Comparable {
  /// Since 1970.
  package let seconds: Int64
  /// 0 ..< 1,000,000,000.
  package let nanoseconds: Int32

  static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Nil beyond the years 1 to 9999.
  init?(seconds: Int64, nanoseconds: Int32 = 0) {
    guard CELTimestamp.secondsRange.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { return nil }
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Every moment that an `Instant` holds lies in those years.
  package init(_ instant: Instant) {
    seconds = instant.seconds
    nanoseconds = Int32(truncatingIfNeeded: instant.nanoseconds - instant.seconds * 1_000_000_000)
  }

  package static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Nil beyond the years 1 to 9999.
  func moved(by distance: Int64) -> CELTimestamp? {
    let whole = Int128(seconds) * 1_000_000_000 + Int128(nanoseconds) + Int128(distance)
    var (quotient, rest) = whole.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      quotient -= 1
      rest += 1_000_000_000
    }
    guard let seconds = Int64(exactly: quotient) else { return nil }
    return CELTimestamp(seconds: seconds, nanoseconds: Int32(rest))
  }

  /// Nil where it is longer than a duration can be.
  func distance(from other: CELTimestamp) -> Int64? {
    Int64(
      exactly: (Int128(seconds) - Int128(other.seconds)) * 1_000_000_000 + Int128(nanoseconds) - Int128(other.nanoseconds))
  }

  /// RFC 3339 with any offset and fraction; nil for anything else.
  init?(rfc3339 text: String) {
    var bytes = Array(text.utf8)
    // The moment's own reader knows the years 1677 to 2262: the year is read here, and put back after.
    guard bytes.count >= 20, let year = CELTimestamp.number(bytes[0..<4]), let month = CELTimestamp.number(bytes[5..<7]),
      let day = CELTimestamp.number(bytes[8..<10]), year >= 1, (1...12).contains(month),
      (1...CivilTime.daysIn(month: month, year: year)).contains(day)
    else { return nil }
    // 2000 has the days of every year.
    bytes.replaceSubrange(0..<4, with: Array("2000".utf8))
    guard bytes[10] == UInt8(ascii: "T"), let last = bytes.last, last == UInt8(ascii: "Z") || last < 0x3A,
      let instant = Instant(rfc3339: String(decoding: bytes, as: UTF8.self))
    else { return nil }
    let moment = CELTimestamp(instant)
    let days =
      CivilTime.secondsSince1970(year: year, month: month, day: day)
      - CivilTime.secondsSince1970(year: 2000, month: month, day: day)
    self.init(seconds: moment.seconds + days, nanoseconds: moment.nanoseconds)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.allSatisfy(Lexer.isDigit) else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self))
  }

  /// "2026-11-23T18:00:00.5Z", with as many digits of the fraction as it needs.
  package var text: String {
    let civil = CivilTime(secondsSince1970: seconds)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    var fraction = nanoseconds == 0 ? "" : "." + padded(Int(nanoseconds), 9)
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return padded(civil.year, 4) + "-" + padded(civil.month, 2) + "-" + padded(civil.day, 2) + "T" + padded(civil.hour, 2) + ":"
      + padded(civil.minute, 2) + ":" + padded(civil.second, 2) + fraction + "Z"
  }
}

extension CivilTime {
  /// Of the beginning of a day.
  static func secondsSince1970(year: Int, month: Int, day: Int) -> Int64 {
    var civil = CivilTime(secondsSince1970: 0)
    (civil.year, civil.month, civil.day) = (year, month, day)
    return civil.secondsSince1970
  }
}
