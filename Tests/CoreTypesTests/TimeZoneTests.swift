import CoreObjects
import Foundation
import Testing

@Suite("Time zones")
struct TimeZoneTests {
  static let folder = "/usr/share/zoneinfo/"
  static let machine = TimeZoneDatabase { name in FileManager.default.contents(atPath: folder + name).map { [UInt8]($0) } }

  /// A file of version 2 whose first block is empty, as zic writes it with "-b slim".
  static func file(_ changes: [(at: Int64, kind: UInt8)], offsets: [Int32], footer: String, version: UInt8 = 0x32) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    func header(_ changes: Int, _ types: Int) -> [UInt8] {
      var all = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
      for count in [0, 0, 0, changes, types, 4] { all += bytes(UInt32(count)) }
      return all
    }
    var all = header(0, 1) + [UInt8](repeating: 0, count: 10)
    all += header(changes.count, offsets.count)
    for change in changes { all += bytes(change.at) }
    for change in changes { all.append(change.kind) }
    for offset in offsets { all += bytes(offset) + [0, 0] }
    return all + Array("LMT\0\n\(footer)\n".utf8)
  }

  @Test("the offset is the first one before all changes, that of the last change, and the rule's after the last")
  func phases() throws {
    let bytes = TimeZoneTests.file([(1_000, 1), (2_000, 2)], offsets: [300, 3600, 7200], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
    let zone = try TimeZoneRules(tzif: bytes)
    #expect(zone.offset(at: Instant(seconds: 999)) == 300)
    #expect(zone.offset(at: Instant(seconds: 1_000)) == 3600)
    #expect(zone.offset(at: Instant(seconds: 1_999)) == 3600)
    #expect(zone.offset(at: Instant(seconds: 2_000)) == 3600, "from here on the rule holds: January is winter")
    let spring = try #require(Instant(rfc3339: "2045-03-26T01:00:00Z"))
    #expect(zone.offset(at: spring - .seconds(1)) == 3600 && zone.offset(at: spring) == 7200)
  }

  @Test(
    "a rule turns at its days and times",
    arguments: [
      ("EST5EDT,M3.2.0,M11.1.0", "2030-03-10T07:00:00Z", -18_000, -14_400),
      ("EST5EDT,M3.2.0,M11.1.0", "2030-11-03T06:00:00Z", -14_400, -18_000),
      ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2030-10-05T15:30:00Z", 37_800, 39_600),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2030-03-31T01:00:00Z", 0, 3600),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2030-10-27T01:00:00Z", 3600, 0),
      ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z", -7200, -3600),
      ("AAA0BBB,J60/0,300/0", "2032-03-01T00:00:00Z", 0, 3600),
      ("AAA0BBB,59/0,300/0", "2032-02-29T00:00:00Z", 0, 3600),
    ])
  func rule(text: String, at: String, before: Int, after: Int) throws {
    let zone = try TimeZoneRules(tzif: TimeZoneTests.file([], offsets: [0], footer: text))
    let turn = try #require(Instant(rfc3339: at))
    #expect(zone.offset(at: turn - .seconds(1)) == before)
    #expect(zone.offset(at: turn) == after)
  }

  @Test(
    "a rule of another form is refused",
    arguments: [
      "C1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.1.0,M1.1.0", "CET-1,", "<CET-1",
      "CET-1CEST,M3.6.0,M10.5.0",
    ])
  func badRules(text: String) { #expect(PosixTimeZone(text) == nil) }

  @Test("a damaged file is an error at every length and never a trap")
  func damaged() {
    let whole = TimeZoneTests.file([(1_000, 1)], offsets: [0, 3600], footer: "UTC0")
    for count in 0..<whole.count {
      #expect(throws: TimeZoneFileError.self) { try TimeZoneRules(tzif: Array(whole.prefix(count))) }
    }
    #expect(throws: TimeZoneFileError.self) { try TimeZoneRules(tzif: TimeZoneTests.file([(1, 9)], offsets: [0], footer: "")) }
    #expect(throws: TimeZoneFileError.self) {
      try TimeZoneRules(tzif: TimeZoneTests.file([(2, 0), (1, 0)], offsets: [0], footer: ""))
    }
    for place in whole.indices {
      var bytes = whole
      bytes[place] = 0xFF
      _ = try? TimeZoneRules(tzif: bytes)
    }
  }

  @Test("names lead nowhere outside the folder")
  func names() {
    for name in [
      "", "..", "../passwd", "/etc/passwd", "Europe/../../x", "Europe//Berlin", "a.b", "Europe/", "Köln", "a b", "a\0",
    ] {
      #expect(!TimeZoneDatabase.isName(name), "\(name)")
    }
    for name in ["Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "UTC"] {
      #expect(TimeZoneDatabase.isName(name), "\(name)")
    }
    #expect(TimeZoneDatabase.utcOnly.rules("UTC") == .utc)
    #expect(TimeZoneDatabase.utcOnly.rules("Europe/Berlin") == nil)
  }

  @Test(
    "the machine's files say what Foundation says, from 1975 to 2037",
    arguments: [
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Kolkata", "America/Sao_Paulo",
      "Pacific/Chatham",
    ])
  func foundation(name: String) throws {
    let zone = try #require(TimeZoneTests.machine.rules(name))
    let known = try #require(TimeZone(identifier: name))
    for seconds in stride(from: 160_000_000, to: 2_145_000_000, by: 86_413 * 7) {
      let expected = known.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
      #expect(zone.offset(at: Instant(seconds: Int64(seconds))) == expected, "\(name) at \(seconds)")
    }
  }

  @Test(
    "schedules in zones: skipped times do not run, repeated ones run twice, midnight may be missing",
    arguments: [
      ("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", ["2026-03-09T06:30:00Z"]),
      (
        "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
        ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"]
      ),
      ("0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]),
      ("0 9 * * MON-FRI", "Europe/Berlin", "2026-03-27T12:00:00Z", ["2026-03-30T07:00:00Z"]),
      ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", ["2026-04-24T21:00:00Z"]),
      ("0 12 * * FRI", "Africa/Cairo", "2026-04-23T12:00:00Z", ["2026-04-24T09:00:00Z"]),
      ("0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", ["2026-01-01T03:30:00Z"]),
    ])
  func schedules(schedule: String, zone: String, after: String, expected: [String]) throws {
    let rules = try #require(TimeZoneTests.machine.rules(zone))
    var time = try #require(Instant(rfc3339: after))
    for text in expected {
      time = try #require(try CronSchedule(schedule).next(after: time, zone: rules))
      #expect(time.rfc3339 == text)
    }
  }
}
