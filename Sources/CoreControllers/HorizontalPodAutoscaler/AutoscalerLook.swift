import CoreObjects

/// One look at one autoscaler, from top to bottom: the target, what its metrics propose, what windows and policies leave of that, the
/// decision, the scale and the status. Source: reconcileAutoscaler, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerLook {
  private let stored: StoredObject
  private let rules: AutoscalerRules
  private let now: Instant
  private let tellsMetrics: Bool
  private(set) var plan = Plan()
  /// It is the first look at the target's selector, or that has changed: other autoscalers may have got a rival.
  private(set) var hasNewSelector = false
  /// What the look has read, if later ones would say the same until that changes.
  private(set) var sources: RestingAutoscalers.Sources?
  private var conditions = AutoscalerConditions()
  private let autoscaler: HorizontalPodAutoscaler
  /// status.currentReplicas, where it is known now.
  private var currentReplicas: Int?
  /// Most looks write none.
  private lazy var status = {
    var status = autoscaler.status
    if let currentReplicas { status.currentReplicas = currentReplicas }
    return status
  }()

  init(_ stored: StoredObject, _ rules: AutoscalerRules, _ now: Instant, tellsMetrics: Bool) {
    self.tellsMetrics = tellsMetrics
    self.stored = stored
    self.rules = rules
    self.now = now
    autoscaler = stored.view(HorizontalPodAutoscaler.self)
  }

  mutating func run(_ memory: inout ScalingMemory, _ indexes: inout AutoscalerIndexes, _ snapshot: Snapshot) {
    memory.lastRescale = nil
    let target: ScaleTarget
    do throws(ScaleTarget.Missing) {
      target = try ScaleTarget.find(rules.target, namespace: stored.key.namespace, snapshot.store, known: memory.target)
      memory.target = target
    } catch {
      warn("FailedGetScale", error.message)
      conditions.set(.ableToScale, "False", "FailedGetScale", "the scale of the target cannot be read: \(error.message)")
      write(&memory)
      return
    }
    conditions.set(.ableToScale, "True", "SucceededGetScale", "the scale of the target was read")
    // After a restart the count that is there is the first recommendation.
    if memory.history.isEmpty { memory.history.record(recommendation: target.replicas, at: now) }
    currentReplicas = target.replicas
    var decision = Decision(at: now, current: target.replicas, rules)
    var limits: ScalingLimits?
    var metrics: AutoscalerMetrics?
    if !decidesWithoutMetrics(&decision) {
      hasNewSelector = indexes.find(&memory.pods, of: stored.key, target, snapshot)
      let found = AutoscalerMetrics(stored.key, rules, target, memory.pods, now)
      let proposal = found.propose(current: target.replicas, snapshot)
      metrics = found
      decision.add(proposal)
      report(proposal)
      if let recommended = proposal.replicas {
        let found = ScalingRules.limit(recommended, current: target.replicas, rules, memory.history, at: now)
        memory.history.record(recommendation: recommended, at: now)
        decision.add(found)
        report(found)
        limits = found
      }
    }
    let isDecided = metrics == nil || limits != nil
    if isDecided, decision.desired != decision.current { rescale(target, decision, &memory) }
    if let metrics, metrics.isTimeless, let limits, plan.changes.isEmpty, limits.isSettled(current: decision.current) {
      sources = .init(target: target.stored.key, podUIDs: memory.pods.uids, until: limits.heldUntil)
    }
    writeStatus(decision, isDecided: isDecided, &memory)
    memory.decisions.append(decision)
  }

  /// A count outside the bounds of the spec, and one of 0, are decided upon whatever the metrics say.
  private mutating func decidesWithoutMetrics(_ decision: inout Decision) -> Bool {
    if decision.current == 0, rules.least != 0 || !isScaledToZero {
      decision.problem = "the target has 0 replicas: scaling is off until it is scaled up by hand"
      conditions.set(.scalingActive, "False", "ScalingDisabled", decision.problem!)
    } else if decision.current > rules.most {
      decision.desired = rules.most
      decision.problem = Decision.aboveMost
    } else if decision.current < rules.least {
      decision.desired = rules.least
      decision.problem = Decision.belowLeast
    } else {
      return false
    }
    return true
  }

  /// Its own doing: a count of 0 that somebody else set keeps the autoscaler off. Source: KEP-2021.
  private var isScaledToZero: Bool {
    autoscaler.status.conditions.contains { $0.type == AutoscalerConditions.Kind.scaledToZero.rawValue && $0.status == "True" }
  }

  // MARK: Conditions and events

  private mutating func report(_ proposal: AutoscalerMetrics.Proposal) {
    for (reason, message) in proposal.events { warn(reason, message) }
    conditions.set(.scalingActive, proposal.replicas == nil ? "False" : "True", proposal.reason, proposal.message)
  }

  private mutating func report(_ limits: ScalingLimits) {
    if let reason = limits.stabilizedReason {
      let side = reason == .up ? "lower" : "higher"
      conditions.set(
        .ableToScale, "True", reason.rawValue,
        "recommendations within the stabilization window were \(side) than the present one")
    } else {
      conditions.set(.ableToScale, "True", "ReadyForNewScale", "no stabilization window holds the count")
    }
    guard let reason = limits.limitedReason else {
      return conditions.set(.scalingLimited, "False", "DesiredWithinRange", "the wanted count is within all limits")
    }
    let message =
      switch reason {
      case .tooManyReplicas: rules.atMost
      case .tooFewReplicas: rules.atLeast
      case .scaleUp, .scaleDown: "the count changes faster than the policies of this direction allow"
      }
    conditions.set(.scalingLimited, "True", reason.rawValue, message)
  }

  private mutating func warn(_ reason: String, _ message: String) {
    plan.changes.append(.event(.warning, reason, message, about: stored))
  }

  // MARK: The scale

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
        succeeded: stored.event(.normal, "SuccessfulRescale", message),
        failed: stored.event(.warning, "FailedRescale", message + "; error: {error}")))
    conditions.set(.ableToScale, "True", "SucceededRescale", "the target was scaled to \(decision.desired)")
    if rules.least == 0 {
      let isZero = decision.desired == 0
      conditions.set(
        .scaledToZero, isZero ? "True" : "False", isZero ? "ScaledToZero" : "NotScaledToZero",
        isZero ? "the target was scaled to 0, and comes back when its metrics ask for it" : "the target has replicas")
    }
    status.lastScaleTime = now.rfc3339
    memory.lastRescale = .init(target: target.stored.key, revision: target.stored.revision, isUp: change > 0)
    memory.history.record(change: change, at: now)
  }

  /// For a key that comes back before its time, because a write was refused: if the target was not scaled, the change does not count.
  mutating func withdrawRefusedRescale(_ memory: inout ScalingMemory, _ store: Store) {
    guard let rescale = memory.lastRescale, store.get(rescale.target)?.revision == rescale.revision else { return }
    memory.lastRescale = nil
    memory.history.removeLastChange(isUp: rescale.isUp)
    conditions.set(
      .ableToScale, "False", "FailedUpdateScale", "the scale of the target could not be written: see the FailedRescale event")
    currentReplicas = memory.decisions.last?.current
    write(&memory)
  }

  // MARK: The status

  /// Writes the status if it has changed.
  private mutating func writeStatus(_ decision: Decision, isDecided: Bool, _ memory: inout ScalingMemory) {
    let terms = StatusTerms(decision, conditions, withValues: tellsMetrics)
    if let last = memory.lastStatus, last.revision == stored.revision || !tellsMetrics, last.terms == terms { return }
    status.tree.put(.currentMetrics, rules.statuses(decision.metrics))
    if isDecided { status.desiredReplicas = decision.desired }
    if !write(&memory) || !tellsMetrics { memory.lastStatus = .init(revision: stored.revision, terms: terms) }
  }

  /// True if there was something to write.
  @discardableResult
  private mutating func write(_ memory: inout ScalingMemory) -> Bool {
    let isMerged = memory.lastConditions.map { $0.own == conditions && $0.merged == status.conditions } ?? false
    if !isMerged { status.conditions = conditions.merged(into: status.conditions, at: now) }
    memory.lastConditions = .init(own: conditions, merged: status.conditions)
    if status.desiredReplicas == nil { status.desiredReplicas = 0 }
    let patch = StatusPatch.from(autoscaler.status.tree, to: status.tree)
    if patch.members.isEmpty { return false }
    memory.lastStatus = nil
    plan.changes.append(.patchStatus(of: stored.key, with: patch))
    return true
  }
}
