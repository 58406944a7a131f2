import CoreTypes

/// A count after windows and limits, with the reasons for the conditions.
struct Normalized {
  var desired: Int
  var stabilized: Int
  /// For AbleToScale; nil: ReadyForNewScale.
  var stabilizedReason: String?
  /// When the last recommendation that forbids a change leaves its window.
  var stabilizedUntil: Instant?
  /// When a window's extreme leaves it, which changes the outcome though nothing else does; nil: never.
  var heldUntil: Instant?
  /// The present recommendation itself would hold the count back: `stabilizedUntil` moves on with every look.
  var holdsItself = false
  /// For ScalingLimited; nil: DesiredWithinRange.
  var limitedReason: String?
  /// When the change that uses up a policy leaves its period.
  var limitedUntil: Instant?
}

/// Windows, policies and limits. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
enum ScalingRules {
  static let downscaleWindow = 300

  static func normalize(_ memory: inout ScalingMemory, desired: Int, current: Int, at now: Instant) -> Normalized {
    defer { memory.recommendations.append((now, desired)) }
    guard let up = memory.rules.up, let down = memory.rules.down else { return plain(memory, desired, current, now) }
    return withBehavior(memory, up, down, desired, current, now)
  }

  /// Without `behavior`.
  private static func plain(_ memory: ScalingMemory, _ desired: Int, _ current: Int, _ now: Instant) -> Normalized {
    let window = Duration.seconds(downscaleWindow)
    var result = Normalized(desired: desired, stabilized: desired)
    let since = now - window
    for recent in memory.recommendations where recent.at >= since && recent.replicas > result.stabilized {
      result.stabilized = recent.replicas
    }
    if result.stabilized != desired {
      result.stabilizedReason = "ScaleDownStabilized"
      result.stabilizedUntil = memory.recommendations.last { $0.replicas >= min(result.stabilized, current) }.map {
        $0.at + window
      }
      result.holdsItself = desired >= min(result.stabilized, current)
      let highest = result.stabilized
      result.heldUntil = memory.recommendations.last { $0.replicas == highest }.map { $0.at + window }
    }
    let cap = max(2 * current, 4)
    limit(&result, memory.rules.least, min(memory.rules.most, cap), isCapped: memory.rules.most > cap, reason: "ScaleUpLimit")
    return result
  }

  private static func limit(_ result: inout Normalized, _ least: Int, _ most: Int, isCapped: Bool, reason: String) {
    result.desired = result.stabilized
    if result.stabilized < least {
      (result.desired, result.limitedReason) = (least, "TooFewReplicas")
    } else if result.stabilized > most {
      (result.desired, result.limitedReason) = (most, isCapped ? reason : "TooManyReplicas")
    }
  }

  private static func withBehavior(
    _ memory: ScalingMemory, _ up: Direction, _ down: Direction, _ desired: Int, _ current: Int, _ now: Instant
  ) -> Normalized {
    var least = desired
    var most = desired
    let (upSince, downSince) = (now - .seconds(up.window), now - .seconds(down.window))
    for recent in memory.recommendations {
      if recent.at > upSince { least = min(least, recent.replicas) }
      if recent.at > downSince { most = max(most, recent.replicas) }
    }
    var result = Normalized(desired: desired, stabilized: min(max(current, least), most))
    if result.stabilized != desired {
      let isUp = desired >= current
      result.stabilizedReason = isUp ? "ScaleUpStabilized" : "ScaleDownStabilized"
      let holder = memory.recommendations.last {
        isUp ? $0.replicas <= max(result.stabilized, current) : $0.replicas >= min(result.stabilized, current)
      }
      result.stabilizedUntil = holder.map { $0.at + .seconds(isUp ? up.window : down.window) }
      result.holdsItself = isUp ? desired <= max(result.stabilized, current) : desired >= min(result.stabilized, current)
      let ends = [(least, up.window), (most, down.window)].compactMap { extreme, window in
        extreme == desired ? nil : memory.recommendations.last { $0.replicas == extreme }.map { $0.at + .seconds(window) }
      }
      result.heldUntil = ends.min()
    }
    result.desired = result.stabilized
    if result.stabilized > current {
      let (bound, until) = bound(up, memory, current, isUp: true, now)
      let allowed = max(current, bound)
      if result.stabilized > min(memory.rules.most, allowed) {
        result.desired = min(memory.rules.most, allowed)
        result.limitedReason = memory.rules.most > allowed ? "ScaleUpLimit" : "TooManyReplicas"
        if memory.rules.most > allowed { result.limitedUntil = until }
      }
    } else if result.stabilized < current {
      let (bound, until) = bound(down, memory, current, isUp: false, now)
      let allowed = min(current, bound)
      if result.stabilized < max(memory.rules.least, allowed) {
        result.desired = max(memory.rules.least, allowed)
        result.limitedReason = memory.rules.least < allowed ? "ScaleDownLimit" : "TooFewReplicas"
        if memory.rules.least < allowed { result.limitedUntil = until }
      }
    }
    return result
  }

  /// How far the policies of a direction let the count go, and when the one that decides lets it go further.
  private static func bound(
    _ rules: Direction, _ memory: ScalingMemory, _ current: Int, isUp: Bool, _ now: Instant
  ) -> (replicas: Int, until: Instant?) {
    if rules.choice == .disabled { return (current, nil) }
    var best: (replicas: Int, until: Instant?)?
    for policy in rules.policies {
      let cutoff = now - .seconds(policy.seconds)
      let added = memory.ups.reduce(0) { $1.at > cutoff ? $0 + $1.change : $0 }
      let removed = memory.downs.reduce(0) { $1.at > cutoff ? $0 + $1.change : $0 }
      let start = current - added + removed
      let first = (isUp ? memory.ups : memory.downs).first { $0.at > cutoff }
      let replicas = reach(policy, from: start, isUp: isUp)
      // "Most" means most change: the highest count upwards, the lowest downwards.
      let isBetter = best.map { (replicas > $0.replicas) == (isUp == (rules.choice == .most)) && replicas != $0.replicas } ?? true
      if isBetter { best = (replicas, first.map { $0.at + .seconds(policy.seconds) }) }
    }
    return best ?? (current, nil)
  }

  /// Percents round up upwards and are cut downwards.
  private static func reach(_ policy: Direction.Policy, from start: Int, isUp: Bool) -> Int {
    if !policy.isPercent { return isUp ? start + policy.value : start - policy.value }
    let share = Double(policy.value) / 100
    return isUp ? Int((Double(start) * (1 + share)).rounded(.up)) : Int(Double(start) * (1 - share))
  }
}
