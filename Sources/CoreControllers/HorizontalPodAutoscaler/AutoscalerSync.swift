import CoreJSON
import CoreStore
import CoreTypes

/// One look at one autoscaler. Source: reconcileAutoscaler, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerSync {
  let stored: StoredObject
  let rules: AutoscalerRules
  let now: Instant
  var plan = Plan()
  /// It is the first look at the target's selector, or that has changed.
  private(set) var hasNewSelector = false
  /// What the look has read, if later ones would say the same until that changes.
  private(set) var rest: RestingAutoscalers.Sources?
  private var heldUntil: Instant?
  private var movesOn = false
  private(set) var conditions = AutoscalerConditions()
  private let autoscaler: HorizontalPodAutoscaler
  private var status: HorizontalPodAutoscalerStatus

  init(_ stored: StoredObject, _ rules: AutoscalerRules, _ now: Instant) {
    self.stored = stored
    self.rules = rules
    self.now = now
    autoscaler = stored.view(HorizontalPodAutoscaler.self)
    status = autoscaler.status
  }

  mutating func run(
    _ memory: inout ScalingMemory, _ snapshot: Snapshot, pods: inout PodIndex, selectors: inout SelectorIndex
  ) {
    memory.asked = nil
    let target: ScaleTarget
    do throws(ScaleTarget.Missing) {
      target = try ScaleTarget(rules.target, namespace: stored.key.namespace, snapshot.store)
    } catch {
      say(.warning, "FailedGetScale", error.message)
      set("AbleToScale", "False", "FailedGetScale", "the scale of the target cannot be read: \(error.message)")
      write(&memory)
      return
    }
    set("AbleToScale", "True", "SucceededGetScale", "the scale of the target was read")
    let current = target.replicas
    // After a restart the count that is there is the first recommendation.
    if memory.recommendations.isEmpty { memory.recommendations.append((now, current)) }
    var decision = Decision(at: now, current: current, rules)
    status.currentReplicas = current
    if current == 0, rules.least != 0 {
      decision.problem = "the target has 0 replicas: scaling is off until it is scaled up by hand"
      set("ScalingActive", "False", "ScalingDisabled", decision.problem!)
    } else if current > rules.most {
      decision.desired = rules.most
      decision.problem = "Current number of replicas above Spec.MaxReplicas"
    } else if current < rules.least {
      decision.desired = rules.least
      decision.problem = "Current number of replicas below Spec.MinReplicas"
    } else {
      var metrics = AutoscalerMetrics(self, target, snapshot, &memory.pods, &pods, &selectors)
      metrics.evaluate(&decision, snapshot)
      hasNewSelector = metrics.hasNewSelector
      for (reason, message) in metrics.events { say(.warning, reason, message) }
      if let condition = metrics.condition { set("ScalingActive", condition.status, condition.reason, condition.message) }
      if let recommended = decision.recommended { normalize(&decision, recommended, &memory) }
      conclude(target, decision, metrics, &memory)
      return
    }
    conclude(target, decision, nil, &memory)
  }

  /// Scales, and writes the status where it says something new.
  private mutating func conclude(
    _ target: ScaleTarget, _ decision: Decision, _ metrics: AutoscalerMetrics?, _ memory: inout ScalingMemory
  ) {
    let isDecided = metrics == nil || decision.recommended != nil
    if isDecided, decision.desired != decision.current { rescale(target, decision, &memory) }
    memory.decisions.append(decision)
    let isSettled = plan.changes.isEmpty && isSettled(decision)
    defer {
      if isSettled, let metrics, metrics.isTimeless {
        rest = .init(target: target.stored.key, podUIDs: metrics.podUIDs, until: heldUntil)
      }
    }
    let terms = StatusTerms(decision, conditions)
    if let told = memory.told, told.revision == stored.revision, told.terms == terms { return }
    status.tree.put(.currentMetrics, metrics?.statuses(decision) ?? .null)
    if isDecided { status.desiredReplicas = decision.desired }
    memory.told = write(&memory) ? nil : (stored.revision, terms)
  }

  /// Time alone makes a difference only where a policy limits the change, or once `heldUntil` has come.
  private func isSettled(_ decision: Decision) -> Bool {
    guard decision.recommended != nil, decision.desired == decision.current, !movesOn else { return false }
    return decision.limitedReason == nil || decision.limitedReason == "TooFewReplicas"
      || decision.limitedReason == "TooManyReplicas"
  }

  /// Applies windows, policies and limits.
  private mutating func normalize(_ decision: inout Decision, _ recommended: Int, _ memory: inout ScalingMemory) {
    let normalized = ScalingRules.normalize(&memory, desired: recommended, current: decision.current, at: now)
    decision.stabilized = normalized.stabilized
    decision.stabilizedReason = normalized.stabilizedReason
    decision.stabilizedUntil = normalized.stabilizedUntil
    decision.limitedReason = normalized.limitedReason
    decision.limitedUntil = normalized.limitedUntil
    decision.desired = normalized.desired
    heldUntil = normalized.heldUntil
    movesOn = normalized.holdsItself
    if let reason = normalized.stabilizedReason {
      let message =
        reason == "ScaleUpStabilized"
        ? "recommendations within the stabilization window were lower than the present one"
        : "recommendations within the stabilization window were higher than the present one"
      set("AbleToScale", "True", reason, message)
    } else {
      set("AbleToScale", "True", "ReadyForNewScale", "no stabilization window holds the count")
    }
    switch normalized.limitedReason {
    case "TooManyReplicas":
      set("ScalingLimited", "True", "TooManyReplicas", rules.atMost)
    case "TooFewReplicas":
      set("ScalingLimited", "True", "TooFewReplicas", rules.atLeast)
    case let reason?: set("ScalingLimited", "True", reason, "the count changes faster than the policies of this direction allow")
    case nil: set("ScalingLimited", "False", "DesiredWithinRange", "the wanted count is within all limits")
    }
  }

  private mutating func rescale(_ target: ScaleTarget, _ decision: Decision, _ memory: inout ScalingMemory) {
    let change = decision.desired - decision.current
    let metric = decision.winner.map { decision.metrics[$0].label } ?? ""
    let cause =
      decision.problem
      ?? ((decision.recommended ?? 0) > decision.current ? "\(metric) above target" : "All metrics below target")
    let message = "New size: \(decision.desired); reason: \(cause)"
    plan.changes.append(
      Change(
        .patch(target.stored.key, subresource: "scale", merge: ["spec": ["replicas": .int(Int64(decision.desired))]]),
        succeeded: EventDraft(.normal, reason: "SuccessfulRescale", message: message, about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedRescale", message: message + "; error: {error}", about: stored.tree)))
    set("AbleToScale", "True", "SucceededRescale", "the target was scaled to \(decision.desired)")
    status.lastScaleTime = now.rfc3339
    memory.asked = (target.stored.key, target.stored.revision, change > 0)
    if change > 0 { memory.ups.append((now, change)) } else { memory.downs.append((now, -change)) }
  }

  /// A key that comes back before its time was refused a write: if the target was not scaled, the change does not count.
  mutating func noteRefusedScale(_ memory: inout ScalingMemory, _ store: Store) {
    guard let asked = memory.asked, store.get(asked.target)?.revision == asked.revision else { return }
    memory.asked = nil
    if asked.isUp { memory.ups.removeLast() } else { memory.downs.removeLast() }
    set("AbleToScale", "False", "FailedUpdateScale", "the scale of the target could not be written: see the FailedRescale event")
    status.currentReplicas = memory.decisions.last?.current
    write(&memory)
  }

  /// True if there was something to write.
  @discardableResult
  private mutating func write(_ memory: inout ScalingMemory) -> Bool {
    let isSaid = memory.said.map { $0.words == conditions && $0.conditions == status.conditions } ?? false
    if !isSaid { status.conditions = conditions.merged(into: status.conditions, at: now) }
    memory.said = (conditions, status.conditions)
    if status.desiredReplicas == nil { status.desiredReplicas = 0 }
    let patch = StatusPatch.from(autoscaler.status.tree, to: status.tree)
    if patch.members.isEmpty { return false }
    plan.changes.append(.patchStatus(of: stored.key, with: patch))
    return true
  }

  private mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    conditions.set(type, status, reason, message)
  }

  private mutating func say(_ kind: EventDraft.Kind, _ reason: String, _ message: String) {
    plan.changes.append(Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree)))
  }
}
