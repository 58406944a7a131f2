import CoreObjects

/// One look at a Deployment. Source: syncDeployment, pkg/controller/deployment/deployment_controller.go, v1.36.
struct DeploymentSync {
  /// Both the new set and the status are tried: the status reports that the set was refused.
  static let setTurn = SlowStart.Turn(batch: 0, subject: 0)
  static let statusTurn = SlowStart.Turn(batch: 0, subject: 1)

  let stored: StoredObject
  let store: Store
  let now: Instant
  let deployment: Deployment
  var plan = Plan()
  /// As it is to be written; begins as what is there.
  var status: DeploymentStatus
  /// The set of the present template; nil while there is none.
  var newSet: RevisionSet?
  /// Oldest first.
  var oldSets: [RevisionSet]
  /// The set that the last plan made is not there.
  let wasRefused: Bool
  let wanted: Int
  let isRolling: Bool
  let hasDeadline: Bool
  /// Pods above and below the wanted number during an update; never both 0.
  let pace: (surge: Int, unavailable: Int)

  /// - Parameter owned: the ReplicaSets that name it as an owner
  init(_ stored: StoredObject, _ owned: [StoredObject], _ store: Store, _ now: Instant, lastNewSet: String? = nil) {
    self.stored = stored
    self.store = store
    self.now = now
    deployment = stored.view(Deployment.self)
    status = deployment.status
    wasRefused = lastNewSet.map { store.get(.replicaSets, namespace: stored.key.namespace, $0) == nil } ?? false
    let spec = deployment.spec
    wanted = spec.replicas ?? 1
    isRolling = spec.strategy.type != "Recreate"
    hasDeadline = spec.progressDeadlineSeconds.map { $0 < Int(Int32.max) } ?? false
    pace = DeploymentSync.pace(of: spec, wanted: wanted)
    let template = spec.template
    var sets = owned.filter { $0.controllerReference[.uid].isText(stored.uid) }.map { RevisionSet($0) }
    if sets.count > 1 { sets.sort { $0.age < $1.age } }
    // Of several equal ones the oldest counts, so that later reconciles agree with earlier ones.
    if let index = sets.firstIndex(where: { $0.isMade(from: template) }) { newSet = sets.remove(at: index) }
    oldSets = sets
  }

  var allSets: [RevisionSet] { oldSets + (newSet.map { [$0] } ?? []) }
  /// Of all sets together, as wanted after the plan.
  var replicas: Int { oldSets.reduce(newSet?.replicas ?? 0) { $0 + $1.replicas } }

  /// Source: ResolveFenceposts, deployment_util.go, v1.36.
  private static func pace(of spec: DeploymentSpec, wanted: Int) -> (surge: Int, unavailable: Int) {
    guard spec.strategy.type != "Recreate", wanted > 0 else { return (0, 0) }
    let rolling = spec.strategy.rollingUpdate
    let surge = CountOrPercent.resolve(rolling.maxSurge, of: wanted, roundingUp: true) ?? 0
    let unavailable = CountOrPercent.resolve(rolling.maxUnavailable, of: wanted, roundingUp: false) ?? 0
    return (surge, surge == 0 && unavailable == 0 ? 1 : min(unavailable, wanted))
  }

  mutating func run() {
    if stored.metadata.deletionTimestamp != nil { return writeStatus(isRollout: false) }
    setPaused()
    if deployment.spec.paused == true || isScaling {
      reviseNewSet(create: false)
      scale()
      if deployment.spec.paused == true { trimHistory() }
      finish(isRollout: false)
      if staysDone { plan.isConclusive = true }
    } else if isRolling {
      reviseNewSet(create: true)
      roll()
      finish(isRollout: true)
    } else {
      recreate()
      finish(isRollout: true)
    }
  }

  /// The wanted number changed since the sets were last scaled.
  private var isScaling: Bool {
    allSets.contains { $0.replicas > 0 && $0.desired != nil && $0.desired != wanted }
  }

  /// The only set is there, as large as wanted, of a rollout that is complete: while it follows, the next look finds nothing to do.
  private var staysDone: Bool {
    guard let newSet, newSet.stored != nil, newSet.replicas == wanted, oldSets.isEmpty, hasDeadline else { return false }
    let failures = [status.conditions.tree, newSet.replicaSet.status.conditions.tree].flatMap(\.elements)
    return !failures.contains { $0[.type].isText("ReplicaFailure") }
      && status.conditions.contains { $0.type == "Progressing" && $0.reason == "NewReplicaSetAvailable" }
  }

  /// Source: checkPausedConditions, sync.go, v1.36.
  private mutating func setPaused() {
    guard hasDeadline else { return }
    let present = status.conditions.first { $0.type == "Progressing" }
    if present?.reason == "ProgressDeadlineExceeded" { return }
    let isPaused = deployment.spec.paused == true
    if isPaused, present?.reason != "DeploymentPaused" {
      set("Progressing", "Unknown", "DeploymentPaused", "the rollout is paused: changes of the template start nothing")
    } else if !isPaused, present?.reason == "DeploymentPaused" {
      set("Progressing", "Unknown", "DeploymentResumed", "the rollout goes on")
    }
  }

  /// All old pods go before the first new one comes. Source: recreate.go, v1.36.
  private mutating func recreate() {
    reviseNewSet(create: false)
    var isScaledDown = false
    for index in oldSets.indices where oldSets[index].replicas > 0 {
      oldSets[index].replicas = 0
      isScaledDown = true
    }
    if isScaledDown || hasOldPods { return }
    if newSet == nil { reviseNewSet(create: true) }
    let size = wanted
    newSet?.replicas = size
    if isComplete(deployment.status) { trimHistory() }
  }

  private var hasOldPods: Bool {
    oldSets.contains { old in
      guard let stored = old.stored else { return false }
      return (old.replicaSet.status.replicas ?? 0) > 0
        || store.owned(by: stored.uid).contains { $0.key.resource == .pods && !$0.view(Pod.self).isOver }
    }
  }

  /// Old sets without pods beyond the limit. Source: cleanupDeployment, sync.go, v1.36.
  mutating func trimHistory() {
    guard let limit = deployment.spec.revisionHistoryLimit else { return }
    let kept = oldSets.filter { $0.replicaSet.metadata.deletionTimestamp == nil }
      .sorted { ($0.revision, $0.name) < ($1.revision, $1.name) }
    for old in kept.prefix(max(0, kept.count - limit)) {
      let isIdle =
        (old.replicaSet.status.replicas ?? 0) == 0 && old.replicas == 0
        && (old.replicaSet.metadata.generation ?? 0) <= (old.replicaSet.status.observedGeneration ?? 0)
      guard isIdle, let stored = old.stored else { continue }
      plan.changes.append(.delete(stored))
    }
  }

  /// Writes the sets that changed, then the status.
  private mutating func finish(isRollout: Bool) {
    for set in allSets { write(set) }
    writeStatus(isRollout: isRollout)
  }

  private mutating func write(_ set: RevisionSet) {
    var set = set
    set.annotate(RevisionSet.desiredAnnotation, String(wanted))
    set.annotate(RevisionSet.mostAnnotation, String(wanted + pace.surge))
    let change = set.replicas - set.replicasBefore
    let event =
      change == 0
      ? nil
      : stored.event(
        .normal, "ScalingReplicaSet",
        "Scaled \(change > 0 ? "up" : "down") replica set \(set.name) from \(set.replicasBefore) to \(set.replicas)")
    guard let object = set.stored else {
      var tree = set.replicaSet
      tree.spec.replicas = set.replicas
      for (key, value) in set.annotations { tree.metadata.annotations[key] = value }
      let failed = stored.event(.warning, "ReplicaSetCreateError", "replica set \(set.name) was refused: {error}")
      plan.changes.append(
        Change(
          .create(.replicaSets, namespace: stored.key.namespace, tree: tree.tree), succeeded: event, failed: failed,
          tolerated: Change.untilThere))
      plan.assign(DeploymentSync.setTurn, since: plan.changes.count - 1)
      return
    }
    // An old set that stays at 0 keeps what was written when it was scaled down.
    if change == 0, set.replicas == 0, !set.annotations.contains(where: { $0.key == RevisionSet.revisionAnnotation }),
      object.uid != newSet?.stored?.uid
    {
      return
    }
    var merge: JSON = .object([])
    if !set.annotations.isEmpty {
      merge[.metadata][.annotations] = .object(set.annotations.map { Member(key: $0.key, value: .string($0.value)) })
    }
    if change != 0 { merge[.spec].put(.replicas, .int(Int64(set.replicas))) }
    let pause = deployment.spec.minReadySeconds ?? 0
    if object.uid == newSet?.stored?.uid, set.replicaSet.spec.minReadySeconds ?? 0 != pause {
      merge[.spec].put(.minReadySeconds, .int(Int64(pause)))
    }
    if merge.members.isEmpty { return }
    plan.changes.append(Change(.patch(object.key, subresource: "", merge: merge), succeeded: event, tolerated: Change.untilGone))
  }
}
