import CoreCEL
import CoreObjects
import Testing

@Suite("Moments and durations")
struct CELTimeTests {
  @Test(
    "the parts of a moment, in UTC or where a zone says",
    arguments: [
      "timestamp('2023-02-03T04:05:06.789Z').getFullYear() == 2023 && timestamp('2023-02-03T04:05:06Z').getMonth() == 1",
      "timestamp('2023-02-03T00:00:00Z').getDate() == 3 && timestamp('2023-02-03T00:00:00Z').getDayOfMonth() == 2",
      "timestamp('2023-02-03T00:00:00Z').getDayOfYear() == 33 && timestamp('2023-02-03T00:00:00Z').getDayOfWeek() == 5 && timestamp('0001-01-01T00:00:00Z').getDayOfWeek() == 1",
      "timestamp('2023-02-03T04:05:06.789Z').getHours() == 4 && timestamp('2023-02-03T04:05:06.789Z').getMinutes() == 5 && timestamp('2023-02-03T04:05:06.789Z').getSeconds() == 6",
      "timestamp('2023-02-03T04:05:06.789Z').getMilliseconds() == 789",
      "timestamp('2023-02-03T23:30:00Z').getHours('+01:00') == 0 && timestamp('2023-02-03T23:30:00Z').getDate('+01:00') == 4",
      "timestamp('2023-02-03T00:30:00Z').getHours('-08:30') == 16 && timestamp('2023-02-03T00:30:00Z').getMinutes('02:15') == 45 && timestamp('2023-02-03T00:30:00Z').getHours('UTC') == 0",
      "timestamp('9999-12-31T23:59:59.999999999Z').getFullYear() == 9999",
    ])
  func moments(text: String) { #expect(holds(text)) }

  @Test(
    "durations",
    arguments: [
      "duration('1h30m').getMinutes() == 90 && duration('1h').getSeconds() == 3600 && duration('90m').getHours() == 1 && duration('1.5s').getMilliseconds() == 1500",
      "duration('-1.5h') == duration('-90m') && duration('1us') > duration('1ns') && duration('0') == duration('0s')",
      "timestamp('2023-01-01T00:00:00Z') - timestamp('2022-12-31T00:00:00Z') == duration('24h')",
      "timestamp('2023-01-01T00:00:00Z') + duration('1h') > timestamp('2023-01-01T00:59:59Z') && duration('1h') + timestamp(0) == timestamp(3600)",
    ])
  func durations(text: String) { #expect(holds(text)) }

  @Test("names of zones come from outside; one that is not known fails")
  func zones() throws {
    #expect(outcome("timestamp(0).getHours('Europe/Berlin')") == .failure(.invalidArgument))
    #expect(outcome("timestamp(0).getHours('+99:00')") == .failure(.invalidArgument))
    #expect(outcome("timestamp(0).getHours('a:b')") == .failure(.invalidArgument))
  }

  @Test("texts that are no moment or duration fail", arguments: ["timestamp", "duration"])
  func wrong(function: String) {
    for text in [
      "", "x", "2023-13-01T00:00:00Z", "2023-02-30T00:00:00Z", "2023-01-01", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1",
      "1x", "h", "-", "1h-1m", "1..5s", "9999999h",
    ] {
      #expect(outcome("\(function)(x)", [("x", .string(text))]) == .failure(.invalidArgument), "\(text)")
    }
  }
}
