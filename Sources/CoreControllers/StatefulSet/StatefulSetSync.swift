import CoreObjects

/// One look at a set. Source: updateStatefulSet, stateful_set_control.go, v1.36.
struct StatefulSetSync {
  /// Pods made in one look, and in one batch of a slow start, at the most. Source: MaxBatchSize, stateful_set.go, v1.36.
  static let batch = 500

  let stored: StoredObject
  let now: Instant
  let set: StatefulSet
  var plan = Plan()
  let history: RevisionHistory
  /// The stuck pod and the revision that were reported last.
  var lastReported: String?
  private let claims: StatefulClaims
  /// In ascending order of ordinals.
  private let pods: [(ordinal: Int, pod: StoredObject)]
  private let byOrdinal: [Int: StoredObject]
  private var isDone = false

  init(_ stored: StoredObject, _ store: Store, _ now: Instant, lastReported: String? = nil) {
    self.stored = stored
    self.now = now
    self.lastReported = lastReported
    set = stored.view(StatefulSet.self)
    history = RevisionHistory(stored, store)
    claims = StatefulClaims(stored, store)
    pods = OwnedPods.list(stored, set.spec.selector, store)
      .compactMap { pod in StatefulPod.ordinal(pod.key.name, of: stored.key.name).map { (ordinal: $0, pod: pod) } }
      .sorted { $0.ordinal < $1.ordinal }
    byOrdinal = Dictionary(pods.map { ($0.ordinal, $0.pod) }) { first, _ in first }
  }

  private var first: Int { self.set.spec.ordinals.start ?? 0 }
  private var wanted: Int { self.set.spec.replicas ?? 1 }
  private var isOrdered: Bool { self.set.spec.podManagementPolicy != "Parallel" }
  private var range: Range<Int> { first..<(first + max(0, wanted)) }

  func isReady(_ pod: StoredObject) -> Bool {
    let view = pod.view(Pod.self)
    return view.isIn(.running) && view.isReady
  }

  /// Running, ready for minReadySeconds and there to stay; asks for another look when the seconds are over.
  private mutating func isAvailable(_ pod: StoredObject) -> Bool {
    pod.metadata.deletionTimestamp == nil && hasBeenReady(pod)
  }

  private mutating func hasBeenReady(_ pod: StoredObject) -> Bool {
    guard isReady(pod) else { return false }
    let (available, at) = OwnedPods.availability(pod.view(Pod.self), set.spec.minReadySeconds ?? 0, now)
    if let at { plan.wake(at: at) }
    return available
  }

  /// The status goes before the pods, so that it is written even while a pod is refused.
  mutating func run() {
    let isDeleted = stored.metadata.deletionTimestamp != nil
    if !isDeleted { plan.changes += history.changes }
    writeStatus()
    if isDeleted { return }
    replicas()
    let condemned = pods.filter { !range.contains($0.ordinal) }
    if !isDone {
      for (ordinal, pod) in condemned { plan.changes += claims.retention(of: pod, ordinal, isCondemned: true) }
      scaleDown(condemned)
    }
    if !isDone { update() }
    plan.changes += history.trim(live: Set(pods.compactMap { $0.pod.metadata.labels[StatefulPod.revisionLabel] }))
  }

  /// Every ordinal of the range: in order, each waiting for the one before it, or in parallel with a slow start.
  /// Source: processReplica and runForAll, v1.36.
  private mutating func replicas() {
    var made = 0
    var start = SlowStart(largest: StatefulSetSync.batch)
    for ordinal in range {
      let before = plan.changes.count
      if let pod = byOrdinal[ordinal] {
        keep(pod, ordinal)
      } else {
        make(ordinal)
        made += 1
        isDone = isOrdered
      }
      if isDone || made == StatefulSetSync.batch { return }
      let turn = start.next()
      if !isOrdered { plan.assign(turn, since: before) }
    }
  }

  /// Replaces a pod that has ended, waits for one that is on its way, and puts back what one that stays has lost.
  private mutating func keep(_ pod: StoredObject, _ ordinal: Int) {
    let isLeaving = pod.metadata.deletionTimestamp != nil
    let view = pod.view(Pod.self)
    if view.isOver {
      if !isLeaving { delete(pod) }
      isDone = isOrdered
      return
    }
    if view.isIn(.pending), !isLeaving { plan.changes += claims.missing(ordinal) }
    if isOrdered, !isAvailable(pod) {
      isDone = true
      return reportIfStuck(pod, ordinal)
    }
    if isLeaving { return }
    plan.changes += claims.retention(of: pod, ordinal, isCondemned: false)
    guard let tree = StatefulPod.identified(pod, ordinal: ordinal) else { return }
    let what = "Pod \(pod.key.name) in StatefulSet \(stored.key.name)"
    plan.changes.append(
      Change(
        .update(.pods, tree: tree),
        succeeded: stored.event(.normal, "SuccessfulUpdate", "update \(what) successful"),
        failed: stored.event(.warning, "FailedUpdate", "update \(what) failed: {error}"),
        tolerated: Change.untilGone))
  }

  /// The revision of a new pod: the wanted one, unless a partition keeps its ordinal on the current one.
  private func revision(of ordinal: Int) -> String {
    set.spec.updateStrategy.type == "OnDelete" || ordinal >= firstUpdated ? history.update : history.current
  }

  /// The lowest ordinal that a rolling update reaches.
  var firstUpdated: Int { first + (self.set.spec.updateStrategy.rollingUpdate.partition ?? 0) }

  private mutating func make(_ ordinal: Int) {
    if let claim = claims.leaving(ordinal) {
      let message = "Pod \(stored.key.name)-\(ordinal) waits until the claim \(claim.key.name) of the one before it is gone"
      plan.changes.append(.event(.warning, "FailedCreate", message, about: stored))
      return
    }
    plan.changes += claims.missing(ordinal)
    let revision = revision(of: ordinal)
    let pod = StatefulPod.make(stored, template: history.template(revision), ordinal: ordinal, revision: revision)
    let what = "Pod \(pod.metadata.name ?? "") in StatefulSet \(stored.key.name)"
    plan.changes.append(
      Change(
        .create(.pods, namespace: stored.key.namespace, tree: pod.tree),
        succeeded: stored.event(.normal, "SuccessfulCreate", "create \(what) successful"),
        failed: stored.event(.warning, "FailedCreate", "create \(what) failed: {error}")))
  }

  private mutating func delete(_ pod: StoredObject) {
    let what = "Pod \(pod.key.name) in StatefulSet \(stored.key.name)"
    plan.changes.append(
      .delete(
        pod, succeeded: stored.event(.normal, "SuccessfulDelete", "delete \(what) successful"),
        failed: stored.event(.warning, "FailedDelete", "delete \(what) failed: {error}")))
  }

  /// Removes pods outside the range from the highest ordinal, one at a time when ordered. Then a pod that is not available
  /// waits for what is broken below it, never a good one for a bad one. Source: processCondemned, v1.36.
  private mutating func scaleDown(_ condemned: [(ordinal: Int, pod: StoredObject)]) {
    var start = SlowStart(largest: StatefulSetSync.batch)
    let firstUnavailable = condemned.first { !isAvailable($0.pod) }?.pod.uid
    for (_, pod) in condemned.reversed() {
      let before = plan.changes.count
      if pod.metadata.deletionTimestamp == nil {
        if !isOrdered || isAvailable(pod) || pod.uid == firstUnavailable { delete(pod) }
      }
      isDone = isOrdered
      if isDone { return }
      plan.assign(start.next(), since: before)
    }
  }

  /// Rolling update: from the highest ordinal down to the partition, one at a time, waiting for each to be available.
  /// Any other revision is replaced, also one between the current and the wanted one.
  private mutating func update() {
    guard set.spec.updateStrategy.type != "OnDelete" else { return }
    for ordinal in range.reversed() {
      guard ordinal >= firstUpdated, let pod = byOrdinal[ordinal] else { return }
      if pod.metadata.labels[StatefulPod.revisionLabel] != history.update, pod.metadata.deletionTimestamp == nil {
        return delete(pod)
      }
      if !isAvailable(pod) { return }
    }
  }

  private mutating func writeStatus() {
    let live = pods.map(\.pod)
    var status = set.status
    func count(_ revision: String) -> Int {
      live.filter { $0.metadata.deletionTimestamp == nil && $0.metadata.labels[StatefulPod.revisionLabel] == revision }.count
    }
    status.observedGeneration = stored.metadata.generation
    status.replicas = live.count
    status.readyReplicas = live.filter { isReady($0) }.count
    var available = 0
    for pod in live where hasBeenReady(pod) { available += 1 }
    status.availableReplicas = available
    status.updatedReplicas = count(history.update)
    status.currentReplicas = count(history.current)
    status.currentRevision = history.current
    status.updateRevision = history.update
    status.collisionCount = history.collisions
    let isComplete =
      set.spec.updateStrategy.type != "OnDelete" && status.updatedReplicas == live.count && status.readyReplicas == live.count
      && live.count == wanted
    if isComplete, history.current != history.update {
      status.currentRevision = history.update
      status.currentReplicas = status.updatedReplicas
    }
    if status == set.status { return }
    // Counts alone lead to no other step.
    plan.isConclusive =
      plan.changes.isEmpty && status.currentRevision == set.status.currentRevision
      && status.updateRevision == set.status.updateRevision && status.collisionCount == set.status.collisionCount
    var updated = set
    updated.status = status
    plan.changes.append(Change(.updateStatus(.statefulSets, tree: updated.tree), tolerated: Change.untilGone))
  }
}
