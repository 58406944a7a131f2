import CoreObjects

/// Parts of moments, in UTC or in a time zone, and of durations.
enum TimeLibrary {
  private enum Part: String, CaseIterable {
    case getFullYear, getMonth, getDayOfYear, getDayOfMonth, getDate, getDayOfWeek, getHours, getMinutes, getSeconds
    case getMilliseconds

    var isOfDurations: Bool {
      switch self {
      case .getHours, .getMinutes, .getSeconds, .getMilliseconds: true
      default: false
      }
    }
  }

  static let functions: [Function] = Part.allCases.map { part in
    var overloads: [Function.Overload] = [.member(.timestamp, [], .int), .member(.timestamp, [.string], .int)]
    if part.isOfDurations { overloads.append(.member(.duration, [], .int)) }
    return Function(part.rawValue, overloads) { (arguments, evaluation) throws(CELFailure) in
      switch arguments[0] {
      case .timestamp(let moment): return .int(try value(part, moment, arguments, evaluation.timeZones))
      case .duration(let nanoseconds) where part.isOfDurations && arguments.count == 1: return .int(value(part, nanoseconds))
      default: throw CELFailure.overload(part.rawValue, arguments)
      }
    }
  }

  /// The whole duration in a unit; of milliseconds those within the second.
  private static func value(_ part: Part, _ nanoseconds: Int64) -> Int64 {
    switch part {
    case .getHours: nanoseconds / 3_600_000_000_000
    case .getMinutes: nanoseconds / 60_000_000_000
    case .getSeconds: nanoseconds / 1_000_000_000
    default: nanoseconds / 1_000_000
    }
  }

  private static func value(
    _ part: Part, _ moment: CELTimestamp, _ arguments: [CELValue], _ zones: TimeZoneDatabase
  ) throws(CELFailure) -> Int64 {
    var offset: Int64 = 0
    if arguments.count == 2 {
      guard case .string(let zone) = arguments[1] else { throw CELFailure.overload(part.rawValue, arguments) }
      offset = try self.offset(zone, moment, zones)
    }
    let civil = CivilTime(secondsSince1970: moment.seconds + offset)
    switch part {
    case .getFullYear: return Int64(civil.year)
    case .getMonth: return Int64(civil.month - 1)
    case .getDayOfYear:
      let newYear = CivilTime.secondsSince1970(year: civil.year, month: 1, day: 1)
      return (moment.seconds + offset - newYear) / 86_400
    case .getDayOfMonth: return Int64(civil.day - 1)
    case .getDate: return Int64(civil.day)
    case .getDayOfWeek:
      // The first of January of the year 1 was a Monday.
      return ((moment.seconds + offset - CELTimestamp.secondsRange.lowerBound + 86_400 * 7) / 86_400 + 1) % 7
    case .getHours: return Int64(civil.hour)
    case .getMinutes: return Int64(civil.minute)
    case .getSeconds: return Int64(civil.second)
    case .getMilliseconds: return Int64(moment.nanoseconds / 1_000_000)
    }
  }

  /// "Europe/Berlin", "+01:00", "-08:30", "02:00".
  private static func offset(_ zone: String, _ moment: CELTimestamp, _ zones: TimeZoneDatabase) throws(CELFailure) -> Int64 {
    if zone.contains(":") {
      let isWest = zone.hasPrefix("-")
      let parts = zone.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
      if parts.count == 2, let hours = Int64(parts[0]), let minutes = Int64(parts[1]), (0...23).contains(hours),
        (0...59).contains(minutes)
      {
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
      }
    } else if let rules = zones.rules(zone.isEmpty ? "UTC" : zone) {
      return Int64(rules.offset(at: Instant(seconds: moment.seconds)))
    }
    throw CELFailure(.invalidArgument, "there is no time zone '\(zone)'")
  }
}
