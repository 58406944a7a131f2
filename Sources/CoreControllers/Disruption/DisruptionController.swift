package import CoreObjects

/// Counts for every PodDisruptionBudget how many of its pods may be evicted now, and takes back marks of disruptions that never
/// came. Source: pkg/controller/disruption, v1.36.
package struct DisruptionController: Controller {
  /// How long an eviction that was granted is waited for. Source: DeletionTimeout, disruption.go, v1.36.
  static let deletionTimeout = Duration.seconds(120)
  /// How long a pod may bear the condition DisruptionTarget and stay. Source: stalePodDisruptionTimeout, disruption.go, v1.36.
  static let staleTimeout = Duration.seconds(120)
  package let name = "disruption-controller"
  package var resources: Set<ResourceID>? { [.podDisruptionBudgets, .pods] }
  private var pods = PodIndex()

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .podDisruptionBudgets: return [key]
    case .pods:
      pods.record(change)
      let isMarked = change.kind != .deleted && Self.mark(of: change.object.view(Pod.self)) != nil
      if snapshot.store.count(.podDisruptionBudgets) == 0 { return isMarked ? [key] : [] }
      guard Self.concerns(change) else { return [] }
      let budgets = snapshot.store.list(.podDisruptionBudgets, namespace: key.namespace).filter { stored in
        let selector = stored.view(PodDisruptionBudget.self).spec.selector
        return selector.matches(change.object.metadata.labels)
          || change.previous.map { selector.matches($0.metadata.labels) } ?? false
      }
      return budgets.map(\.key) + (isMarked ? [key] : [])
    default: return []
    }
  }

  /// Whether a change of a pod can change a count.
  private static func concerns(_ change: StoreChange) -> Bool {
    guard change.kind == .modified, let previous = change.previous else { return true }
    let old = previous.view(Pod.self)
    let new = change.object.view(Pod.self)
    return old.isReady != new.isReady || old.metadata.labels.tree != new.metadata.labels.tree
      || old.metadata.deletionTimestamp != new.metadata.deletionTimestamp
      || old.metadata.ownerReferences.tree != new.metadata.ownerReferences.tree || mark(of: old)?.tree != mark(of: new)?.tree
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    if key.resource == .pods { return withdrawMark(stored, now) }
    let budget = stored.view(PodDisruptionBudget.self)
    let covered = pods.pods(budget.spec.selector, namespace: key.namespace, snapshot.store)
    return BudgetCount(stored, budget, covered, snapshot.store, now).plan
  }

  /// The mark of a pod that is to be ended and is not. A kubelet takes as long as it needs.
  private static func mark(of pod: Pod) -> PodCondition? {
    guard pod.tree[.metadata][.deletionTimestamp].isNull, !pod.isOver else { return nil }
    for condition in pod.tree[.status][.conditions].elements
    where condition[.type].isText("DisruptionTarget") && condition[.status].isText("True") {
      if !condition[.reason].isText("TerminationByKubelet") { return PodCondition(tree: condition) }
    }
    return nil
  }

  private func withdrawMark(_ stored: StoredObject, _ now: Instant) -> Plan {
    var pod = stored.view(Pod.self)
    guard var mark = Self.mark(of: pod) else { return Plan() }
    let due = (mark.lastTransitionTime.flatMap { Instant(rfc3339: $0) } ?? now) + Self.staleTimeout
    if due > now { return Plan(wakeAt: due) }
    mark.status = "False"
    mark.lastTransitionTime = now.rfc3339
    pod.status.conditions = List(pod.status.conditions.filter { $0.type != "DisruptionTarget" } + [mark])
    return Plan(changes: [Change(.updateStatus(.pods, tree: pod.tree), tolerated: Change.untilGone)])
  }
}
