package import CoreTypes

/// What was recommended and done lately, for one autoscaler. Lives in memory only, as upstream's.
struct ScalingMemory: Sendable {
  var nextSync: Instant
  var recommendations: [(at: Instant, replicas: Int)] = []
  var ups: [(at: Instant, change: Int)] = []
  var downs: [(at: Instant, change: Int)] = []
  var decisions: [Decision] = []

  /// Only what some window can still see is kept.
  mutating func forget(before now: Instant) {
    recommendations.removeAll { now - $0.at > .seconds(3600) }
    ups.removeAll { now - $0.at > .seconds(1800) }
    downs.removeAll { now - $0.at > .seconds(1800) }
  }
}

/// A count after windows and limits, with the reasons for the conditions.
struct Normalized {
  var desired: Int
  /// For AbleToScale; nil: ReadyForNewScale.
  var stabilizedReason: String?
  /// For ScalingLimited; nil: DesiredWithinRange.
  var limitedReason: String?
  var stabilized: Int
}

/// Windows, policies and limits. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
enum ScalingRules {
  static let downscaleWindow = 300

  /// Without `behavior`.
  static func plain(_ memory: inout ScalingMemory, desired: Int, current: Int, min least: Int, max most: Int, at now: Instant) -> Normalized {
    // Upstream's syncs come a little later than every 15 s, so a recommendation of 20 syncs ago has always left the window.
    let recent = memory.recommendations.filter { $0.at > now - .seconds(downscaleWindow) }.map(\.replicas).max() ?? desired
    let stabilized = max(desired, recent)
    memory.recommendations.append((now, desired))
    var result = Normalized(desired: stabilized, stabilized: stabilized)
    if stabilized != desired { result.stabilizedReason = "ScaleDownStabilized" }
    let cap = max(2 * current, 4)
    if stabilized < least {
      result.desired = least
      result.limitedReason = "TooFewReplicas"
    } else if stabilized > min(most, cap) {
      result.desired = min(most, cap)
      result.limitedReason = most > cap ? "ScaleUpLimit" : "TooManyReplicas"
    }
    return result
  }

  static func withBehavior(
    _ memory: inout ScalingMemory, _ behavior: HorizontalPodAutoscalerBehavior, desired: Int, current: Int, min least: Int, max most: Int,
    at now: Instant
  ) -> Normalized {
    let upWindow = behavior.scaleUp.stabilizationWindowSeconds ?? 0
    let downWindow = behavior.scaleDown.stabilizationWindowSeconds ?? downscaleWindow
    var up = desired
    var down = desired
    for recommendation in memory.recommendations {
      if recommendation.at > now - .seconds(upWindow) { up = min(up, recommendation.replicas) }
      if recommendation.at > now - .seconds(downWindow) { down = max(down, recommendation.replicas) }
    }
    var stabilized = current
    if stabilized < up { stabilized = up }
    if stabilized > down { stabilized = down }
    memory.recommendations.append((now, desired))
    var result = Normalized(desired: stabilized, stabilized: stabilized)
    if stabilized != desired { result.stabilizedReason = desired >= current ? "ScaleUpStabilized" : "ScaleDownStabilized" }
    if stabilized > current {
      let limit = max(current, upLimit(behavior.scaleUp, memory, current, now))
      if stabilized > min(most, limit) {
        result.desired = min(most, limit)
        result.limitedReason = most > limit ? "ScaleUpLimit" : "TooManyReplicas"
      }
    } else if stabilized < current {
      let limit = min(current, downLimit(behavior.scaleDown, memory, current, now))
      if stabilized < max(least, limit) {
        result.desired = max(least, limit)
        result.limitedReason = least < limit ? "ScaleDownLimit" : "TooFewReplicas"
      }
    }
    if result.desired > most { (result.desired, result.limitedReason) = (most, "TooManyReplicas") }
    if result.desired < least { (result.desired, result.limitedReason) = (least, "TooFewReplicas") }
    return result
  }

  private static func changes(_ events: [(at: Instant, change: Int)], _ period: Int, _ now: Instant) -> Int {
    events.filter { $0.at > now - .seconds(period) }.reduce(0) { $0 + $1.change }
  }

  private static func start(_ memory: ScalingMemory, _ current: Int, _ period: Int, _ now: Instant) -> Int {
    current - changes(memory.ups, period, now) + changes(memory.downs, period, now)
  }

  private static func upLimit(_ rules: HPAScalingRules, _ memory: ScalingMemory, _ current: Int, _ now: Instant) -> Int {
    if rules.selectPolicy == "Disabled" { return current }
    let limits = rules.policies.map { policy in
      let start = start(memory, current, policy.periodSeconds ?? 0, now)
      let value = policy.value ?? 0
      return policy.type == "Pods" ? start + value : Int((Double(start) * (1 + Double(value) / 100)).rounded(.up))
    }
    return (rules.selectPolicy == "Min" ? limits.min() : limits.max()) ?? current
  }

  private static func downLimit(_ rules: HPAScalingRules, _ memory: ScalingMemory, _ current: Int, _ now: Instant) -> Int {
    if rules.selectPolicy == "Disabled" { return current }
    let limits = rules.policies.map { policy in
      let start = start(memory, current, policy.periodSeconds ?? 0, now)
      let value = policy.value ?? 0
      return policy.type == "Pods" ? start - value : Int(Double(start) * (1 - Double(value) / 100))
    }
    return (rules.selectPolicy == "Min" ? limits.max() : limits.min()) ?? current
  }
}

/// Every term of one look at an autoscaler, for `wavetank explain` and the live view.
package struct Decision: Sendable {
  package var at: Instant
  package var current: Int
  package var metric = ""
  package var counted: [String] = []
  package var ignored: [String] = []
  package var missing: [String] = []
  package var unready: [String] = []
  /// Sum of the counted pods and of their requests, in thousandths of a unit.
  package var usageMilli: Int64 = 0
  package var requestsMilli: Int64 = 0
  /// Percent of the requests, nil for raw targets.
  package var utilization: Int?
  package var ratio = 1.0
  package var recommended: Int
  package var stabilized: Int
  package var limitedReason: String?
  package var desired: Int
  /// The decision in one line of plain words.
  package var reason: String
}
