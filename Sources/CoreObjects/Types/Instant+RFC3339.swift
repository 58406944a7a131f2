extension Instant {
  /// "2026-11-23T18:00:00Z": how metav1.Time is written. Fractions of a second are cut.
  package var rfc3339: String { text(hasMicros: false) }
  /// "2026-11-23T18:00:00.123456Z": how metav1.MicroTime is written.
  package var rfc3339Micro: String { text(hasMicros: true) }

  private func text(hasMicros: Bool) -> String {
    let civil = CivilTime(secondsSince1970: seconds)
    let micros = Int(nanoseconds - seconds * 1_000_000_000) / 1000
    return String(unsafeUninitializedCapacity: 32) { out in
      var count = 0
      // Two digits.
      func put(_ value: Int) {
        out[count] = UInt8(truncatingIfNeeded: 48 + value / 10)
        out[count + 1] = UInt8(truncatingIfNeeded: 48 + value % 10)
        count += 2
      }
      func put(_ value: Int, _ end: Unicode.Scalar) {
        put(value)
        out[count] = UInt8(ascii: end)
        count += 1
      }
      put(civil.year / 100)
      put(civil.year % 100, "-")
      put(civil.month, "-")
      put(civil.day, "T")
      put(civil.hour, ":")
      put(civil.minute, ":")
      put(civil.second, hasMicros ? "." : "Z")
      if hasMicros {
        put(micros / 10_000)
        put(micros / 100 % 100)
        put(micros % 100, "Z")
      }
      return count
    }
  }

  /// RFC 3339 with any number of fraction digits (nine count) and any offset; nil for anything else.
  package init?(rfc3339 text: String) {
    var text = text
    guard let nanoseconds = text.withUTF8({ Instant.nanoseconds($0) }) else { return nil }
    self.init(nanoseconds: nanoseconds)
  }

  private static func nanoseconds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] | 32 == 116, bytes[13] == 58, bytes[16] == 58 else {
      return nil
    }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for i in range {
        guard bytes[i] >= 48, bytes[i] <= 57 else { return nil }
        value = value * 10 + Int(bytes[i] - 48)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month),
      (1...CivilTime.daysIn(month: month, year: year)).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    var i = 19
    var fraction: Int64 = 0
    if bytes[i] == 46 {
      i += 1
      var unit: Int64 = 100_000_000
      let start = i
      while i < bytes.count, bytes[i] >= 48, bytes[i] <= 57 {
        fraction += Int64(bytes[i] - 48) * unit
        unit /= 10
        i += 1
      }
      if i == start { return nil }
    }
    guard i < bytes.count else { return nil }
    var offset = 0
    if bytes[i] | 32 == 122 {
      guard i + 1 == bytes.count else { return nil }
    } else {
      guard bytes[i] == 43 || bytes[i] == 45, bytes.count == i + 6, bytes[i + 3] == 58, let hours = number(i + 1..<i + 3),
        let minutes = number(i + 4..<i + 6), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (bytes[i] == 45 ? -1 : 1)
    }
    let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    let (scaled, overflow) = (civil.secondsSince1970 - Int64(offset)).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = scaled.addingReportingOverflow(fraction)
    return overflow || carry ? nil : sum
  }
}
