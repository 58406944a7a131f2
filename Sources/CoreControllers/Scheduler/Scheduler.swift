import CoreJSON
package import CoreStore
package import CoreTypes

/// Binds pods to nodes: filters by what a pod needs, scores what is left. Source: pkg/scheduler, v1.36 (default profile).
package struct Scheduler: Controller {
  package static let schedulerName = "default-scheduler"
  /// Upstream flushes pods that do not fit every 5 minutes; a change of a node or pod comes earlier.
  static let retry = Duration.seconds(300)

  package let name = "default-scheduler"
  /// Pods that fitted nowhere, to be looked at again when room may have come.
  private var waiting: Set<ObjectKey> = []
  private var cluster = ClusterUsage()

  package init() {}

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .pods:
      cluster.note(change)
      let pod = change.object.view(Pod.self)
      if change.kind == .deleted || Scheduler.isOver(pod) { return (pod.spec.nodeName ?? "").isEmpty ? [] : waiting.sorted() }
      return Scheduler.isWaiting(pod) ? [change.object.key] : []
    case .nodes:
      if let previous = change.previous, change.kind == .modified, Scheduler.isSame(previous, change.object) { return [] }
      return waiting.sorted()
    case .persistentVolumeClaims, .persistentVolumes, .storageClasses: return waiting.sorted()
    default: return []
    }
  }

  /// A heartbeat makes no room.
  private static func isSame(_ old: StoredObject, _ new: StoredObject) -> Bool {
    old.tree[.spec] == new.tree[.spec] && old.tree[.status][.allocatable] == new.tree[.status][.allocatable]
      && old.tree[.metadata][.labels] == new.tree[.metadata][.labels]
  }

  private static func isWaiting(_ pod: Pod) -> Bool {
    (pod.spec.nodeName ?? "").isEmpty && pod.metadata.deletionTimestamp == nil && !isOver(pod) && pod.spec.schedulingGates.isEmpty
      && (pod.spec.schedulerName ?? schedulerName) == schedulerName
  }

  static func isOver(_ pod: Pod) -> Bool { pod.status.phase == "Succeeded" || pod.status.phase == "Failed" }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), case let pod = stored.view(Pod.self), Scheduler.isWaiting(pod) else {
      waiting.remove(key)
      return Plan()
    }
    let nodes = snapshot.store.list(.nodes)
    let volumes = VolumeNeeds(pod, namespace: key.namespace, snapshot.store)
    if let problem = volumes.problem { return refuse(stored, pod, problem, now) }
    var reasons: [String: Int] = [:]
    var best: (node: StoredObject, score: Int)?
    for node in nodes {
      if let reason = NodeFilter.refusal(
        of: pod, on: node.view(Node.self), node.key.name, cluster.usage(of: node.key.name), volumes)
      {
        reasons[reason, default: 0] += 1
        continue
      }
      let score = NodeScore.score(pod, node.view(Node.self), cluster.usage(of: node.key.name))
      if best == nil || score > best!.score { best = (node, score) }
    }
    guard let best else {
      if nodes.isEmpty { return refuse(stored, pod, "no node is there to run the pod", now) }
      let told = reasons.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
      return refuse(stored, pod, "0/\(nodes.count) nodes are available: \(told).", now)
    }
    let node = best.node.key.name
    if !volumes.unbound.isEmpty || volumes.isProvisioning {
      waiting.insert(key)
      return Plan(changes: volumes.unbound.map { selectNode(node, for: $0) }, wakeAt: now + Scheduler.retry)
    }
    waiting.remove(key)
    let message = "Successfully assigned \(key.namespace)/\(key.name) to \(node)"
    return Plan(changes: [
      Change(
        .bind(pod: key, uid: stored.uid, node: node),
        succeeded: EventDraft(.normal, reason: "Scheduled", message: message, about: stored.tree))
    ])
  }

  /// A claim that waits for its first consumer learns the node; the pod is bound once the claim is.
  private func selectNode(_ node: String, for claim: ObjectKey) -> Change {
    Change(
      .patch(claim, subresource: "", merge: ["metadata": ["annotations": ["volume.kubernetes.io/selected-node": .string(node)]]]))
  }

  private mutating func refuse(_ stored: StoredObject, _ pod: Pod, _ message: String, _ now: Instant) -> Plan {
    waiting.insert(stored.key)
    var plan = Plan(wakeAt: now + Scheduler.retry)
    let told = pod.status.conditions.first { $0.type == "PodScheduled" }
    if told?.status == "False", told?.message == message { return plan }
    var updated = pod
    var condition = told ?? PodCondition()
    if condition.status != "False" { condition.lastTransitionTime = now.rfc3339 }
    condition.type = "PodScheduled"
    condition.status = "False"
    condition.reason = "Unschedulable"
    condition.message = message
    updated.status.conditions.removeAll { $0.type == "PodScheduled" }
    updated.status.conditions.append(condition)
    plan.changes.append(
      Change(
        .updateStatus(.pods, tree: updated.tree),
        succeeded: EventDraft(.warning, reason: "FailedScheduling", message: message, about: stored.tree)))
    return plan
  }
}
