import CoreObjects

/// What is remembered of one autoscaler from look to look. Lives in memory only, as upstream's.
struct ScalingMemory: Sendable {
  /// A rescale that a plan asked for, and the revision of the target before it: unchanged, it was refused.
  struct Rescale: Sendable {
    var target: ObjectKey
    var revision: UInt64
    var isUp: Bool
  }
  /// What the status says at this revision of the autoscaler: while both are the same, nothing is to be written.
  struct Status: Sendable {
    var revision: UInt64
    var terms: StatusTerms
  }
  /// Conditions of a look, and the list that they were merged into: while both are the same there is nothing to merge.
  struct Conditions: Sendable {
    var own: AutoscalerConditions
    var merged: List<HorizontalPodAutoscalerCondition>
  }

  var schedule: LookSchedule
  var history = ScalingHistory()
  var decisions = RecentDecisions(limit: HorizontalPodAutoscalerController.decisionLimit)
  var lastRescale: Rescale?
  var lastStatus: Status?
  var lastConditions: Conditions?
  /// The target and its pods as they were found last.
  var target: ScaleTarget?
  var pods = AutoscaledPods()
  private(set) var rules: AutoscalerRules
  private var revision: UInt64
  private var spec: HorizontalPodAutoscalerSpec

  init(_ stored: StoredObject, nextLook: Instant) {
    schedule = LookSchedule(next: nextLook)
    spec = stored.view(HorizontalPodAutoscaler.self).spec
    rules = AutoscalerRules(spec)
    revision = stored.revision
  }

  /// Reads the spec again after a write of it; most writes are of the status, by the controller itself.
  mutating func readSpec(_ stored: StoredObject) {
    if stored.revision == revision { return }
    revision = stored.revision
    let present = stored.view(HorizontalPodAutoscaler.self).spec
    if present == spec { return }
    spec = present
    rules = AutoscalerRules(spec)
  }

  /// After a rest: the looks that were left out said what the last one said.
  mutating func resume(at now: Instant, isDue: Bool) {
    guard let last = schedule.resume(at: now, isDue: isDue), let recommended = decisions.last?.recommended else { return }
    history.record(recommendation: recommended, at: last)
    decisions.extend(to: last)
  }
}
