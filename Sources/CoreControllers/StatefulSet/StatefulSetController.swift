package import CoreObjects

/// Pods with a stable name, an order and storage of their own. Source: pkg/controller/statefulset, v1.36.
package struct StatefulSetController: Controller {
  package let name = "statefulset-controller"
  package var resources: Set<ResourceID>? { [.statefulSets, .pods, .controllerRevisions, .persistentVolumeClaims] }
  private var orphans = OrphanPods()
  private var orphanRevisions = OrphanPods(.controllerRevisions)
  /// The last report of a pod that holds up its set, so that each is made once.
  private var lastReported: [ObjectKey: String] = [:]

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    orphans.record(change)
    orphanRevisions.record(change)
    let key = change.object.key
    switch key.resource {
    case .statefulSets: return [key]
    case .pods:
      if let owner = change.object.controller {
        return owner.tree[.kind].isText("StatefulSet")
          ? [ObjectKey(.statefulSets, namespace: key.namespace, owner.name ?? "")] : []
      }
      let released = OwnedPods.ownerBefore(change, kind: "StatefulSet", .statefulSets)
      let labels = change.object.metadata.labels
      return released
        + snapshot.store.list(.statefulSets, namespace: key.namespace)
        .filter { $0.view(StatefulSet.self).spec.selector.matches(labels) && !released.contains($0.key) }.map(\.key)
    case .controllerRevisions:
      guard let owner = change.object.controller, owner.kind == "StatefulSet" else { return [] }
      return [ObjectKey(.statefulSets, namespace: key.namespace, owner.name ?? "")]
    case .persistentVolumeClaims:
      if change.kind != .deleted { return [] }
      return snapshot.store.list(.statefulSets, namespace: key.namespace)
        .filter { StatefulClaims.isClaim(key.name, of: $0) }.map(\.key)
    default: return []
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else {
      lastReported[key] = nil
      return Plan()
    }
    if stored.metadata.deletionTimestamp == nil {
      let selector = stored.view(StatefulSet.self).spec.selector
      let isMember = { (pod: StoredObject) in StatefulPod.ordinal(pod.key.name, of: key.name) != nil }
      let adopted =
        OwnedPods.claim(
          stored, selector, orphans, snapshot.store, owned: OwnedPods.controlled(by: stored, snapshot.store), where: isMember)
        + RevisionHistory.adoptions(stored, selector: selector, orphanRevisions, snapshot.store)
      if !adopted.isEmpty { return Plan(changes: adopted) }
    }
    var sync = StatefulSetSync(stored, snapshot.store, now, lastReported: lastReported[key])
    sync.run()
    if sync.lastReported != lastReported[key] { lastReported[key] = sync.lastReported }
    return sync.plan
  }
}
