package import CoreObjects

/// Binds pods to nodes: filters by what a pod needs, scores what is left. Source: pkg/scheduler, v1.36 (default profile).
package struct Scheduler: Controller {
  package static let schedulerName = "default-scheduler"
  /// Upstream flushes pods that do not fit every 5 minutes; a change of a node or pod comes earlier.
  static let retry = Duration.seconds(300)

  package let name = "default-scheduler"
  package var resources: Set<ResourceID>? {
    [.pods, .nodes, .namespaces, .persistentVolumeClaims, .persistentVolumes, .storageClasses, .podDisruptionBudgets]
  }
  private var queue = SchedulingQueue()
  private(set) var cluster = ClusterUsage()
  private(set) var shapes = NodeShapes()

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .pods:
      if Scheduler.isSamePod(change) { return [] }
      cluster.record(change, snapshot.store)
      return podChanged(change)
    case .nodes:
      shapes.invalidate()
      if change.kind == .deleted { cluster.remove(node: key.name) }
      if let previous = change.previous, change.kind == .modified, Scheduler.isSame(previous, change.object) { return [] }
      return queue.activateWaiting()
    case .namespaces:
      if change.kind == .modified, change.previous?.metadata.labels != change.object.metadata.labels {
        cluster.counts.removeAll()
      }
      return []
    case .persistentVolumeClaims, .persistentVolumes, .storageClasses, .podDisruptionBudgets: return queue.activateWaiting()
    default: return []
    }
  }

  /// Whether a write of a placed pod leaves all that placing others asks for.
  private static func isSamePod(_ change: StoreChange) -> Bool {
    guard change.kind == .modified, let old = change.previous?.tree, case let new = change.object.tree,
      old[.spec] == new[.spec], new[.spec][.nodeName].string?.isEmpty == false
    else { return false }
    let (before, after) = (old[.metadata], new[.metadata])
    return before[.deletionTimestamp] == after[.deletionTimestamp] && before[.labels] == after[.labels]
      && old[.status][.phase] == new[.status][.phase]
  }

  private mutating func podChanged(_ change: StoreChange) -> [ObjectKey] {
    let key = change.object.key
    let pod = change.object.view(Pod.self)
    let isOurs = Scheduler.isOurs(pod)
    let isGated = isOurs && !pod.spec.schedulingGates.isEmpty
    if change.kind != .deleted, isOurs, !isGated {
      if let previous = change.previous?.view(Pod.self), queue.isReported(key), Scheduler.isSameRequest(previous, pod) {
        return []
      }
      queue.activate(key, priority: pod.spec.priority ?? 0)
      return [key]
    }
    queue.remove(key)
    if isGated { return change.kind == .deleted ? [] : [key] }
    if !queue.hasWaiting { return [] }
    let before = change.previous?.view(Pod.self)
    let (was, now) = (before.flatMap { Scheduler.hold(of: $0) }, change.kind == .deleted ? nil : Scheduler.hold(of: pod))
    if was != nil, now == nil { return queue.activateWaiting() }
    if was == now, before?.metadata.labels == pod.metadata.labels,
      before?.metadata.deletionTimestamp == pod.metadata.deletionTimestamp
    {
      return []
    }
    return queue.activateNeighbourly()
  }

  /// What the scheduler writes itself about a pod that waits is no reason to look at it again, unless it has lost its place.
  private static func isSameRequest(_ old: Pod, _ new: Pod) -> Bool {
    isWaiting(old) && old.spec == new.spec && old.metadata.labels == new.metadata.labels
      && (old.status.nominatedNodeName == new.status.nominatedNodeName || new.status.nominatedNodeName != nil)
  }

  /// The node where a pod takes room, or where room is kept for it.
  private static func hold(of pod: Pod) -> String? {
    if let node = ClusterUsage.place(of: pod) { return node }
    guard let node = pod.status.nominatedNodeName, !node.isEmpty, isWaiting(pod) else { return nil }
    return node
  }

  /// A heartbeat makes no room.
  private static func isSame(_ old: StoredObject, _ new: StoredObject) -> Bool {
    old.tree[.spec] == new.tree[.spec] && old.tree[.status][.allocatable] == new.tree[.status][.allocatable]
      && old.tree[.metadata][.labels] == new.tree[.metadata][.labels]
  }

  private static func isOurs(_ pod: Pod) -> Bool {
    (pod.spec.nodeName ?? "").isEmpty && pod.metadata.deletionTimestamp == nil && !pod.isOver
      && (pod.spec.schedulerName ?? schedulerName) == schedulerName
  }

  private static func isWaiting(_ pod: Pod) -> Bool { isOurs(pod) && pod.spec.schedulingGates.isEmpty }
  private static func isGated(_ pod: Pod) -> Bool { isOurs(pod) && !pod.spec.schedulingGates.isEmpty }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), case let pod = stored.view(Pod.self), Scheduler.isOurs(pod) else {
      queue.remove(key)
      return Plan()
    }
    if Scheduler.isGated(pod) {
      queue.remove(key)
      return SchedulingStatus.gated(pod, now)
    }
    if queue.isOutranked(key) { return Plan(wakeAt: now) }
    queue.begin(key)
    let attempt = SchedulingAttempt(stored, pod, shapes.list(snapshot.store, &cluster), snapshot.store)
    cluster.counts.count(attempt.queries, snapshot.store)
    var diagnosis = Diagnosis(nodes: attempt.nodes.count, problem: attempt.volumes.problem)
    guard let node = place(attempt, &diagnosis) else { return refuse(attempt, diagnosis, now) }
    if !attempt.volumes.isBound {
      queue.wait(attempt)
      return Plan(changes: attempt.volumes.bindings(on: node), wakeAt: now + Scheduler.retry)
    }
    queue.remove(key)
    let message = "Successfully assigned \(key.namespace)/\(key.name) to \(node.name)"
    return Plan(changes: [
      Change(
        .bind(pod: key, uid: stored.uid, node: node.name),
        succeeded: stored.event(.normal, "Scheduled", message, action: "Binding"))
    ])
  }

  /// The best node; the one where room was made for the pod, if it fits there now.
  private func place(_ attempt: SchedulingAttempt, _ diagnosis: inout Diagnosis) -> NodeShape? {
    if diagnosis.problem != nil { return nil }
    let rules = attempt.rules(cluster)
    if let nominated = attempt.pod.status.nominatedNodeName, !nominated.isEmpty,
      let node = attempt.nodes.first(where: { $0.name == nominated }),
      attempt.refusal(on: Candidate(node, cluster), cluster, rules) == nil
    {
      return node
    }
    var fitting: [Candidate] = []
    fitting.reserveCapacity(attempt.nodes.count)
    for node in attempt.nodes {
      let candidate = Candidate(node, cluster)
      if let refusal = attempt.refusal(on: candidate, cluster, rules) {
        diagnosis.refusals.append((node, refusal))
      } else {
        fitting.append(candidate)
      }
    }
    return NodeScore.best(of: fitting, for: attempt, cluster)
  }

  /// Tells why the pod waits, and makes room for it if others may be sent away.
  private mutating func refuse(_ attempt: SchedulingAttempt, _ diagnosis: Diagnosis, _ now: Instant) -> Plan {
    queue.wait(attempt)
    var diagnosis = diagnosis
    var nominated: String?
    var victims: [Change] = []
    switch Preemption(attempt, cluster).outcome(diagnosis) {
    case .choice(let choice):
      nominated = choice.node.name
      victims = SchedulingStatus.preempt(choice, for: attempt, cluster, now)
    case .nothing(let why, let keepsPlace):
      diagnosis.preemption = why
      if keepsPlace { nominated = attempt.pod.status.nominatedNodeName }
    }
    var plan = SchedulingStatus.unschedulable(attempt, diagnosis.message, nominated: nominated, now)
    plan.changes += victims
    plan.wakeAt = now + Scheduler.retry
    return plan
  }
}
