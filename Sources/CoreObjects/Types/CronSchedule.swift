package struct CronError: Error, Equatable { package var message: String }

/// A schedule of five fields, of "@daily" and the like, or "@every 1h30m". Source of the meaning: robfig/cron v3, which upstream uses.
package struct CronSchedule: Sendable, Equatable {
  private enum Kind: Sendable, Equatable {
    case fields(Fields)
    case every(seconds: Int)
  }
  private struct Fields: Sendable, Equatable {
    var minutes: Field
    var hours: Field
    var days: Field
    var months: Field
    var weekdays: Field
  }
  /// The values that match, as bits, and whether the field began with a star.
  private struct Field: Sendable, Equatable {
    var bits: UInt64 = 0
    var isStar = false
    func has(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }
    /// The first value that matches, from this one on.
    func first(from value: Int) -> Int? {
      let rest = (bits >> UInt64(value)) << UInt64(value)
      return rest == 0 ? nil : rest.trailingZeroBitCount
    }
  }

  package let text: String
  private let kind: Kind

  package init(_ text: String) throws(CronError) {
    self.text = text
    let words = text.utf8.split { $0 == 0x20 || (9...13).contains($0) }.map { String(Substring($0)) }
    let trimmed = words.joined(separator: " ")
    if trimmed.hasPrefix("TZ=") || trimmed.hasPrefix("CRON_TZ=") {
      throw CronError(message: "a time zone in the schedule is not supported: use spec.timeZone")
    }
    if trimmed.hasPrefix("@every ") {
      guard let seconds = DurationText.seconds(String(trimmed.dropFirst(7)), hasDays: false), 1..<1e9 ~= seconds else {
        throw CronError(message: "'\(text)' wants a duration of at least 1s, such as '@every 1h30m'")
      }
      kind = .every(seconds: Int(seconds))
      return
    }
    let parts = trimmed.hasPrefix("@") ? CronSchedule.descriptors[trimmed]?.split(separator: " ").map(String.init) : words
    guard let parts else { throw CronError(message: "'\(text)' is no schedule: unknown descriptor") }
    guard parts.count == 5 else {
      throw CronError(
        message: "expected exactly 5 fields (minute, hour, day of month, month, day of week), found \(parts.count): '\(text)'")
    }
    kind = .fields(
      Fields(
        minutes: try CronSchedule.field(parts[0], 0, 59, "minute"), hours: try CronSchedule.field(parts[1], 0, 23, "hour"),
        days: try CronSchedule.field(parts[2], 1, 31, "day of month"),
        months: try CronSchedule.field(
          parts[3], 1, 12, "month", names: CronSchedule.months, first: 1),
        weekdays: try CronSchedule.field(parts[4], 0, 6, "day of week", names: CronSchedule.weekdays, first: 0)))
  }

  private static let descriptors = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
  private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  private static func field(
    _ text: String, _ least: Int, _ most: Int, _ what: String, names: [String] = [], first: Int = 0
  ) throws(CronError) -> Field {
    if text == "*" { return Field(bits: (least...most).reduce(0) { $0 | 1 << UInt64($1) }, isStar: true) }
    func number(_ word: Substring) throws(CronError) -> Int {
      if !names.isEmpty, let index = names.firstIndex(of: word.lowercased()) { return index + first }
      guard let value = Int(word), word.allSatisfy(\.isNumber) else {
        throw CronError(message: "'\(word)' in '\(text)' is no \(what)")
      }
      guard (least...most).contains(value) else {
        throw CronError(message: "\(value) in '\(text)' is out of range: a \(what) is \(least) to \(most)")
      }
      return value
    }
    var field = Field()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
      guard pieces.count <= 2, let range = pieces.first, !range.isEmpty else {
        throw CronError(message: "'\(part)' in '\(text)' is no \(what)")
      }
      var low = least
      var high = most
      if range == "*" || range == "?" {
        if pieces.count == 1 || pieces[1] == "1" { field.isStar = true }
      } else {
        let ends = range.split(separator: "-", omittingEmptySubsequences: false)
        low = try number(ends[0])
        high = ends.count == 2 ? try number(ends[1]) : pieces.count == 2 ? most : low
        if ends.count > 2 { throw CronError(message: "'\(range)' in '\(text)' has too many hyphens") }
      }
      var step = 1
      if pieces.count == 2 {
        guard let value = Int(pieces[1]), value > 0 else {
          throw CronError(message: "the step in '\(part)' must be a positive number")
        }
        step = value
      }
      if low > high { throw CronError(message: "the range '\(range)' in '\(text)' ends before it begins") }
      for value in stride(from: low, through: high, by: step) { field.bits |= 1 << UInt64(value) }
    }
    return field
  }

  /// Whether the moments that it names are the same whatever moment they are looked for from.
  package var isFixed: Bool { if case .fields = kind { true } else { false } }

  /// The first moment after `instant` that the schedule names, by a clock of `zone`; nil if there is none within five years.
  package func next(after instant: Instant, zone: TimeZoneRules = .utc) -> Instant? {
    switch kind {
    case .every(let seconds): return Instant(seconds: instant.seconds + Int64(seconds))
    case .fields(let fields): return next(fields, instant, zone)
    }
  }

  private func next(_ fields: Fields, _ instant: Instant, _ zone: TimeZoneRules) -> Instant? {
    var seconds = instant.seconds - instant.seconds % 60 + 60
    if instant.seconds < 0 { seconds = (instant.seconds / 60) * 60 + 60 }
    var civil = CivilTime(secondsSince1970: seconds + Int64(zone.offset(at: Instant(seconds: seconds))))
    let lastYear = civil.year + 5
    /// Moves to a local time, in the zone; never backwards.
    func move(to local: CivilTime) {
      var target = local
      if target.hour > 23 {
        target = CivilTime(secondsSince1970: target.secondsSince1970)
      }
      seconds = max(seconds + 60, zone.instant(of: target).seconds)
      civil = CivilTime(secondsSince1970: seconds + Int64(zone.offset(at: Instant(seconds: seconds))))
    }
    while civil.year <= lastYear {
      if !fields.months.has(civil.month) {
        let isLast = civil.month == 12
        move(to: CivilTime(year: isLast ? civil.year + 1 : civil.year, month: isLast ? 1 : civil.month + 1, day: 1))
      } else if !matchesDay(fields, civil) {
        let day = CivilTime(year: civil.year, month: civil.month, day: civil.day)
        move(to: CivilTime(secondsSince1970: day.secondsSince1970 + 86_400))
      } else if case let wait = minutesToWait(fields, civil), civil.second == 0,
        zone.isSteady(after: seconds, through: seconds + Int64(wait * 60))
      {
        if wait == 0 { return Instant(seconds: seconds) }
        seconds += Int64(wait * 60)
        civil = CivilTime(secondsSince1970: seconds + Int64(zone.offset(at: Instant(seconds: seconds))))
      } else if !fields.hours.has(civil.hour) {
        let hour = CivilTime(year: civil.year, month: civil.month, day: civil.day, hour: civil.hour)
        move(to: CivilTime(secondsSince1970: hour.secondsSince1970 + 3600))
      } else if !fields.minutes.has(civil.minute) {
        seconds += 60
        civil = CivilTime(secondsSince1970: seconds + Int64(zone.offset(at: Instant(seconds: seconds))))
      } else {
        return Instant(seconds: seconds)
      }
    }
    return nil
  }

  /// By a clock that runs on: until the next minute of the day that matches, or until the day is over.
  private func minutesToWait(_ fields: Fields, _ civil: CivilTime) -> Int {
    let passed = civil.hour * 60 + civil.minute
    if fields.hours.has(civil.hour), let minute = fields.minutes.first(from: civil.minute) { return minute - civil.minute }
    guard let hour = fields.hours.first(from: civil.hour + 1), let minute = fields.minutes.first(from: 0) else {
      return 1440 - passed
    }
    return hour * 60 + minute - passed
  }

  /// Both fields must match; where neither is a star, one of them is enough.
  private func matchesDay(_ fields: Fields, _ civil: CivilTime) -> Bool {
    let day = fields.days.has(civil.day)
    let weekday = fields.weekdays.has(civil.weekday)
    return fields.days.isStar || fields.weekdays.isStar ? day && weekday : day || weekday
  }
}
