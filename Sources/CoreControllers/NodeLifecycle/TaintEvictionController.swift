package import CoreObjects

/// Deletes pods from nodes with NoExecute taints once their tolerations run out. Source: pkg/controller/tainteviction, v1.36.
package struct TaintEvictionController: Controller {
  package let name = "taint-eviction-controller"
  package var resources: Set<ResourceID>? { [.nodes, .pods] }

  /// Pods whose end is planned, to say so when it is called off.
  private var planned: Set<ObjectKey> = []
  /// Taints that do not say when they came, as those of `kubectl taint`, by node: when they were first looked at.
  private var noticed: [String: [(taint: Taint, at: Instant)]] = [:]

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .nodes:
      let old = change.previous.map { Self.taints(of: $0) } ?? []
      let new = change.kind == .deleted ? [] : Self.taints(of: change.object)
      noticed[key.name]?.removeAll { !new.contains($0.taint) }
      if change.kind == .deleted { noticed[key.name] = nil }
      if change.kind == .deleted || old == new { return [] }
      return snapshot.store.list(.pods).filter { $0.tree[.spec][.nodeName].string == key.name }.map(\.key)
    case .pods:
      if change.kind == .deleted { return planned.contains(key) ? [key] : [] }
      let spec = change.object.tree[.spec]
      let before = change.previous?.tree[.spec]
      if before == spec { return [] }
      guard let name = spec[.nodeName].string, before?[.nodeName].string != name || before?[.tolerations] != spec[.tolerations],
        let node = snapshot.store.get(.nodes, name), !Self.taints(of: node).isEmpty
      else { return [] }
      return [key]
    default: return []
    }
  }

  private static func taints(of node: StoredObject) -> [Taint] {
    node.view(Node.self).spec.taints.filter { $0.effect == "NoExecute" }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    let wasPlanned = planned.remove(key) != nil
    guard let stored = snapshot.store.get(key), case let pod = stored.view(Pod.self), stored.metadata.deletionTimestamp == nil,
      !pod.isOver, let node = snapshot.store.get(.nodes, pod.spec.nodeName ?? "")
    else { return Plan() }
    guard let due = due(pod, node, now) else {
      return wasPlanned ? Plan(changes: [Self.event("Cancelling deletion of Pod", stored)]) : Plan()
    }
    if due > now {
      planned.insert(key)
      return Plan(wakeAt: due)
    }
    let marked = PodDisruption.marked(
      pod, reason: "DeletionByTaintManager", message: "a NoExecute taint of node \"\(node.key.name)\" is not tolerated",
      isOver: false, at: now)
    return Plan(changes: [
      Change(.updateStatus(.pods, tree: marked.tree), tolerated: Change.untilGone),
      Change(
        .delete(key, uid: stored.uid, graceSeconds: nil, propagation: nil),
        succeeded: stored.event(.normal, "TaintManagerEviction", "Marking for deletion Pod \(key.namespace)/\(key.name)"),
        tolerated: Change.untilGone),
    ])
  }

  private static func event(_ words: String, _ stored: StoredObject) -> Change {
    let message = "\(words) \(stored.key.namespace)/\(stored.key.name)"
    return .event(.normal, "TaintManagerEviction", message, about: stored)
  }

  /// When the pod must go; nil: it may stay. Its time on the node begins with the taint, or with the pod if that came later.
  /// Of several tolerations the first that fits counts. Source: GetMatchingTolerations, k8s.io/component-helpers, v0.36.
  private mutating func due(_ pod: Pod, _ node: StoredObject, _ now: Instant) -> Instant? {
    var due: Instant?
    let placed = pod.status.conditions.first { $0.type == "PodScheduled" }?.lastTransitionTime ?? pod.metadata.creationTimestamp
    let arrival = placed.flatMap { Instant(rfc3339: $0) }
    for taint in Self.taints(of: node) {
      guard let fitting = pod.spec.tolerations.first(where: { $0.tolerates(taint) }) else { return now }
      // One without seconds is for ever.
      guard let seconds = fitting.tolerationSeconds else { continue }
      let since = beginning(of: taint, on: node.key.name, now)
      let end = max(since, arrival ?? since) + .seconds(max(0, seconds))
      due = due.map { min($0, end) } ?? end
    }
    return due
  }

  private mutating func beginning(of taint: Taint, on node: String, _ now: Instant) -> Instant {
    if let added = taint.timeAdded.flatMap({ Instant(rfc3339: $0) }) { return added }
    if let known = noticed[node]?.first(where: { $0.taint == taint }) { return known.at }
    noticed[node, default: []].append((taint, now))
    return now
  }
}
