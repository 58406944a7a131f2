import CoreTypes
import Foundation
import Testing

@Suite("Schedules over years of time zones")
struct CronZoneTests {
  /// Zones of half and quarter hours, of changes by half an hour, across the date line, south of the equator, and with no change.
  static let zones = [
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia",
    "Asia/Kathmandu", "Africa/Casablanca", "America/Santiago", "Asia/Tehran",
  ]

  private static func bytes(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + name).map { Array($0) }
  }

  /// Foundation's own reading of the zone says at each half hour whether the clock shows 2:30, or 0:30 on a Sunday.
  @Test("every moment at which the zone's clock shows the time is named, and no other, from 2004 to 2026", arguments: zones)
  func againstTheClock(name: String) throws {
    let rules = try #require(TimeZoneDatabase { Self.bytes($0) }.rules(name), "no zone file of \(name) on this machine")
    let zone = try #require(TimeZone(identifier: name))
    let daily = try CronSchedule("30 2 * * *")
    let weekly = try CronSchedule("15 0 * * SUN")
    let start = try #require(Instant(rfc3339: "2004-01-01T00:00:00Z"))
    let end = try #require(Instant(rfc3339: "2026-01-01T00:00:00Z"))
    var expected: (daily: [Int64], weekly: [Int64]) = ([], [])
    for seconds in stride(from: start.seconds + 900, to: end.seconds, by: 900) {
      let local = seconds + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
      let minuteOfDay = (local % 86_400) / 60
      if minuteOfDay == 150 { expected.daily.append(seconds) }
      // 1970-01-01 was a Thursday.
      if minuteOfDay == 15, (local / 86_400 + 4) % 7 == 0 { expected.weekly.append(seconds) }
    }
    for (schedule, moments) in [(daily, expected.daily), (weekly, expected.weekly)] {
      let found = Self.moments(schedule, rules, start, end)
      let wrong = Set(found).symmetricDifference(moments).min().map { Instant(seconds: $0).rfc3339 }
      #expect(wrong == nil, "\(schedule.text)")
      #expect(found.count == moments.count)
    }
  }

  private static func moments(_ schedule: CronSchedule, _ rules: TimeZoneRules, _ start: Instant, _ end: Instant) -> [Int64] {
    var found: [Int64] = []
    var next = schedule.next(after: start, zone: rules)
    while let moment = next, moment < end {
      found.append(moment.seconds)
      next = schedule.next(after: moment, zone: rules)
    }
    return found
  }
}
