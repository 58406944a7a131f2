package import CoreObjects

/// One pod on every node that fits. Source: pkg/controller/daemon, v1.36.
package struct DaemonSetController: Controller {
  static let hashLabel = "controller-revision-hash"
  package let name = "daemonset-controller"
  package var resources: Set<ResourceID>? { [.daemonSets, .nodes, .pods, .controllerRevisions] }
  private var orphans = OrphanPods()
  private var orphanRevisions = OrphanPods(.controllerRevisions)
  private var backoff = FailedPodBackoff()

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    orphans.record(change)
    orphanRevisions.record(change)
    let key = change.object.key
    switch key.resource {
    case .daemonSets:
      if change.kind == .deleted { backoff.remove(change.object.uid) }
      return change.kind == .deleted ? [] : [key]
    case .nodes:
      if let previous = change.previous, change.kind == .modified, DaemonSetController.isSame(previous, change.object) {
        return []
      }
      return snapshot.store.list(.daemonSets).map(\.key)
    case .pods, .controllerRevisions:
      if let owner = change.object.controller {
        return owner.tree[.kind].isText("DaemonSet") ? [ObjectKey(.daemonSets, namespace: key.namespace, owner.name ?? "")] : []
      }
      let released = OwnedPods.ownerBefore(change, kind: "DaemonSet", .daemonSets)
      let labels = change.object.metadata.labels
      return released
        + snapshot.store.list(.daemonSets, namespace: key.namespace)
        .filter { $0.view(DaemonSet.self).spec.selector.matches(labels) && !released.contains($0.key) }.map(\.key)
    default: return []
    }
  }

  private static func isSame(_ old: StoredObject, _ new: StoredObject) -> Bool {
    old.tree[.spec] == new.tree[.spec] && old.tree[.metadata][.labels] == new.tree[.metadata][.labels]
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    let selector = stored.view(DaemonSet.self).spec.selector
    let claims =
      OwnedPods.claim(stored, selector, orphans, snapshot.store, owned: OwnedPods.controlled(by: stored, snapshot.store))
      + RevisionHistory.adoptions(stored, selector: selector, orphanRevisions, snapshot.store)
    if !claims.isEmpty { return Plan(changes: claims) }
    var sync = DaemonSetSync(stored, snapshot.store, now, backoff: backoff)
    sync.run()
    backoff = sync.backoff
    return sync.plan
  }
}
