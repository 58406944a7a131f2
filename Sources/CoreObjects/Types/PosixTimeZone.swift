/// The rule for the years after the last recorded change: "CET-1CEST,M3.5.0,M10.5.0/3".
/// Source of the form: POSIX.1-2017 8.3 (TZ) with the hours from -167 to 167 of RFC 8536 3.3.1.
package struct PosixTimeZone: Sendable, Equatable {
  /// A day of the year and a time of that day, which may lie in a neighbouring day.
  struct Turn: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// 1...365; 29 February is never counted.
      case withoutLeapDay(Int)
      /// 0...365.
      case ofYear(Int)
      /// The `week`th (5: the last) `weekday` of `month`.
      case weekday(month: Int, week: Int, weekday: Int)
    }
    var day: Day
    var seconds = 7200

    /// The seconds since 1970 that a wall clock shows then.
    func wallSeconds(year: Int) -> Int64 {
      let newYear = CivilTime(year: year, month: 1, day: 1).secondsSince1970
      switch day {
      case .withoutLeapDay(let number):
        let isAfterFebruary = number > 59 && CivilTime.daysIn(month: 2, year: year) == 29
        return newYear + Int64(number - 1 + (isAfterFebruary ? 1 : 0)) * 86_400 + Int64(seconds)
      case .ofYear(let number): return newYear + Int64(number) * 86_400 + Int64(seconds)
      case .weekday(let month, let week, let weekday):
        let first = CivilTime(year: year, month: month, day: 1)
        var number = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
        if number > CivilTime.daysIn(month: month, year: year) { number -= 7 }
        return first.secondsSince1970 + Int64(number - 1) * 86_400 + Int64(seconds)
      }
    }
  }
  struct Summer: Sendable, Equatable {
    var offset: Int
    var start: Turn
    var end: Turn
  }

  /// Seconds east of UTC.
  let standardOffset: Int
  let summer: Summer?

  /// Nil for a text of another form.
  package init?(_ text: String) {
    var reader = Reader(rest: Array(text.utf8)[...])
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    standardOffset = -west
    if reader.rest.isEmpty {
      summer = nil
      return
    }
    guard reader.name() else { return nil }
    var offset = standardOffset + 3600
    if reader.rest.first != UInt8(ascii: ",") {
      guard let west = reader.time(hours: 24) else { return nil }
      offset = -west
    }
    guard let start = reader.turn(), let end = reader.turn(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  func offset(at seconds: Int64) -> Int {
    guard let summer else { return standardOffset }
    let (start, end) = turns(of: summer, year: year(at: seconds))
    let isSummer = start < end ? start <= seconds && seconds < end : seconds >= start || seconds < end
    return isSummer ? summer.offset : standardOffset
  }

  private func year(at seconds: Int64) -> Int { CivilTime(secondsSince1970: seconds + Int64(standardOffset)).year }

  /// When summer begins and ends.
  private func turns(of summer: Summer, year: Int) -> (start: Int64, end: Int64) {
    (
      summer.start.wallSeconds(year: year) - Int64(standardOffset),
      summer.end.wallSeconds(year: year) - Int64(summer.offset)
    )
  }

  /// Whether no turn lies after `start`, up to `end`. A span that reaches into another year is taken to have one.
  func isSteady(after start: Int64, through end: Int64) -> Bool {
    guard let summer else { return true }
    let year = year(at: start)
    guard year == self.year(at: end) else { return false }
    let turns = turns(of: summer, year: year)
    return ![turns.start, turns.end].contains { start < $0 && $0 <= end }
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func consume(_ character: Character) -> Bool {
      guard rest.first == character.asciiValue else { return false }
      rest.removeFirst()
      return true
    }

    /// Three letters or more, or anything between "<" and ">".
    mutating func name() -> Bool {
      if consume("<") {
        while let byte = rest.popFirst() { if byte == UInt8(ascii: ">") { return true } }
        return false
      }
      let letters = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
      rest = rest[letters.endIndex...]
      return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest[digits.endIndex...]
      let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      return range.contains(value) ? value : nil
    }

    /// [+-]hh[:mm[:ss]] in seconds.
    mutating func time(hours limit: Int) -> Int? {
      let sign = consume("-") ? -1 : 1
      if sign == 1 { _ = consume("+") }
      guard let hours = number(0...limit) else { return nil }
      var seconds = hours * 3600
      for unit in [60, 1] {
        guard consume(":") else { break }
        guard let part = number(0...59) else { return nil }
        seconds += part * unit
      }
      return sign * seconds
    }

    /// ,date[/time]
    mutating func turn() -> Turn? {
      guard consume(","), let day = day() else { return nil }
      var turn = Turn(day: day)
      guard consume("/") else { return turn }
      guard let seconds = time(hours: 167) else { return nil }
      turn.seconds = seconds
      return turn
    }

    private mutating func day() -> Turn.Day? {
      if consume("J") { return number(1...365).map { .withoutLeapDay($0) } }
      guard consume("M") else { return number(0...365).map { .ofYear($0) } }
      guard let month = number(1...12), consume("."), let week = number(1...5), consume("."), let weekday = number(0...6) else {
        return nil
      }
      return .weekday(month: month, week: week, weekday: weekday)
    }
  }
}
