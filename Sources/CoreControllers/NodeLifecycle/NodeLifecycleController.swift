package import CoreObjects

/// Finds nodes that no longer report, marks their pods as not ready, and taints nodes that are not ready.
/// Source: pkg/controller/nodelifecycle, v1.36.
///
/// A node with a Lease reports by renewing it; one without counts as reporting, as all nodes of a simulation do.
package struct NodeLifecycleController: Controller {
  /// How long a node's Lease may be silent. Source: --node-monitor-grace-period, v1.36.
  package static let grace = Duration.seconds(50)
  /// How long a new node may take to its first status. Source: --node-startup-grace-period, v1.36.
  static let startupGrace = Duration.seconds(60)
  package static let leaseNamespace = "kube-node-lease"
  /// The key for all nodes together; no node can have this name.
  private static let together = ObjectKey(.nodes, "*")
  /// What is unknown of a node that is silent.
  private static let reported = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]
  package let name = "node-controller"
  package var resources: Set<ResourceID>? { [.nodes, .leases] }

  private struct Known: Sendable {
    var since: Instant
    var reference: JSON
  }
  /// Nodes that were seen, since when: after a start each gets the whole grace.
  private var known: [String: Known] = [:]
  private var zones = ZoneEviction()

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    if key.resource == .nodes {
      if change.kind == .modified, let previous = change.previous, ZoneEviction.isSame(previous, change.object) { return [key] }
      return [key, Self.together]
    }
    // A renewed Lease only matters once the node counts as lost; a silent one is met by the wake-up.
    guard key.resource == .leases, key.namespace == Self.leaseNamespace, let node = snapshot.store.get(.nodes, key.name) else {
      return []
    }
    return change.kind == .added || node.view(Node.self).ready.status == "Unknown" ? [node.key] : []
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    if key == Self.together { return zones.plan(snapshot.store.list(.nodes), at: now) }
    guard let stored = snapshot.store.get(key) else { return remove(key) }
    guard stored.metadata.deletionTimestamp == nil else { return Plan() }
    var plan = Plan()
    let since = greet(stored, &plan, now)
    let node = stored.view(Node.self)
    if let due = due(node, snapshot.store, since) {
      if due > now {
        plan.wake(at: due)
      } else if node.ready.status != "Unknown" {
        // The taints follow at the next look, which the new status brings.
        markLost(node, &plan, stored, snapshot.store, now)
        return plan
      }
    }
    plan.changes += NodeTaints.update(node, stored, at: now)
    return plan
  }

  /// Whether the Lease of a node has not been renewed for too long.
  package static func isSilent(_ node: String, _ store: Store, at now: Instant) -> Bool {
    silence(ofLease: node, store).map { $0.renewed + $0.grace <= now } ?? false
  }

  /// When the Lease of a node was renewed and when its silence counts: a cluster whose time runs fast has longer ones.
  private static func silence(ofLease node: String, _ store: Store) -> (renewed: Instant, grace: Duration)? {
    let lease = store.get(.leases, namespace: leaseNamespace, node)?.view(Lease.self)
    guard let lease, let renewed = lease.spec.renewTime.flatMap({ Instant(rfc3339: $0) }) else { return nil }
    // As much longer than the Lease as upstream's is.
    return (renewed, max(grace, .seconds(lease.spec.leaseDurationSeconds ?? 0) * 5 / 4))
  }

  private mutating func greet(_ stored: StoredObject, _ plan: inout Plan, _ now: Instant) -> Instant {
    if let known = known[stored.key.name] { return known.since }
    let reference: JSON = [
      "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(stored.key.name), "uid": .string(stored.uid)],
    ]
    known[stored.key.name] = Known(since: now, reference: reference)
    let message = "Node \(stored.key.name) event: the node controller knows the node"
    plan.changes.append(
      Change(.nothing, succeeded: EventDraft(.normal, "RegisteredNode", message, about: reference)))
    return now
  }

  private mutating func remove(_ key: ObjectKey) -> Plan {
    guard let known = known.removeValue(forKey: key.name) else { return Plan() }
    let message = "Node \(key.name) event: the node controller forgets the node"
    return Plan(changes: [
      Change(.nothing, succeeded: EventDraft(.normal, "RemovingNode", message, about: known.reference))
    ])
  }

  /// When the node's silence counts; nil: it needs no sign of life.
  private func due(_ node: Node, _ store: Store, _ since: Instant) -> Instant? {
    let name = node.metadata.name ?? ""
    if let (renewed, grace) = Self.silence(ofLease: name, store) { return max(renewed, since) + grace }
    guard node.ready.isAbsent else { return nil }
    return (node.metadata.creationTimestamp.flatMap { Instant(rfc3339: $0) } ?? since) + Self.startupGrace
  }

  private func markLost(_ found: Node, _ plan: inout Plan, _ stored: StoredObject, _ store: Store, _ now: Instant) {
    var node = found
    let wasReady = node.ready.status == "True"
    for type in Self.reported {
      let old = node.status.conditions.first { $0.type == type }
      if old?.status == "Unknown" { continue }
      var condition = old ?? NodeCondition()
      condition.type = type
      condition.status = "Unknown"
      condition.reason = old == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
      condition.message =
        old == nil ? "the node has never reported" : "the node has not reported for \(Self.grace.nanoseconds / 1_000_000_000) s"
      if old == nil { condition.lastHeartbeatTime = node.metadata.creationTimestamp }
      condition.lastTransitionTime = now.rfc3339
      if let index = node.status.conditions.tree.elements.firstIndex(where: { $0[.type].string == type }) {
        node.status.conditions[index] = condition
      } else {
        node.status.conditions.append(condition)
      }
    }
    // The pods first: once the node counts as lost they are not looked at again.
    if wasReady { plan.changes += Self.pods(of: stored.key.name, store).compactMap { Self.unready($0, now) } }
    let merge: JSON = ["status": ["conditions": node.status.conditions.tree]]
    var change = Change(.patch(stored.key, subresource: "status", merge: merge), tolerated: Change.untilGone)
    if wasReady {
      change.succeeded = stored.event(.normal, "NodeNotReady", "Node \(stored.key.name) status is now: NodeNotReady")
    }
    plan.changes.append(change)
  }

  private static func pods(of node: String, _ store: Store) -> [StoredObject] {
    store.list(.pods).filter { $0.tree[.spec][.nodeName].string == node }
  }

  /// Source: MarkPodsNotReady, pkg/controller/util/node/controller_utils.go, v1.36.
  private static func unready(_ stored: StoredObject, _ now: Instant) -> Change? {
    var pod = stored.view(Pod.self)
    guard let index = pod.status.conditions.tree.elements.firstIndex(where: { $0[.type].string == "Ready" }),
      pod.status.conditions[index].status != "False"
    else { return nil }
    pod.status.conditions[index].status = "False"
    pod.status.conditions[index].lastTransitionTime = now.rfc3339
    return Change(
      .updateStatus(.pods, tree: pod.tree),
      succeeded: stored.event(.warning, "NodeNotReady", "Node is not ready"),
      tolerated: Change.untilGone)
  }
}
