import CoreJSON
import CoreStore
import CoreTypes

/// One look at one autoscaler. Source: reconcileAutoscaler, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerSync {
  let stored: StoredObject
  let snapshot: Snapshot
  let now: Instant
  let isAmbiguous: Bool
  var autoscaler: HorizontalPodAutoscaler
  var plan = Plan()

  init(_ stored: StoredObject, _ snapshot: Snapshot, _ now: Instant, isAmbiguous: Bool) {
    self.stored = stored
    self.snapshot = snapshot
    self.now = now
    self.isAmbiguous = isAmbiguous
    autoscaler = stored.view(HorizontalPodAutoscaler.self)
  }

  private var least: Int { autoscaler.spec.minReplicas ?? 1 }
  private var most: Int { autoscaler.spec.maxReplicas ?? 1 }

  mutating func run(_ memory: inout ScalingMemory) {
    guard let target = ScaleTarget(autoscaler.spec.scaleTargetRef, namespace: stored.key.namespace, snapshot.store) else {
      let reference = autoscaler.spec.scaleTargetRef
      let message = "the target \(reference.kind ?? "") \"\(reference.name ?? "")\" was not found"
      say(.warning, "FailedGetScale", message)
      set("AbleToScale", "False", "FailedGetScale", message)
      return write()
    }
    set("AbleToScale", "True", "SucceededGetScale", "the target's scale was read")
    let current = target.replicas
    if memory.recommendations.isEmpty { memory.recommendations.append((now, current)) }
    var decision = Decision(at: now, current: current, recommended: current, stabilized: current, desired: current, reason: "")
    if current == 0, least != 0 {
      set("ScalingActive", "False", "ScalingDisabled", "the target has 0 replicas: scaling is off until it is scaled up by hand")
      decision.desired = 0
      decision.reason = "the target is at 0 replicas: scaling is disabled"
    } else if current > most || current < least {
      decision.desired = min(max(current, least), most)
      decision.reason = current > most ? "more replicas than maxReplicas" : "fewer replicas than minReplicas"
    } else if !decide(&decision, target, &memory) {
      memory.decisions.append(decision)
      setStatus(target.currentReplicas, desired: autoscaler.status.desiredReplicas ?? 0)
      return write()
    }
    if decision.desired != current { rescale(target, decision, &memory) }
    memory.decisions.append(decision)
    setStatus(target.currentReplicas, desired: decision.desired)
    if decision.desired != current { autoscaler.status.lastScaleTime = now.rfc3339 }
    write()
  }

  /// Asks the metrics and applies windows, policies and limits. False where no metric gave an answer.
  private mutating func decide(_ decision: inout Decision, _ target: ScaleTarget, _ memory: inout ScalingMemory) -> Bool {
    let current = decision.current
    var metrics = AutoscalerMetrics(self, target)
    let outcome = metrics.evaluate(current: current, &decision)
    for (kind, reason, message) in metrics.events { say(kind, reason, message) }
    if let condition = metrics.condition { set("ScalingActive", condition.status, condition.reason, condition.message) }
    if !metrics.statuses.isEmpty { autoscaler.status.currentMetrics = List(metrics.statuses) } else { autoscaler.status.currentMetrics = List(tree: .null) }
    guard let recommended = outcome else {
      say(.warning, "FailedComputeMetricsReplicas", "no replica count follows from the metrics: \(metrics.condition?.message ?? "")")
      decision.reason = metrics.condition?.message ?? "no metric gave an answer"
      return false
    }
    decision.recommended = recommended
    let behavior = autoscaler.spec.behavior
    let normalized =
      behavior.isAbsent
      ? ScalingRules.plain(&memory, desired: recommended, current: current, min: least, max: most, at: now)
      : ScalingRules.withBehavior(&memory, behavior, desired: recommended, current: current, min: least, max: most, at: now)
    decision.stabilized = normalized.stabilized
    decision.limitedReason = normalized.limitedReason
    decision.desired = normalized.desired
    if let reason = normalized.stabilizedReason {
      set("AbleToScale", "True", reason, "recent recommendations were \(reason == "ScaleUpStabilized" ? "lower" : "higher"): the window still holds")
    } else {
      set("AbleToScale", "True", "ReadyForNewScale", "no window holds the count")
    }
    if let reason = normalized.limitedReason {
      set("ScalingLimited", "True", reason, "the wanted count is limited to \(normalized.desired)")
    } else {
      set("ScalingLimited", "False", "DesiredWithinRange", "the wanted count is within the range")
    }
    decision.reason = AutoscalerSync.words(decision, normalized)
    return true
  }

  private static func words(_ decision: Decision, _ normalized: Normalized) -> String {
    let level = decision.utilization.map { "\($0)% of the requests" } ?? "ratio \(Int(decision.ratio * 100))%"
    var text = "\(decision.metric): \(level)"
    if decision.recommended == decision.current { text += ", within the tolerance or on target" } else {
      text += ", which asks for \(decision.recommended)"
    }
    if let reason = normalized.stabilizedReason { text += "; \(reason) keeps \(normalized.stabilized)" }
    if let reason = normalized.limitedReason { text += "; \(reason) limits to \(normalized.desired)" }
    return text
  }

  private mutating func rescale(_ target: ScaleTarget, _ decision: Decision, _ memory: inout ScalingMemory) {
    let change = decision.desired - decision.current
    let direction = change > 0 ? "above" : "below"
    let cause =
      decision.metric.isEmpty ? decision.reason : change > 0 || decision.recommended < decision.current
        ? "\(decision.metric) \(direction) target" : "All metrics below target"
    plan.changes.append(
      Change(
        .patch(target.stored.key, subresource: "scale", merge: ["spec": ["replicas": .int(Int64(decision.desired))]]),
        succeeded: EventDraft(.normal, reason: "SuccessfulRescale", message: "New size: \(decision.desired); reason: \(cause)", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedRescale", message: "New size: \(decision.desired); reason: \(cause); error: {error}", about: stored.tree)))
    set("AbleToScale", "True", "SucceededRescale", "the target was scaled to \(decision.desired)")
    if change > 0 { memory.ups.append((now, change)) } else { memory.downs.append((now, -change)) }
  }

  private mutating func setStatus(_ current: Int, desired: Int) {
    autoscaler.status.currentReplicas = current
    autoscaler.status.desiredReplicas = desired
  }

  private mutating func write() {
    if autoscaler.status == stored.view(HorizontalPodAutoscaler.self).status { return }
    plan.changes.append(Change(.updateStatus(.horizontalPodAutoscalers, tree: autoscaler.tree), tolerated: ["NotFound"]))
  }

  private mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    var conditions = Array(autoscaler.status.conditions)
    let index = conditions.firstIndex { $0.type == type }
    var condition = index.map { conditions[$0] } ?? HorizontalPodAutoscalerCondition()
    if condition.status != status { condition.lastTransitionTime = now.rfc3339 }
    condition.type = type
    condition.status = status
    condition.reason = reason
    condition.message = message
    if let index { conditions[index] = condition } else { conditions.append(condition) }
    autoscaler.status.conditions = List(conditions)
  }

  private mutating func say(_ kind: EventDraft.Kind, _ reason: String, _ message: String) {
    plan.changes.append(Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree)))
  }
}
