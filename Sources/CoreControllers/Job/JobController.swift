package import CoreObjects

/// Runs pods to completion, counting each exactly once; deletes jobs whose time after the end is over.
/// Source: pkg/controller/job and pkg/controller/ttlafterfinished, v1.36.
package struct JobController: Controller {
  static let finalizer = "batch.kubernetes.io/job-tracking"
  static let indexAnnotation = "batch.kubernetes.io/job-completion-index"
  static let indexKey = Key(indexAnnotation)
  static let failuresAnnotation = "batch.kubernetes.io/job-index-failure-count"
  static let ignoredFailuresAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count"
  /// spec.managedBy of the jobs that are ours.
  static let manager = "kubernetes.io/job-controller"
  package let name = "job-controller"
  package var resources: Set<ResourceID>? { [.jobs, .pods] }
  /// Pods that the last plan of a job asked for and that have not come; those that are not there at the next look were refused.
  private var planned: [ObjectKey: [String]] = [:]
  private var orphans = OrphanPods()

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    orphans.record(change)
    let key = change.object.key
    switch key.resource {
    case .jobs:
      if change.kind != .deleted { return [key] }
      planned[key] = nil
      return snapshot.store.owned(by: change.object.uid).filter { $0.key.resource == .pods && JobController.isTracked($0) }.map(
        \.key)
    case .pods:
      if change.kind == .modified, let previous = change.previous {
        // Most pods are of others.
        let controller = change.object.controllerReference
        let isElsewhere = !controller.isNull && !controller[.kind].isText("Job") && !JobController.isTracked(change.object)
        if isElsewhere || Self.isSamePod(previous, change.object) { return [] }
      }
      let owner = change.object.controller
      if let owner, owner.tree[.kind].isText("Job") {
        let job = ObjectKey(.jobs, namespace: key.namespace, owner.name ?? "")
        if change.kind == .added { recordArrival(of: key.name, job) }
        if snapshot.store.get(job)?.uid == owner.uid { return [job] }
      }
      let ownKey = change.kind != .deleted && JobController.isTracked(change.object) ? [key] : []
      return owner == nil ? ownKey + jobs(around: change, snapshot.store) : ownKey
    default: return []
    }
  }

  /// A pod that came and goes before the next look was not refused.
  private mutating func recordArrival(of pod: String, _ job: ObjectKey) {
    guard let place = planned[job]?.firstIndex(of: pod) else { return }
    planned[job]?.remove(at: place)
    if planned[job]?.isEmpty == true { planned[job] = nil }
  }

  /// Whether nothing that a job counts is another: a pod that is given a node or waits for its image is still just active.
  private static func isSamePod(_ old: StoredObject, _ new: StoredObject) -> Bool {
    guard old.view(Pod.self).isIn(.pending), new.view(Pod.self).isIn(.pending) else { return false }
    let (before, after) = (old.tree[.metadata], new.tree[.metadata])
    return before[.deletionTimestamp] == after[.deletionTimestamp] && before[.labels] == after[.labels]
      && before[.finalizers] == after[.finalizers] && before[.ownerReferences] == after[.ownerReferences]
      && restarts(old.tree[.status]) == restarts(new.tree[.status])
  }

  private static func restarts(_ status: JSON) -> Int {
    var total = 0
    for container in status[.containerStatuses].elements { total += container[.restartCount].int ?? 0 }
    for container in status[.initContainerStatuses].elements { total += container[.restartCount].int ?? 0 }
    return total
  }

  /// Jobs that lose an orphan with this change, or that may adopt it.
  private func jobs(around change: StoreChange, _ store: Store) -> [ObjectKey] {
    let released = OwnedPods.ownerBefore(change, kind: "Job", .jobs)
    let labels = change.object.metadata.labels
    return released
      + store.list(.jobs, namespace: change.object.key.namespace).filter {
        let selector = $0.view(Job.self).spec.selector
        return !selector.isAbsent && selector.matches(labels) && !released.contains($0.key)
      }.map(\.key)
  }

  static func isTracked(_ pod: StoredObject) -> Bool {
    pod.tree[.metadata][.finalizers].elements.contains { $0.isText(finalizer) }
  }

  /// The pod without the finalizer: its end has been counted, or nobody counts it any more.
  static func release(_ pod: StoredObject) -> Change {
    let rest = pod.metadata.finalizers.values.filter { $0 != finalizer }
    let finalizers: JSON = rest.isEmpty ? .null : List(rest).tree
    return Change(
      .patch(
        pod.key, subresource: "",
        merge: .object([Member(key: .metadata, value: .object([Member(key: .finalizers, value: finalizers)]))])),
      tolerated: Change.untilGone)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    let expected = planned.removeValue(forKey: key) ?? []
    guard let stored = snapshot.store.get(key) else { return Plan() }
    if key.resource == .pods { return orphan(stored, snapshot.store) }
    let job = stored.view(Job.self)
    if let manager = job.spec.managedBy, manager != JobController.manager { return Plan() }
    let wasRefused = expected.contains { snapshot.store.get(.pods, namespace: key.namespace, $0) == nil }
    var sync = JobSync(stored, snapshot.store, now, wasRefused: wasRefused)
    if sync.isFinished {
      sync.cleanUp()
      return sync.plan
    }
    if !job.spec.selector.isAbsent {
      let finalizer = JobController.finalizer
      let claims = OwnedPods.claim(
        stored, job.spec.selector, orphans, snapshot.store, owned: sync.pods.map(\.stored), finalizer: finalizer)
      if !claims.isEmpty { return Plan(changes: claims) }
    }
    sync.run()
    if !sync.added.isEmpty { planned[key] = sync.added }
    return sync.plan
  }

  /// A pod whose job is gone. Source: syncOrphanPod, job_controller.go, v1.36.
  private func orphan(_ pod: StoredObject, _ store: Store) -> Plan {
    guard JobController.isTracked(pod) else { return Plan() }
    if let owner = OwnedPods.controller(of: pod.metadata), owner.kind == "Job",
      store.get(.jobs, namespace: pod.key.namespace, owner.name ?? "")?.uid == owner.uid
    {
      return Plan()
    }
    return Plan(changes: [JobController.release(pod)])
  }
}
