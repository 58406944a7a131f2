import CoreObjects

/// Which of the nodes that are not ready get the taint that evicts their pods, and how fast: zone by zone, one node after the
/// other, and none at all while no node of any zone is ready, since then it is rather we who are cut off.
/// Source: handleDisruption and doNoExecuteTaintingPass, pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.36.
struct ZoneEviction: Sendable {
  enum State: Equatable {
    case normal
    /// More than two nodes and 55 % of the zone are not ready.
    case partialDisruption
    case fullDisruption

    init(ready: Int, notReady: Int) {
      if ready == 0, notReady > 0 {
        self = .fullDisruption
      } else if notReady > 2, notReady * 100 >= 55 * (ready + notReady) {
        self = .partialDisruption
      } else {
        self = .normal
      }
    }
  }
  /// Seconds between two nodes of a zone. Source: --node-eviction-rate 0.1 and --secondary-node-eviction-rate 0.01, v1.36.
  static let interval = Duration.seconds(10)
  static let slowInterval = Duration.seconds(100)
  /// Zones of at most this many nodes evict nothing under partial disruption. Source: --large-cluster-size-threshold, v1.36.
  static let largeZone = 50

  /// When a node of the zone was last tainted.
  private var last: [String: Instant] = [:]

  /// Whether a change of a node matters to its zone.
  static func isSame(_ old: StoredObject, _ new: StoredObject) -> Bool {
    let before = old.view(Node.self)
    let after = new.view(Node.self)
    return before.ready.status == after.ready.status
      && before.spec.taints.tree == after.spec.taints.tree && zone(of: before) == zone(of: after)
  }

  private static func zone(of node: Node) -> String {
    let labels = node.metadata.labels
    return (labels["topology.kubernetes.io/region"] ?? "") + "/" + (labels["topology.kubernetes.io/zone"] ?? "")
  }

  mutating func plan(_ nodes: [StoredObject], at now: Instant) -> Plan {
    var zones: [String: [StoredObject]] = [:]
    for stored in nodes where !stored.view(Node.self).ready.isAbsent {
      zones[ZoneEviction.zone(of: stored.view(Node.self)), default: []].append(stored)
    }
    let names = zones.keys.sorted()
    let states = names.map { name in
      let ready = zones[name]!.count { NodeTaints.readiness($0.view(Node.self)) == nil }
      return State(ready: ready, notReady: zones[name]!.count - ready)
    }
    if states.allSatisfy({ $0 == .fullDisruption }) { return Plan(changes: nodes.compactMap { ZoneEviction.spare($0) }) }
    var plan = Plan()
    for (name, state) in zip(names, states) { evict(name, state, zones[name]!, &plan, now) }
    return plan
  }

  private static func spare(_ stored: StoredObject) -> Change? {
    let taints = Array(stored.view(Node.self).spec.taints)
    let kept = taints.filter { !NodeTaints.isEviction($0) }
    return kept.count == taints.count ? nil : NodeTaints.replace(kept, of: stored)
  }

  private mutating func evict(_ zone: String, _ state: State, _ nodes: [StoredObject], _ plan: inout Plan, _ now: Instant) {
    var waiting: [(since: String, stored: StoredObject, key: String)] = []
    for stored in nodes {
      let node = stored.view(Node.self)
      guard let key = NodeTaints.readiness(node) else { continue }
      let present = node.spec.taints.filter { NodeTaints.isEviction($0) }
      if present.contains(where: { $0.key == key }), present.count == 1 { continue }
      if !present.isEmpty {
        // From unreachable to not ready and back: the pods are on their way already.
        plan.changes.append(ZoneEviction.taint(stored, node, key, now))
      } else {
        waiting.append((node.ready.lastTransitionTime ?? "", stored, key))
      }
    }
    guard let next = waiting.min(by: { ($0.since, $0.stored.key.name) < ($1.since, $1.stored.key.name) }) else { return }
    if state == .partialDisruption, nodes.count <= ZoneEviction.largeZone { return }
    let interval = state == .partialDisruption ? ZoneEviction.slowInterval : ZoneEviction.interval
    if let last = last[zone], last + interval > now { return plan.wake(at: last + interval) }
    last[zone] = now
    plan.changes.append(ZoneEviction.taint(next.stored, next.stored.view(Node.self), next.key, now))
    if waiting.count > 1 { plan.wake(at: now + interval) }
  }

  private static func taint(_ stored: StoredObject, _ node: Node, _ key: String, _ now: Instant) -> Change {
    NodeTaints.replace(
      node.spec.taints.filter { !NodeTaints.isEviction($0) } + [NodeTaints.make(key, "NoExecute", now)], of: stored)
  }
}
