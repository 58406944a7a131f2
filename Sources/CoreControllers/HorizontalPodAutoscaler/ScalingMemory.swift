import CoreStore
import CoreTypes

/// What was recommended and done lately, for one autoscaler. Lives in memory only, as upstream's.
struct ScalingMemory: Sendable {
  private static let beat = HorizontalPodAutoscalerController.syncPeriod + HorizontalPodAutoscalerController.syncWork

  var nextSync: Instant
  var recommendations: [(at: Instant, replicas: Int)] = []
  var ups: [(at: Instant, change: Int)] = []
  var downs: [(at: Instant, change: Int)] = []
  var decisions = RecentDecisions(limit: HorizontalPodAutoscalerController.decisionLimit)
  /// The rescale of the last plan and the revision of the target before it: unchanged, it was refused.
  var asked: (target: ObjectKey, revision: UInt64, isUp: Bool)?
  /// What the status says at this revision of the autoscaler: while both are the same, nothing is to be written.
  var told: (revision: UInt64, terms: StatusTerms)?
  /// The words of the last look that wrote them, and the conditions that say them: while both are the same there is nothing to merge.
  var said: (words: AutoscalerConditions, conditions: List<HorizontalPodAutoscalerCondition>)?
  /// The pods that were found last.
  var pods = AutoscaledPods()
  /// Where `RestingAutoscalers` keeps it; nil before its first rest.
  var restPlace: Int?
  private(set) var rules: AutoscalerRules
  private var revision: UInt64
  private var spec: HorizontalPodAutoscalerSpec

  init(_ stored: StoredObject, nextSync: Instant) {
    self.nextSync = nextSync
    spec = stored.view(HorizontalPodAutoscaler.self).spec
    rules = AutoscalerRules(spec)
    revision = stored.revision
  }

  /// Reads the spec again after a write of it; most writes are of the status, by the controller itself.
  mutating func note(_ stored: StoredObject) {
    if stored.revision == revision { return }
    revision = stored.revision
    let present = stored.view(HorizontalPodAutoscaler.self).spec
    if present == spec { return }
    spec = present
    rules = AutoscalerRules(spec)
  }

  /// After a rest: the looks that were left out said what the last one said, and the next is on the beat that there was before.
  /// - Parameter isDue: the rest ends by itself, with the look whose beat is now
  mutating func resume(at now: Instant, isDue: Bool) {
    guard var last = lastBeat(at: now) else { return }
    if isDue { last = last - Self.beat }
    let isFirst = last < nextSync
    nextSync = last + Self.beat
    guard !isFirst, let decision = decisions.last, let recommended = decision.recommended else { return }
    recommendations.append((last, recommended))
    decisions.extend(to: last)
  }

  /// The first beat that is not before `instant`.
  func beat(from instant: Instant) -> Instant {
    lastBeat(at: instant).map { $0 == instant ? $0 : $0 + Self.beat } ?? nextSync
  }

  /// The last moment of a look that was left out; one at `now` came before what ends the rest.
  func lastBeat(at now: Instant) -> Instant? {
    if now < nextSync { return nil }
    let beats = (now - nextSync).nanoseconds / Self.beat.nanoseconds
    return nextSync + .nanoseconds(beats * Self.beat.nanoseconds)
  }

  /// Only what some window can still see is kept: windows are 3600 s at the most, periods 1800 s.
  mutating func forget(before now: Instant) {
    let window = now - .seconds(max(rules.up?.window ?? 0, rules.down?.window ?? ScalingRules.downscaleWindow))
    let period = now - .seconds(1800)
    // The oldest come first.
    recommendations.removeFirst(recommendations.prefix { $0.at < window }.count)
    ups.removeFirst(ups.prefix { $0.at < period }.count)
    downs.removeFirst(downs.prefix { $0.at < period }.count)
  }
}

/// All that the status of an autoscaler is made from.
struct StatusTerms: Equatable, Sendable {
  struct Value: Equatable, Sendable {
    var utilization: Int?
    var averageMilli: Int64
    var valueMilli: Int64?
    var isFailed: Bool
  }
  var current: Int
  var desired: Int
  var values: [Value]
  var conditions: AutoscalerConditions

  init(_ decision: Decision, _ conditions: AutoscalerConditions) {
    current = decision.current
    desired = decision.desired
    values = decision.metrics.map {
      Value(utilization: $0.utilization, averageMilli: $0.averageMilli, valueMilli: $0.valueMilli, isFailed: $0.failure != nil)
    }
    self.conditions = conditions
  }
}
