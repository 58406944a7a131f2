import CoreJSON
package import CoreStore
package import CoreTypes

/// Deletes pods from nodes with NoExecute taints once their tolerations run out. Source: pkg/controller/tainteviction, v1.36.
package struct TaintEvictionController: Controller {
  package let name = "taint-eviction-controller"

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .nodes:
      let old = change.previous.map { Self.taints(of: $0) } ?? []
      if change.kind == .deleted || old == Self.taints(of: change.object) { return [] }
      return snapshot.store.list(.pods).filter { $0.tree[.spec][.nodeName].string == key.name }.map(\.key)
    case .pods:
      guard change.kind != .deleted, let name = change.object.tree[.spec][.nodeName].string,
        change.previous?.tree[.spec][.nodeName].string != name, let node = snapshot.store.get(.nodes, name),
        !Self.taints(of: node).isEmpty
      else { return [] }
      return [key]
    default: return []
    }
  }

  private static func taints(of node: StoredObject) -> [Taint] {
    node.view(Node.self).spec.taints.filter { $0.effect == "NoExecute" }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), case let pod = stored.view(Pod.self), stored.metadata.deletionTimestamp == nil,
      !Scheduler.isOver(pod), let node = snapshot.store.get(.nodes, pod.spec.nodeName ?? "")
    else { return Plan() }
    let taints = Self.taints(of: node)
    guard let due = Self.due(pod, taints, now) else { return Plan() }
    if due > now { return Plan(wakeAt: due) }
    let marked = PodDisruption.marked(
      pod, reason: "DeletionByTaintManager", message: "a NoExecute taint of node \"\(node.key.name)\" is not tolerated",
      isOver: false, at: now)
    return Plan(changes: [
      Change(.updateStatus(.pods, tree: marked.tree), tolerated: ["NotFound"]),
      Change(
        .delete(key, uid: stored.uid, graceSeconds: nil, propagation: nil),
        succeeded: EventDraft(
          .normal, reason: "TaintManagerEviction", message: "Marking for deletion Pod \(key.namespace)/\(key.name)",
          about: stored.tree),
        tolerated: ["NotFound"]),
    ])
  }

  /// When the pod must go; nil: it may stay.
  private static func due(_ pod: Pod, _ taints: [Taint], _ now: Instant) -> Instant? {
    var due: Instant?
    for taint in taints {
      let fitting = pod.spec.tolerations.filter { NodeFilter.tolerates($0, taint) }
      if fitting.isEmpty { return now }
      // Of several tolerations the shortest counts; one without seconds is for ever.
      guard let seconds = fitting.compactMap(\.tolerationSeconds).min() else { continue }
      let since = taint.timeAdded.flatMap { Instant(rfc3339: $0) } ?? now
      let end = since + .seconds(max(0, seconds))
      due = due.map { min($0, end) } ?? end
    }
    return due
  }
}
