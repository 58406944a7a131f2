import CoreObjects

/// What windows, policies and limits leave of a recommended count.
package struct ScalingLimits {
  /// Why AbleToScale says that a window holds the count.
  package enum Stabilized: String, Sendable {
    case up = "ScaleUpStabilized"
    case down = "ScaleDownStabilized"
  }
  /// Why ScalingLimited is true: the bounds of the spec, or the policies of a direction.
  package enum Limited: String, Sendable {
    case tooManyReplicas = "TooManyReplicas"
    case tooFewReplicas = "TooFewReplicas"
    case scaleUp = "ScaleUpLimit"
    case scaleDown = "ScaleDownLimit"
  }
  var desired: Int
  var stabilized: Int
  var stabilizedReason: Stabilized?
  /// When the last recommendation that forbids a change leaves its window.
  var stabilizedUntil: Instant?
  /// When a window's extreme leaves it, which changes the outcome though nothing else does; nil: never.
  var heldUntil: Instant?
  /// The present recommendation itself would hold the count back: `stabilizedUntil` moves on with every look.
  var holdsItself = false
  var limitedReason: Limited?
  /// When the change that uses up a policy leaves its period.
  var limitedUntil: Instant?

  /// Time alone makes a difference only where a policy limits the change, or once `heldUntil` has come.
  func isSettled(current: Int) -> Bool {
    desired == current && !holdsItself && limitedReason != .scaleUp && limitedReason != .scaleDown
  }
}

/// Windows, policies and limits. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
enum ScalingRules {
  static let downscaleWindow = 300

  /// - Parameter history: before this recommendation
  static func limit(
    _ recommended: Int, current: Int, _ rules: AutoscalerRules, _ history: ScalingHistory, at now: Instant
  ) -> ScalingLimits {
    guard let up = rules.up, let down = rules.down else { return plain(recommended, current, rules, history, now) }
    return withBehavior(recommended, current, rules, up, down, history, now)
  }

  /// Without `behavior`.
  private static func plain(
    _ desired: Int, _ current: Int, _ rules: AutoscalerRules, _ history: ScalingHistory, _ now: Instant
  ) -> ScalingLimits {
    let window = Duration.seconds(downscaleWindow)
    var result = ScalingLimits(desired: desired, stabilized: desired)
    let since = now - window
    for recent in history.recommendations where recent.at >= since && recent.replicas > result.stabilized {
      result.stabilized = recent.replicas
    }
    if result.stabilized != desired {
      result.stabilizedReason = .down
      result.stabilizedUntil = history.recommendations.last { $0.replicas >= min(result.stabilized, current) }.map {
        $0.at + window
      }
      result.holdsItself = desired >= min(result.stabilized, current)
      let highest = result.stabilized
      result.heldUntil = history.recommendations.last { $0.replicas == highest }.map { $0.at + window }
    }
    let cap = max(2 * current, 4)
    let most = min(rules.most, cap)
    result.desired = result.stabilized
    if result.stabilized < rules.least {
      (result.desired, result.limitedReason) = (rules.least, .tooFewReplicas)
    } else if result.stabilized > most {
      (result.desired, result.limitedReason) = (most, rules.most > cap ? .scaleUp : .tooManyReplicas)
    }
    return result
  }

  private static func withBehavior(
    _ desired: Int, _ current: Int, _ rules: AutoscalerRules, _ up: Direction, _ down: Direction, _ history: ScalingHistory,
    _ now: Instant
  ) -> ScalingLimits {
    var least = desired
    var most = desired
    let (upSince, downSince) = (now - .seconds(up.window), now - .seconds(down.window))
    for recent in history.recommendations {
      if recent.at > upSince { least = min(least, recent.replicas) }
      if recent.at > downSince { most = max(most, recent.replicas) }
    }
    var result = ScalingLimits(desired: desired, stabilized: min(max(current, least), most))
    if result.stabilized != desired {
      let isUp = desired >= current
      result.stabilizedReason = isUp ? .up : .down
      let holder = history.recommendations.last {
        isUp ? $0.replicas <= max(result.stabilized, current) : $0.replicas >= min(result.stabilized, current)
      }
      result.stabilizedUntil = holder.map { $0.at + .seconds(isUp ? up.window : down.window) }
      result.holdsItself = isUp ? desired <= max(result.stabilized, current) : desired >= min(result.stabilized, current)
      let ends = [(least, up.window), (most, down.window)].compactMap { extreme, window in
        extreme == desired ? nil : history.recommendations.last { $0.replicas == extreme }.map { $0.at + .seconds(window) }
      }
      result.heldUntil = ends.min()
    }
    result.desired = result.stabilized
    if result.stabilized > current {
      let (bound, until) = bound(up, history, current, isUp: true, now)
      let allowed = max(current, bound)
      if result.stabilized > min(rules.most, allowed) {
        result.desired = min(rules.most, allowed)
        result.limitedReason = rules.most > allowed ? .scaleUp : .tooManyReplicas
        if rules.most > allowed { result.limitedUntil = until }
      }
    } else if result.stabilized < current {
      let (bound, until) = bound(down, history, current, isUp: false, now)
      let allowed = min(current, bound)
      if result.stabilized < max(rules.least, allowed) {
        result.desired = max(rules.least, allowed)
        result.limitedReason = rules.least < allowed ? .scaleDown : .tooFewReplicas
        if rules.least < allowed { result.limitedUntil = until }
      }
    }
    return result
  }

  /// How far the policies of a direction let the count go, and when the one that decides lets it go further.
  private static func bound(
    _ rules: Direction, _ history: ScalingHistory, _ current: Int, isUp: Bool, _ now: Instant
  ) -> (replicas: Int, until: Instant?) {
    if rules.choice == .disabled { return (current, nil) }
    var best: (replicas: Int, until: Instant?)?
    for policy in rules.policies {
      let cutoff = now - .seconds(policy.seconds)
      let added = history.ups.reduce(0) { $1.at > cutoff ? $0 + $1.pods : $0 }
      let removed = history.downs.reduce(0) { $1.at > cutoff ? $0 + $1.pods : $0 }
      let start = current - added + removed
      let first = (isUp ? history.ups : history.downs).first { $0.at > cutoff }
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
