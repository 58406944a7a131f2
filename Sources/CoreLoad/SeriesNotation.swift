/// The notation of series in Prometheus' unit tests, "0+50x20 _x5 stale": values at the distance of an interval, the first at second 0.
///
/// `1+2x3` is 1, 3, 5, 7 and `1x3` four times 1: the number behind the x comes on top. `_` is no sample, `stale` the mark that there is
/// none from here on. Where blanks follow, a sample holds for five minutes; where the next sample follows, until that one, however long
/// the interval. Source: lexValueSequence and series_item, promql/parser, Prometheus v2.42; `promtool test rules` is what the tests
/// compare with. As there, numbers with leading zeros are octal, and a step is added again and again, so that 0.1+0.1x9 ends below 1.
package struct SeriesNotation {
  /// Prometheus looks back so far for a sample; at the last millisecond it is still there.
  private static let lookbackSeconds = 300.001

  private let bytes: [UInt8]
  private var place = 0
  private let interval: Double
  private let limit: Int
  private var series = LoadSeries()
  /// How many samples and blanks came.
  private var count = 0
  private var lastSample: Double?

  /// - Throws: with what is wrong, and at which character.
  package static func series(
    _ text: String, intervalSeconds: Double, limit: Int = LoadSelection.sampleLimit
  ) throws(LoadError) -> LoadSeries {
    guard intervalSeconds > 0, intervalSeconds.isFinite else { throw LoadError("a series wants an interval above zero") }
    var reader = SeriesNotation(bytes: Array(text.utf8), interval: intervalSeconds, limit: limit)
    try reader.read()
    return reader.series
  }

  private init(bytes: [UInt8], interval: Double, limit: Int) {
    (self.bytes, self.interval, self.limit) = (bytes, interval, limit)
  }

  private mutating func read() throws(LoadError) {
    while true {
      let start = place
      while let byte = peek, byte == 0x20 || 9...10 ~= byte || byte == 13 { place += 1 }
      guard peek != nil else { break }
      if place == start, start > 0 { throw unexpected() }
      try item()
    }
    guard lastSample != nil else { throw LoadError("a series without a sample") }
  }

  private mutating func item() throws(LoadError) {
    if consume("_") {
      let count = consume("x") ? try times() : 1
      for _ in 0..<count { try put(nil) }
      return
    }
    var value = Double.nan
    if peek.map(SeriesNotation.isLetter) == true, word() == "stale" { place += 5 } else { value = try number(signed: isAtSign) }
    var step = 0.0
    if isAtSign {
      step = try number(signed: true)
      guard consume("x") else { throw unexpected() }
    } else if !consume("x") {
      return try put(value)
    }
    for _ in 0...(try times()) {
      try put(value)
      value += step
    }
  }

  /// A sample, the mark that there is none (NaN), or nothing.
  private mutating func put(_ value: Double?) throws(LoadError) {
    guard count < limit else { throw LoadError("a series of more than \(limit) samples") }
    let second = Double(count) * interval
    count += 1
    guard let value else {
      if let last = lastSample, second > last + SeriesNotation.lookbackSeconds - 0.001, series.values.last?.isNaN == false {
        series.append(.nan, at: last + SeriesNotation.lookbackSeconds)
      }
      return
    }
    // NaN and infinity are samples of Prometheus, and no load.
    series.append(value.isFinite ? value : .nan, at: second)
    lastSample = second
  }

  private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }
  private var isAtSign: Bool { peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") }

  private mutating func consume(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { 48...57 ~= byte }
  private static func isLetter(_ byte: UInt8) -> Bool { 97...122 ~= byte | 32 || byte == 95 }

  private func word() -> String {
    let rest = bytes[place...].prefix { SeriesNotation.isLetter($0) || SeriesNotation.isDigit($0) || $0 == UInt8(ascii: ":") }
    return String(decoding: rest, as: UTF8.self)
  }

  private func unexpected() -> LoadError {
    guard place < bytes.count else { return LoadError("the series ends in the middle of an item: \"x\" and a number are wanted") }
    let rest = String(decoding: bytes[place...].prefix { $0 > 0x20 }, as: UTF8.self)
    if rest.hasPrefix("{{") { return LoadError("character \(place + 1): native histograms are no load") }
    return LoadError("character \(place + 1): \"\(rest.excerpt)\" is not expected in a series")
  }

  private mutating func times() throws(LoadError) -> Int {
    let digits = bytes[place...].prefix(while: SeriesNotation.isDigit)
    guard !digits.isEmpty, SeriesNotation.ends(bytes, digits.endIndex) else { throw unexpected() }
    place = digits.endIndex
    guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= limit else {
      throw LoadError("a series of more than \(limit) samples")
    }
    return count
  }

  /// Letters and digits belong to the number before them, except for the x of a repetition.
  private static func ends(_ bytes: [UInt8], _ place: Int) -> Bool {
    guard place < bytes.count else { return true }
    return bytes[place] == UInt8(ascii: "x") || !(isLetter(bytes[place]) || isDigit(bytes[place]))
  }

  private mutating func number(signed: Bool) throws(LoadError) -> Double {
    var sign = 1.0
    if signed {
      sign = peek == UInt8(ascii: "-") ? -1 : 1
      place += 1
    }
    if peek.map(SeriesNotation.isLetter) == true {
      let word = word()
      guard ["nan", "inf"].contains(word.lowercased()) else { throw unexpected() }
      place += 3
      return word.lowercased() == "nan" ? .nan : sign * .infinity
    }
    let start = place
    skipDigits()
    let whole = place
    if consume(".") { skipDigits() }
    guard place > start, place > whole + 1 || whole > start else {
      place = start
      throw unexpected()
    }
    if consume("e") || consume("E") {
      if !consume("+") { _ = consume("-") }
      skipDigits()
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    let octal = place == whole && text.first == "0" ? Int64(text, radix: 8) : nil
    guard SeriesNotation.ends(bytes, place), let value = octal.map(Double.init) ?? NumberText.double(text), value.isFinite else {
      let rest = String(decoding: bytes[start...].prefix { $0 > 0x20 }, as: UTF8.self)
      throw LoadError("character \(start + 1): \"\(rest.excerpt)\" is no number")
    }
    return sign * value
  }

  private mutating func skipDigits() { while let byte = peek, SeriesNotation.isDigit(byte) { place += 1 } }
}
