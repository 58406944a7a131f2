import CoreJSON
package import CoreStore
package import CoreTypes

/// Notices nodes that no longer report, and taints what is not ready. Source: pkg/controller/nodelifecycle, v1.36.
package struct NodeLifecycleController: Controller {
  /// How long a node's Lease may be silent. Source: --node-monitor-grace-period, v1.36.
  package static let grace = Duration.seconds(50)
  static let leaseNamespace = "kube-node-lease"
  static let notReady = "node.kubernetes.io/not-ready"
  static let unreachable = "node.kubernetes.io/unreachable"
  /// Taints for conditions of a node that hold.
  private static let pressures = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"), ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"), ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
  ]
  package let name = "node-controller"

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    if key.resource == .nodes { return change.kind == .deleted ? [] : [key] }
    // A renewed Lease only matters once the node counts as lost; a silent one is met by the wake-up.
    guard key.resource == .leases, key.namespace == Self.leaseNamespace, let node = snapshot.store.get(.nodes, key.name) else {
      return []
    }
    return change.kind == .added || Self.ready(node.view(Node.self)).status == "Unknown" ? [node.key] : []
  }

  private static func ready(_ node: Node) -> NodeCondition {
    node.status.conditions.first { $0.type == "Ready" } ?? NodeCondition()
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    var plan = Plan()
    var node = stored.view(Node.self)
    if let lease = snapshot.store.get(.leases, namespace: Self.leaseNamespace, key.name)?.view(Lease.self),
      let renewed = lease.spec.renewTime.flatMap({ Instant(rfc3339: $0) })
    {
      let due = renewed + Self.grace
      if due > now {
        plan.wake(at: due)
      } else if Self.ready(node).status == "True" {
        lose(&node, &plan, stored, now)
      }
    }
    taint(node, stored, &plan, now)
    return plan
  }

  private func lose(_ node: inout Node, _ plan: inout Plan, _ stored: StoredObject, _ now: Instant) {
    var conditions: [NodeCondition] = []
    for var condition in node.status.conditions {
      if condition.status != "Unknown" { condition.lastTransitionTime = now.rfc3339 }
      condition.status = "Unknown"
      condition.reason = "NodeStatusUnknown"
      condition.message = "the node has not reported for \(Self.grace.nanoseconds / 1_000_000_000) s"
      conditions.append(condition)
    }
    node.status.conditions = List(conditions)
    let merge: JSON = ["status": ["conditions": node.status.conditions.tree]]
    plan.changes.append(
      Change(
        .patch(stored.key, subresource: "status", merge: merge),
        succeeded: EventDraft(
          .normal, reason: "NodeNotReady", message: "Node \(stored.key.name) status is now: NodeNotReady", about: stored.tree)))
  }

  private func taint(_ node: Node, _ stored: StoredObject, _ plan: inout Plan, _ now: Instant) {
    var wanted: [(key: String, effect: String)] = []
    switch Self.ready(node).status {
    case "True": break
    case "False": wanted = [(Self.notReady, "NoSchedule"), (Self.notReady, "NoExecute")]
    case "Unknown": wanted = [(Self.unreachable, "NoSchedule"), (Self.unreachable, "NoExecute")]
    default: wanted = [(Self.notReady, "NoSchedule")]
    }
    for (type, taint) in Self.pressures where node.status.conditions.contains(where: { $0.type == type && $0.status == "True" }) {
      wanted.append((taint, "NoSchedule"))
    }
    if node.spec.unschedulable == true { wanted.append(("node.kubernetes.io/unschedulable", "NoSchedule")) }
    let ours = Set([Self.notReady, Self.unreachable, "node.kubernetes.io/unschedulable"] + Self.pressures.map(\.1))
    var taints = node.spec.taints.filter { taint in
      !ours.contains(taint.key ?? "") || wanted.contains { $0.key == taint.key && $0.effect == taint.effect }
    }
    for (key, effect) in wanted where !taints.contains(where: { $0.key == key && $0.effect == effect }) {
      var taint = Taint()
      taint.key = key
      taint.effect = effect
      taint.timeAdded = now.rfc3339
      taints.append(taint)
    }
    if taints == Array(stored.view(Node.self).spec.taints) { return }
    let merge: JSON = ["spec": .object([Member(key: .taints, value: taints.isEmpty ? .null : List(taints).tree)])]
    plan.changes.append(Change(.patch(stored.key, subresource: "", merge: merge), tolerated: ["NotFound"]))
  }
}
