import CoreObjects

extension PodFacts {
  /// The node that a daemon's pod runs on or is tied to.
  var daemonNode: String {
    if !node.isEmpty { return node }
    let required = object.view(Pod.self).spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    for term in required.nodeSelectorTerms {
      if let field = term.matchFields.first(where: { $0.key == "metadata.name" }) { return field.values.values.first ?? "" }
    }
    return ""
  }
  var revision: String { label("controller-revision-hash") }
}

/// One pod on a node; during an update with a surge one of each revision.
struct OneDaemonPerNode: Check {
  let name = "a DaemonSet has one pod on a node"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.madePod, let stored = facts.liveController(of: pod.object, .daemonSets) else { return nil }
    let twins = facts.pods(of: stored).filter { $0.daemonNode == pod.daemonNode && !$0.isLeaving && !$0.isOver }
    let surge = stored.tree[.spec][.updateStrategy][.rollingUpdate][.maxSurge].int ?? 0
    if twins.count > (surge > 0 ? 2 : 1) || Set(twins.map(\.revision)).count < twins.count {
      return "\(twins.map(\.name)) are all for \(pod.daemonNode)"
    }
    return nil
  }
}

/// An update takes no available pod while maxUnavailable nodes are without one. Nodes whose old pod did not work do not count: such
/// a pod goes at once.
struct DaemonsStayAvailable: Check {
  let name = "an update leaves no more than maxUnavailable nodes without an available pod"
  /// UIDs of pods that were available when they were deleted.
  private var taken: Set<String> = []

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.leavingPod, !facts.isUsers, !facts.isDisrupted(pod),
      let stored = facts.liveController(of: pod.object, .daemonSets), case let set = stored.view(DaemonSet.self),
      let node = facts.get(.nodes, pod.daemonNode), DaemonSetAtRest.belongs(set, on: node)
    else { return nil }
    let minimum = set.spec.minReadySeconds ?? 0
    guard let previous = change.previous, PodFacts(previous).isAvailable(minimum, facts.now) else { return nil }
    taken.insert(pod.object.uid)
    let nodes = facts.list(.nodes).filter { DaemonSetAtRest.belongs(set, on: $0) }
    let pods = facts.pods(of: stored)
    let served = Set(pods.filter { $0.isAvailable(minimum, facts.now) }.map(\.daemonNode))
    let hash = DaemonSetAtRest.hash(of: stored, facts)
    let broken = Set(pods.filter { $0.revision != hash && !taken.contains($0.object.uid) }.map(\.daemonNode))
    let without = nodes.filter { !served.contains($0.key.name) && !broken.contains($0.key.name) }.count
    let rolling = stored.tree[.spec][.updateStrategy][.rollingUpdate]
    let surge = rolling[.maxSurge].int ?? 0
    let most = surge > 0 ? 0 : max(1, PodCount.resolve(rolling[.maxUnavailable], of: nodes.count, roundingUp: true))
    if served.contains(pod.daemonNode) || without <= most { return nil }
    return "\(pod.name) was deleted, which leaves \(without) nodes without a pod"
  }
}

/// At rest each node that should run it has one pod of the template.
struct DaemonSetAtRest: Check {
  let name = "a DaemonSet at rest has one pod on each of its nodes and says so"

  /// Whether a node should run the set's pods. Taints of trouble are tolerated by every daemon.
  static func belongs(_ set: DaemonSet, on node: StoredObject) -> Bool {
    let spec = set.spec.template.spec
    let refused = node.view(Node.self).spec.taints.contains { taint in
      let key = taint.key ?? ""
      if key.hasPrefix("node.kubernetes.io/") {
        return taint.effect == "NoSchedule" && (key.hasSuffix("not-ready") || key.hasSuffix("unreachable"))
      }
      return !spec.tolerations.contains { $0.key == key }
    }
    return !refused && node.hasLabels(of: spec.nodeSelector)
  }

  /// The newest revision.
  static func hash(of stored: StoredObject, _ facts: Facts) -> String? {
    let newest = facts.owned(by: stored, .controllerRevisions).max {
      ($0.tree[.revision].int ?? 0) < ($1.tree[.revision].int ?? 0)
    }
    return newest?.metadata.labels["controller-revision-hash"]
  }

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.daemonSets) { if let text = unrest(of: stored, facts) { return "\(stored.key.name): \(text)" } }
    return nil
  }

  private func unrest(of stored: StoredObject, _ facts: Facts) -> String? {
    let set = stored.view(DaemonSet.self)
    let nodes = facts.list(.nodes).filter { DaemonSetAtRest.belongs(set, on: $0) }.map(\.key.name)
    let pods = facts.pods(of: stored)
    let placed = pods.map(\.daemonNode).sorted()
    if placed != nodes { return "pods on \(placed), not on \(nodes)" }
    if let pod = pods.first(where: { !$0.isAvailable(set.spec.minReadySeconds ?? 0, facts.now) }) {
      return "\(pod.name) is not available"
    }
    let hash = DaemonSetAtRest.hash(of: stored, facts)
    if set.spec.updateStrategy.type != "OnDelete", let pod = pods.first(where: { $0.revision != hash }) {
      return "\(pod.name) is old"
    }
    let status = set.status
    if status.observedGeneration != stored.metadata.generation {
      return "generation \(status.observedGeneration ?? 0) was observed"
    }
    let told = [status.desiredNumberScheduled, status.currentNumberScheduled, status.numberReady, status.numberAvailable].map {
      $0 ?? 0
    }
    if told != [nodes.count, nodes.count, nodes.count, nodes.count] || status.numberMisscheduled ?? 0 != 0 {
      return "its status tells of \(told) for \(nodes.count) nodes"
    }
    return nil
  }
}
