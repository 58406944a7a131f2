import Testing

@testable import CoreObjects

@Suite("Times, ages and schedules")
struct TimeTests {
  @Test("RFC 3339 reads back what it prints, with offsets and fractions")
  func rfc3339() throws {
    let moment = try #require(Instant(rfc3339: "2026-11-23T18:00:00.123456+02:00"))
    #expect(moment.rfc3339 == "2026-11-23T16:00:00Z" && moment.rfc3339Micro == "2026-11-23T16:00:00.123456Z")
    #expect(Instant(rfc3339: "1969-12-31T23:59:59Z")?.seconds == -1)
    for text in ["2026-02-29T00:00:00Z", "2026-11-23", "2026-11-23T18:00:60Z", "2026-11-23T18:00:00", "2262-04-11T23:47:16.9Z"] {
      #expect(Instant(rfc3339: text) == nil)
    }
  }

  @Test("durations that users write never trap")
  func saturation() {
    #expect(Instant(seconds: 1) + .seconds(Int64.max) == Instant(nanoseconds: .max))
    #expect(Instant(seconds: -1) - .seconds(Int64.max) == Instant(nanoseconds: .min))
    #expect(Instant(seconds: 1) - .seconds(Int64.min) == Instant(nanoseconds: .max))
    #expect(Instant(nanoseconds: .min).seconds == -9_223_372_037)
  }

  @Test(
    "ages print as kubectl prints them",
    arguments: [
      (0, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (600, "10m"), (11_100, "3h5m"), (28_800, "8h"), (183_600, "2d3h"),
      (432_000, "5d"), (65_664_000, "2y30d"), (-5, "<invalid>"),
    ])
  func ages(seconds: Int, text: String) { #expect(HumanDuration.text(.seconds(seconds)) == text) }

  @Test(
    "a schedule names its next moment",
    arguments: [
      ("*/5 * * * *", "2026-11-23T18:00:00Z", "2026-11-23T18:05:00Z"),
      ("0 0 29 2 *", "2026-11-23T18:00:00Z", "2028-02-29T00:00:00Z"),
      ("0 0 13 * FRI", "2026-11-23T18:00:00Z", "2026-11-27T00:00:00Z"),
      ("0 12 */2 * MON", "2026-11-23T18:00:00Z", "2026-11-25T12:00:00Z"),
      ("30 8 1-7,15 jan *", "2026-11-23T18:00:00Z", "2027-01-01T08:30:00Z"),
      ("@hourly", "2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z"),
      ("@every 1h30m", "2026-11-23T18:00:10Z", "2026-11-23T19:30:10Z"),
      ("59 23 31 12 ?", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
    ])
  func schedules(schedule: String, after: String, next: String) throws {
    let start = try #require(Instant(rfc3339: after))
    #expect(try CronSchedule(schedule).next(after: start)?.rfc3339 == next)
  }

  @Test("a day that never comes has no next moment")
  func never() throws { #expect(try CronSchedule("0 0 30 2 *").next(after: Instant(seconds: 0)) == nil) }

  @Test(
    "what is no schedule is refused",
    arguments: [
      "", "* * * *", "60 * * * *", "* * * * 7", "*/0 * * * *", "5-1 * * * *", "@never", "TZ=UTC * * * * *", "@every 0s",
      "a * * * *",
    ])
  func refused(text: String) { #expect(throws: CronError.self) { try CronSchedule(text) } }

  @Test("daylight saving: a skipped time does not run, a repeated one runs twice")
  func daylightSaving() throws {
    let spring = try #require(Instant(rfc3339: "2026-03-29T01:00:00Z")).seconds
    let autumn = try #require(Instant(rfc3339: "2026-10-25T01:00:00Z")).seconds
    let berlin = TimeZoneRules(
      transitions: [.init(at: spring, offset: 7200), .init(at: autumn, offset: 3600)], initialOffset: 3600)
    let schedule = try CronSchedule("30 2 * * *")
    let march = try #require(Instant(rfc3339: "2026-03-28T12:00:00Z"))
    #expect(schedule.next(after: march, zone: berlin)?.rfc3339 == "2026-03-30T00:30:00Z")
    let october = try #require(Instant(rfc3339: "2026-10-24T12:00:00Z"))
    let first = try #require(schedule.next(after: october, zone: berlin))
    #expect(first.rfc3339 == "2026-10-25T00:30:00Z")
    #expect(schedule.next(after: first, zone: berlin)?.rfc3339 == "2026-10-25T01:30:00Z")
  }
}
