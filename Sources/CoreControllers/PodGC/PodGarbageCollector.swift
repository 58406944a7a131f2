package import CoreObjects

/// Deletes pods of nodes that are gone, terminating pods that no node will end, and the oldest ended pods once there are too
/// many. Source: pkg/controller/podgc, v1.36.
package struct PodGarbageCollector: Controller {
  /// Ended pods kept at the most. Source: --terminated-pod-gc-threshold of kube-controller-manager, v1.36.
  package static let endedLimit = 12_500
  /// How long a node must be away. Source: quarantineTime, gc_controller.go, v1.36.
  static let quarantine = Duration.seconds(40)
  static let outOfService = "node.kubernetes.io/out-of-service"
  package let name = "pod-garbage-collector"
  package var resources: Set<ResourceID>? { [.pods, .nodes] }
  private let endedLimit: Int
  /// Pods whose node is away, since when.
  private var lost: [ObjectKey: Instant] = [:]

  package init(endedLimit: Int = PodGarbageCollector.endedLimit) { self.endedLimit = endedLimit }

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .pods:
      if change.kind == .deleted { return lost[key] == nil ? [] : [key] }
      let pod = change.object
      if Self.isStranded(pod, pod.view(Pod.self), snapshot.store) { return [key] }
      if pod.view(Pod.self).isOver, snapshot.store.count(.pods) > endedLimit { return [key] }
      // A node that goes leads to all of its pods by itself.
      if change.kind == .modified, change.previous?.tree[.spec] == pod.tree[.spec] { return [] }
      guard let node = pod.tree[.spec][.nodeName].string, !node.isEmpty, snapshot.store.get(.nodes, node) == nil else {
        return []
      }
      return [key]
    case .nodes:
      if change.kind == .modified, !Self.isOutOfService(change.object.view(Node.self)) { return [] }
      return snapshot.store.list(.pods).filter { $0.tree[.spec][.nodeName].string == key.name }.map(\.key)
    default: return []
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else {
      lost[key] = nil
      return Plan()
    }
    let pod = stored.view(Pod.self)
    if let node = pod.spec.nodeName, !node.isEmpty, snapshot.store.get(.nodes, node) == nil {
      return orphan(stored, pod, node, now)
    }
    lost[key] = nil
    if Self.isStranded(stored, pod, snapshot.store) { return end(stored, pod) }
    return pod.isOver ? trim(snapshot.store) : Plan()
  }

  private static func isOutOfService(_ node: Node) -> Bool {
    node.ready.status != "True" && node.spec.taints.contains { $0.key == outOfService }
  }

  /// A pod that is to go and has no node, or one that is out of service, has nobody to end it.
  /// Source: gcTerminating and gcUnscheduledTerminating, gc_controller.go, v1.36.
  private static func isStranded(_ stored: StoredObject, _ pod: Pod, _ store: Store) -> Bool {
    guard !stored.tree[.metadata][.deletionTimestamp].isNull else { return false }
    if pod.isOver, stored.metadata.deletionGracePeriodSeconds == 0 { return false }
    guard let name = pod.spec.nodeName, !name.isEmpty else { return true }
    return store.get(.nodes, name).map { isOutOfService($0.view(Node.self)) } ?? false
  }

  private func end(_ stored: StoredObject, _ pod: Pod) -> Plan {
    var plan = Plan()
    if !pod.isOver {
      var failed = pod
      failed.status.phase = PodPhase.failed.rawValue
      plan.changes.append(Change(.updateStatus(.pods, tree: failed.tree), tolerated: Change.untilGone))
    }
    plan.changes.append(.delete(stored, graceSeconds: 0))
    return plan
  }

  private mutating func orphan(_ stored: StoredObject, _ pod: Pod, _ node: String, _ now: Instant) -> Plan {
    let since = lost[stored.key] ?? now
    lost[stored.key] = since
    if since + PodGarbageCollector.quarantine > now { return Plan(wakeAt: since + PodGarbageCollector.quarantine) }
    var plan = Plan()
    if !pod.isOver {
      let failed = PodDisruption.marked(
        pod, reason: "DeletionByPodGC", message: "the node \"\(node)\" is gone", isOver: true, at: now)
      plan.changes.append(Change(.updateStatus(.pods, tree: failed.tree), tolerated: Change.untilGone))
    }
    plan.changes.append(.delete(stored, graceSeconds: 0))
    return plan
  }

  /// The oldest ended pods beyond the limit.
  private func trim(_ store: Store) -> Plan {
    guard store.count(.pods) > endedLimit else { return Plan() }
    let ended = store.list(.pods).filter { $0.view(Pod.self).isOver && $0.metadata.deletionTimestamp == nil }
    guard ended.count > endedLimit else { return Plan() }
    let oldest = ended.sorted {
      ($0.metadata.creationTimestamp ?? "", $0.key.name) < ($1.metadata.creationTimestamp ?? "", $1.key.name)
    }.prefix(ended.count - endedLimit)
    return Plan(changes: oldest.map { .delete($0, graceSeconds: 0) })
  }
}

/// The mark of a pod that is ended from outside.
enum PodDisruption {
  static func marked(_ pod: Pod, reason: String, message: String, isOver: Bool, at now: Instant) -> Pod {
    var pod = pod
    var condition = pod.status.conditions.first { $0.type == "DisruptionTarget" } ?? PodCondition()
    if condition.status != "True" { condition.lastTransitionTime = now.rfc3339 }
    condition.type = "DisruptionTarget"
    condition.status = "True"
    condition.reason = reason
    condition.message = message
    pod.status.conditions = List(pod.status.conditions.filter { $0.type != "DisruptionTarget" } + [condition])
    if isOver { pod.status.phase = PodPhase.failed.rawValue }
    return pod
  }
}
