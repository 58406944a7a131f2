import Foundation
import Testing

@testable import CoreObjects

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

  /// Each minute by itself, over the changes of a clock, in a zone of a rule alone, of recorded changes, and of odd seconds.
  @Test(
    "hours are skipped as if they were gone through minute by minute",
    arguments: [
      TimeZoneRules(transitions: [], initialOffset: 0, tail: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3")),
      TimeZoneRules(transitions: [.init(at: 1_774_746_000, offset: 7200)], initialOffset: 3600),
      TimeZoneRules(transitions: [], initialOffset: 3208), .utc,
    ])
  func minuteByMinute(rules: TimeZoneRules) throws {
    let schedule = try CronSchedule("*/7 1-3,22 * * *")
    let start = try #require(Instant(rfc3339: "2026-03-27T00:00:00Z"))
    for begin in stride(from: start.seconds, to: start.seconds + 4 * 86_400, by: 1_020) {
      var expected = begin
      var civil: CivilTime
      repeat {
        expected += 60
        civil = CivilTime(secondsSince1970: expected + Int64(rules.offset(at: Instant(seconds: expected))))
      } while civil.minute % 7 != 0 || ![1, 2, 3, 22].contains(civil.hour)
      // In odd seconds the schedule begins with the hour.
      let found = try #require(schedule.next(after: Instant(seconds: begin), zone: rules)).seconds
      #expect(expected - found == Int64(found == expected ? 0 : civil.second), "\(Instant(seconds: begin).rfc3339)")
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
