import CoreObjects

/// What was recommended and done lately, each list from the oldest to the newest: windows and policies look back on it.
struct ScalingHistory: Sendable {
  struct Recommendation: Sendable {
    var at: Instant
    var replicas: Int
  }
  struct Change: Sendable {
    var at: Instant
    var pods: Int
  }
  private(set) var recommendations: [Recommendation] = []
  private(set) var ups: [Change] = []
  private(set) var downs: [Change] = []

  var isEmpty: Bool { recommendations.isEmpty }

  mutating func record(recommendation replicas: Int, at now: Instant) {
    recommendations.append(.init(at: now, replicas: replicas))
  }

  mutating func record(change: Int, at now: Instant) {
    if change > 0 { ups.append(.init(at: now, pods: change)) } else { downs.append(.init(at: now, pods: -change)) }
  }

  mutating func removeLastChange(isUp: Bool) { if isUp { ups.removeLast() } else { downs.removeLast() } }

  /// Only what some window can still see is kept: windows are 3600 s at the most, periods 1800 s.
  mutating func removeExpired(_ rules: AutoscalerRules, at now: Instant) {
    let window = now - .seconds(max(rules.up?.window ?? 0, rules.down?.window ?? ScalingRules.downscaleWindow))
    let period = now - .seconds(1800)
    recommendations.removeFirst(recommendations.prefix { $0.at < window }.count)
    ups.removeFirst(ups.prefix { $0.at < period }.count)
    downs.removeFirst(downs.prefix { $0.at < period }.count)
  }
}
