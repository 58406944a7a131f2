import CoreJSON
import CoreStore
import CoreTypes

/// One look at a set. Source: updateStatefulSet, stateful_set_control.go, v1.36.
struct StatefulSetSync {
  /// Pods made in one look at the most.
  static let batch = 500

  let stored: StoredObject
  let store: Store
  let now: Instant
  let set: StatefulSet
  var plan = Plan()
  private var history: RevisionHistory
  private let pods: [StoredObject]
  private var isDone = false

  init(_ stored: StoredObject, _ store: Store, _ now: Instant) {
    self.stored = stored
    self.store = store
    self.now = now
    set = stored.view(StatefulSet.self)
    history = RevisionHistory(stored, store)
    pods = OwnedPods.list(stored, set.spec.selector, store)
      .filter { StatefulPod.ordinal($0.key.name, of: stored.key.name) != nil }
      .sorted { StatefulPod.ordinal($0.key.name, of: stored.key.name)! < StatefulPod.ordinal($1.key.name, of: stored.key.name)! }
  }

  private var first: Int { self.set.spec.ordinals.start ?? 0 }
  private var wanted: Int { self.set.spec.replicas ?? 1 }
  private var isOrdered: Bool { self.set.spec.podManagementPolicy != "Parallel" }
  private func ordinal(_ pod: StoredObject) -> Int { StatefulPod.ordinal(pod.key.name, of: stored.key.name) ?? 0 }
  private func isInRange(_ pod: StoredObject) -> Bool { (first..<(first + wanted)).contains(ordinal(pod)) }

  private func isHealthy(_ pod: StoredObject) -> Bool {
    let view = pod.view(Pod.self)
    return view.metadata.deletionTimestamp == nil && view.status.phase == "Running" && OwnedPods.isReady(view)
  }

  private mutating func isAvailable(_ pod: StoredObject) -> Bool {
    guard isHealthy(pod) else { return false }
    let (available, at) = OwnedPods.availability(pod.view(Pod.self), set.spec.minReadySeconds ?? 0, now)
    if let at { plan.wake(at: at) }
    return available
  }

  mutating func run() {
    plan.changes += history.changes
    let condemned = pods.filter { !isInRange($0) }
    for pod in condemned { plan.changes += StatefulPod.claims(stored, ordinal: ordinal(pod), pod: pod, isCondemned: true, store) }
    create()
    if !isDone { scaleDown(condemned) }
    if !isDone { update() }
    plan.changes += history.trim(live: Set(pods.compactMap { $0.metadata.labels[StatefulPod.revisionLabel] }))
    writeStatus()
  }

  /// Makes missing pods and replaces ended ones; in order, each waits for the one before it.
  private mutating func create() {
    var made = 0
    for ordinal in first..<(first + wanted) {
      guard let pod = pods.first(where: { self.ordinal($0) == ordinal }) else {
        make(ordinal)
        made += 1
        if isOrdered {
          isDone = true
          return
        }
        if made >= StatefulSetSync.batch { return }
        continue
      }
      plan.changes += StatefulPod.claims(stored, ordinal: ordinal, pod: pod, isCondemned: false, store)
      let view = pod.view(Pod.self)
      if view.status.phase == "Failed" || view.status.phase == "Succeeded" {
        if view.metadata.deletionTimestamp == nil { delete(pod) }
        if isOrdered {
          isDone = true
          return
        }
        continue
      }
      if isOrdered, !isAvailable(pod) {
        isDone = true
        return
      }
    }
  }

  /// The revision of a new pod: the wanted one, unless a partition keeps its ordinal on the current one.
  private func revision(of ordinal: Int) -> String {
    if set.spec.updateStrategy.type == "OnDelete" { return history.update }
    return ordinal >= first + (set.spec.updateStrategy.rollingUpdate.partition ?? 0) ? history.update : history.current
  }

  private mutating func make(_ ordinal: Int) {
    plan.changes += StatefulPod.claims(stored, ordinal: ordinal, pod: nil, isCondemned: false, store)
    let revision = revision(of: ordinal)
    let pod = StatefulPod.make(stored, template: history.template(revision), ordinal: ordinal, revision: revision)
    let what = "Pod \(pod.metadata.name ?? "") in StatefulSet \(stored.key.name)"
    plan.changes.append(
      Change(
        .create(.pods, namespace: stored.key.namespace, tree: pod.tree),
        succeeded: EventDraft(.normal, reason: "SuccessfulCreate", message: "create \(what) successful", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedCreate", message: "create \(what) failed: {error}", about: stored.tree)))
  }

  private mutating func delete(_ pod: StoredObject) {
    let what = "Pod \(pod.key.name) in StatefulSet \(stored.key.name)"
    plan.changes.append(
      Change(
        .delete(pod.key, uid: pod.uid, graceSeconds: nil, propagation: nil),
        succeeded: EventDraft(.normal, reason: "SuccessfulDelete", message: "delete \(what) successful", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedDelete", message: "delete \(what) failed: {error}", about: stored.tree),
        tolerated: ["NotFound"]))
  }

  /// Removes pods outside the range from the highest ordinal, one at a time when ordered.
  private mutating func scaleDown(_ condemned: [StoredObject]) {
    let firstUnhealthy = pods.first { !isHealthy($0) }
    for pod in condemned.reversed() {
      if pod.metadata.deletionTimestamp != nil {
        if isOrdered {
          isDone = true
          return
        }
        continue
      }
      if isOrdered, let firstUnhealthy, firstUnhealthy.uid != pod.uid, !isHealthy(firstUnhealthy) {
        isDone = true
        return
      }
      delete(pod)
      if isOrdered {
        isDone = true
        return
      }
    }
  }

  /// Rolling update: from the highest ordinal down to the partition, one at a time, waiting for each to be available.
  private mutating func update() {
    guard set.spec.updateStrategy.type != "OnDelete", history.current != history.update else { return }
    let partition = first + (set.spec.updateStrategy.rollingUpdate.partition ?? 0)
    for pod in pods.reversed() where isInRange(pod) {
      if ordinal(pod) < partition { return }
      if pod.metadata.labels[StatefulPod.revisionLabel] != history.update {
        if pod.metadata.deletionTimestamp == nil { delete(pod) }
        return
      }
      if !isAvailable(pod) { return }
    }
  }

  private mutating func writeStatus() {
    let live = pods
    var status = set.status
    func count(_ revision: String) -> Int {
      live.filter { $0.metadata.deletionTimestamp == nil && $0.metadata.labels[StatefulPod.revisionLabel] == revision }.count
    }
    status.observedGeneration = stored.metadata.generation
    status.replicas = live.count
    status.readyReplicas = live.filter { isHealthy($0) }.count
    var available = 0
    for pod in live where isAvailable(pod) { available += 1 }
    status.availableReplicas = available
    status.updatedReplicas = count(history.update)
    status.currentReplicas = count(history.current)
    status.currentRevision = history.current
    status.updateRevision = history.update
    status.collisionCount = status.collisionCount ?? 0
    let isComplete =
      set.spec.updateStrategy.type != "OnDelete" && status.updatedReplicas == live.count && status.readyReplicas == live.count
      && live.count == wanted
    if isComplete, history.current != history.update {
      status.currentRevision = history.update
      status.currentReplicas = status.updatedReplicas
    }
    if status == set.status { return }
    var updated = set
    updated.status = status
    plan.changes.append(Change(.updateStatus(.statefulSets, tree: updated.tree), tolerated: ["NotFound"]))
  }
}
