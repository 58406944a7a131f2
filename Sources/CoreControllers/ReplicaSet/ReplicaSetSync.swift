import CoreObjects

/// One look at a ReplicaSet or ReplicationController. Source: syncReplicaSet, pkg/controller/replicaset/replica_set.go, v1.36.
struct ReplicaSetSync {
  /// Pods made or deleted in one look at the most. Source: BurstReplicas, replica_set.go, v1.36.
  static let burst = 500

  let stored: StoredObject
  let store: Store
  let now: Instant
  var plan = Plan()
  /// Names of the pods that the plan makes.
  private(set) var created: [String] = []
  private let resource: ResourceID
  private let kind: String
  private let set: ReplicaSet
  private let active: [StoredObject]
  private let terminating: Int

  /// Both kinds are read as a ReplicaSet: their fields have the same names.
  /// - Parameter pods: those that it controls and that its selector matches
  init(_ stored: StoredObject, _ resource: ResourceID, kind: String, _ pods: [StoredObject], _ store: Store, _ now: Instant) {
    self.stored = stored
    self.resource = resource
    self.kind = kind
    self.store = store
    self.now = now
    set = stored.view(ReplicaSet.self)
    var active: [StoredObject] = []
    var terminating = 0
    for pod in pods where !pod.view(Pod.self).isOver {
      if pod.tree[.metadata][.deletionTimestamp].isNull { active.append(pod) } else { terminating += 1 }
    }
    self.active = active
    self.terminating = terminating
  }

  mutating func run(wasRefused: Bool) {
    let missing = stored.metadata.deletionTimestamp == nil ? (set.spec.replicas ?? 1) - active.count : 0
    let surplus = missing < 0 ? surplus(min(-missing, ReplicaSetSync.burst)) : []
    // First: a refusal of what follows must not keep the status from saying so. Pods that go now are no longer counted, or a
    // Deployment would take others away in the belief that these are there.
    let going = Set(surplus.map(\.uid))
    writeStatus(of: going.isEmpty ? active : active.filter { !going.contains($0.uid) }, wasRefused: wasRefused)
    // Counts alone lead to no other step; a refusal is reported until the next look.
    plan.isConclusive = missing == 0 && !wasRefused
    if missing > 0 { create(min(missing, ReplicaSetSync.burst)) }
    plan.changes += surplus.map { .delete($0, for: stored) }
  }

  private mutating func create(_ count: Int) {
    var names = PodNames(stored, store)
    var start = SlowStart()
    let base = stored.key.name + "-"
    for _ in 0..<count {
      var pod = OwnedPods.make(set.spec.template, owner: stored.tree, namespace: stored.key.namespace)
      let name = names.next(base)
      pod.metadata.generateName = base
      pod.metadata.name = name
      created.append(name)
      plan.changes.append(.make(pod, for: stored))
      plan.assign(start.next(), since: plan.changes.count - 1)
    }
  }

  private func surplus(_ count: Int) -> [StoredObject] {
    PodDeletionOrder(active, related: relatedPods(), now: now).first(count)
  }

  /// Pods of every set of the same owner: with a Deployment these are all its revisions.
  private func relatedPods() -> [StoredObject] {
    guard let owner = stored.controller?.uid else { return active }
    return store.owned(by: owner).filter { $0.key.resource == resource }.flatMap { sibling in
      store.owned(by: sibling.uid).filter { $0.key.resource == .pods }
    }
  }

  /// Source: calculateStatus, pkg/controller/replicaset/replica_set_utils.go, v1.36.
  private mutating func writeStatus(of counted: [StoredObject], wasRefused: Bool) {
    var status = set.status
    let labels = set.spec.template.metadata.labels.tree.members
    let minReadySeconds = set.spec.minReadySeconds ?? 0
    var (ready, available) = (0, 0)
    for pod in counted where pod.view(Pod.self).isReady {
      ready += 1
      if minReadySeconds == 0 {
        available += 1
        continue
      }
      let (isAvailable, at) = OwnedPods.availability(pod.view(Pod.self), minReadySeconds, now)
      if isAvailable { available += 1 }
      if let at { plan.wake(at: at) }
    }
    func orAbsent(_ count: Int) -> Int? { count == 0 ? nil : count }
    status.replicas = counted.count
    status.fullyLabeledReplicas = orAbsent(
      counted.count { pod in
        let present = pod.tree[.metadata][.labels]
        return labels.allSatisfy { present[$0.key] == $0.value }
      })
    status.readyReplicas = orAbsent(ready)
    status.availableReplicas = orAbsent(available)
    if resource == .replicaSets { status.terminatingReplicas = terminating + active.count - counted.count }
    status.observedGeneration = stored.metadata.generation
    setFailureCondition(&status, wasRefused)
    if status == set.status { return }
    let merge = StatusPatch.from(set.status.tree, to: status.tree)
    plan.changes.append(.patchStatus(of: stored.key, with: merge))
  }

  private func setFailureCondition(_ status: inout ReplicaSetStatus, _ wasRefused: Bool) {
    if !wasRefused, status.conditions.isEmpty { return }
    let isPresent = status.conditions.contains { $0.type == "ReplicaFailure" }
    if wasRefused {
      if isPresent { return }
      let message = "new pods are refused: see the FailedCreate events of this \(kind)"
      status.conditions.append(
        .make(type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: message, lastTransitionTime: now.rfc3339))
    } else if isPresent {
      let rest = status.conditions.filter { $0.type != "ReplicaFailure" }
      status.conditions = List(tree: rest.isEmpty ? .null : List(rest).tree)
    }
  }
}
