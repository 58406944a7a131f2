import CoreObjects

extension StoredObject {
  fileprivate var ready: NodeCondition? { view(Node.self).status.conditions.first { $0.type == "Ready" } }
  fileprivate var isReadyNode: Bool { ready?.status == "True" }
  fileprivate var evictingTaints: [Taint] { view(Node.self).spec.taints.filter { $0.effect == "NoExecute" } }
  fileprivate var zone: String { metadata.labels["topology.kubernetes.io/zone"] ?? "" }
  /// Whether the pods of a node that is not ready are sent away.
  fileprivate var isEvicted: Bool {
    evictingTaints.contains { $0.key == "node.kubernetes.io/unreachable" || $0.key == "node.kubernetes.io/not-ready" }
  }
  /// The mark of a pod that is ended from outside, by its reason.
  fileprivate func isMarked(_ reason: String) -> Bool {
    view(Pod.self).status.conditions.contains { $0.type == "DisruptionTarget" && $0.status == "True" && $0.reason == reason }
  }
}

extension Toleration {
  fileprivate func covers(_ taint: Taint) -> Bool {
    if !(effect ?? "").isEmpty, effect != taint.effect { return false }
    if `operator` == "Exists" { return (key ?? "").isEmpty || key == taint.key }
    return key == taint.key && (value ?? "") == (taint.value ?? "")
  }
}

/// A node is lost 50 s after its last sign of life, not before; its pods are told first.
struct SilentNodesAreLost: Check {
  let name = "a node is lost after 50 s of silence, and its pods are not ready then"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let node = change.object
    guard node.key.resource == .nodes, change.kind == .modified, node.ready?.status == "Unknown",
      change.previous?.isReadyNode == true
    else { return nil }
    if Self.silence(node.key.name, facts) < .seconds(50) { return "\(node.key.name) is lost, though it was heard of" }
    let ready = facts.list(.pods).map(PodFacts.init).first { $0.node == node.key.name && $0.readySince != nil }
    return ready.map { "\(node.key.name) is lost, and its pod \($0.name) is ready" }
  }

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    let missed = facts.list(.nodes).first { $0.isReadyNode && Self.silence($0.key.name, facts) > .seconds(50) + Self.patience }
    return missed.map { "\($0.key.name) is silent and counts as ready" }
  }

  /// Conflicts and their back-offs are over by then.
  static let patience = Duration.seconds(60)

  private static func silence(_ node: String, _ facts: Facts) -> Duration {
    let lease = facts.get(.leases, namespace: "kube-node-lease", node)?.view(Lease.self)
    return lease?.spec.renewTime.flatMap { Instant(rfc3339: $0) }.map { facts.now - $0 } ?? .zero
  }
}

/// Pods leave a tainted node when their toleration runs out: not before, and soon after.
struct TolerationsAreKept: Check {
  let name = "a pod stays on a tainted node as long as it tolerates, and no longer"
  /// When each taint came, by node; when each pod came, by UID.
  private var taints: [String: [(taint: Taint, since: Instant)]] = [:]
  private var arrivals: [String: Instant] = [:]

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    switch object.key.resource {
    case .nodes:
      let before = taints.removeValue(forKey: object.key.name) ?? []
      if change.kind == .deleted { return nil }
      taints[object.key.name] = object.evictingTaints.map { taint in
        (taint, before.first { $0.taint == taint }?.since ?? facts.now)
      }
      return nil
    case .pods:
      let pod = PodFacts(object)
      if !pod.node.isEmpty, arrivals[object.uid] == nil { arrivals[object.uid] = facts.now }
      guard let previous = change.previous, object.isMarked("DeletionByTaintManager"),
        !previous.isMarked("DeletionByTaintManager")
      else { return nil }
      guard let due = due(pod) else { return "\(pod.name) is sent away from \(pod.node), and tolerates what is there" }
      // Times of the API are whole seconds.
      if due > facts.now + .seconds(1) { return "\(pod.name) is sent away from \(pod.node) and may stay until \(due.rfc3339)" }
      return nil
    default: return nil
    }
  }

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    for pod in facts.list(.pods).map(PodFacts.init) where !pod.isLeaving && !pod.isOver && facts.get(.nodes, pod.node) != nil {
      if let due = due(pod), due + SilentNodesAreLost.patience < facts.now {
        return "\(pod.name) stays on \(pod.node) after \(due.rfc3339)"
      }
    }
    return nil
  }

  /// nil: it may stay for ever. Of several tolerations the first that fits counts.
  private func due(_ pod: PodFacts) -> Instant? {
    let arrival = arrivals[pod.object.uid] ?? Instant(nanoseconds: 0)
    let tolerations = Array(pod.object.view(Pod.self).spec.tolerations)
    return (taints[pod.node] ?? []).compactMap { taint, since in
      guard let toleration = tolerations.first(where: { $0.covers(taint) }) else { return max(since, arrival) }
      return toleration.tolerationSeconds.map { max(since, arrival) + .seconds($0) }
    }.min()
  }
}

/// Zones of which more than half is away evict nobody, nor does a cluster of which everything is away; others go on.
struct ZonesEvict: Check {
  let name = "nodes that are not ready are evicted as their zone allows"
  private var delay = Delay()

  private enum State { case healthy, halfAway, away }

  private static func state(_ zone: String, _ facts: Facts) -> State {
    let nodes = facts.list(.nodes).filter { $0.zone == zone && $0.ready != nil }
    let away = nodes.count { !$0.isReadyNode }
    if !nodes.isEmpty, away == nodes.count { return .away }
    return away > 2 && away * 100 >= 55 * nodes.count ? .halfAway : .healthy
  }

  private static func isAllAway(_ facts: Facts) -> Bool { !facts.list(.nodes).contains { $0.isReadyNode } }

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let node = change.object
    guard node.key.resource == .nodes, change.kind == .modified, !facts.isUsers, node.isEvicted,
      change.previous?.isEvicted == false
    else { return nil }
    if node.isReadyNode { return "\(node.key.name) is evicted and is ready" }
    if Self.isAllAway(facts) { return "\(node.key.name) is evicted while every node is away" }
    return Self.state(node.zone, facts) == .halfAway ? "\(node.key.name) is evicted while half of its zone is away" : nil
  }

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    delay.look(facts, since: since) { facts in
      if Self.isAllAway(facts) { return [] }
      return Set(facts.list(.nodes).map(\.zone)).sorted().compactMap { zone in
        let waiting = facts.list(.nodes).filter { $0.zone == zone && $0.ready != nil && !$0.isReadyNode && !$0.isEvicted }.map(
          \.key.name)
        return waiting.isEmpty || Self.state(zone, facts) == .halfAway
          ? nil : "\(waiting) of zone \"\(zone)\" are away and not evicted"
      }
    }
  }
}

/// Pods of a node that is gone wait 40 s for it.
struct PodsOfGoneNodesGo: Check {
  let name = "the pods of a node that is gone are collected after 40 s"
  private var gone: [String: Instant] = [:]
  /// A restart begins to count anew.
  private var delay = Delay(bound: .seconds(120))

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    if object.key.resource == .nodes { gone[object.key.name] = change.kind == .deleted ? facts.now : nil }
    guard object.key.resource == .pods, let previous = change.previous, object.isMarked("DeletionByPodGC"),
      !previous.isMarked("DeletionByPodGC")
    else { return nil }
    guard let since = gone[PodFacts(object).node] else { return "\(object.key.name) is collected, and its node is there" }
    return facts.now - since < .seconds(40) ? "\(object.key.name) is collected after \(facts.now - since)" : nil
  }

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    delay.look(facts, since: since) { facts in
      facts.list(.pods).map(PodFacts.init).filter { !$0.node.isEmpty && facts.get(.nodes, $0.node) == nil }
        .map { "\($0.name) is still there; its node is not" }
    }
  }
}

/// At rest every node is ready and has the taints that belong to it.
struct NodesAtRest: Check {
  let name = "at rest every node is ready and takes pods"

  func settled(_ facts: Facts) -> String? {
    for node in facts.list(.nodes) {
      if !node.isReadyNode { return "\(node.key.name) is \(node.ready?.status ?? "never heard of")" }
      let taints = node.view(Node.self).spec.taints.compactMap(\.key).filter { $0.hasPrefix("node.kubernetes.io/") }
      if !taints.isEmpty { return "\(node.key.name) is ready and has the taints \(taints)" }
    }
    return nil
  }
}
