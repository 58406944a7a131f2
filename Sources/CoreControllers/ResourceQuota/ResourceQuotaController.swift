package import CoreObjects

/// Counts what a namespace uses of its quotas: for a new or changed quota, and after something has gone. What comes is charged with
/// its own write (QuotaAdmission). Source: pkg/controller/resourcequota, v1.36.
package struct ResourceQuotaController: Controller {
  package let name = "resourcequota-controller"
  /// Most clusters have none: then no change matters. Otherwise all do, as a quota may bound count/events.
  private var quotas: Set<ObjectKey> = []

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    if change.object.key.resource == .resourceQuotas {
      if change.kind == .deleted { quotas.remove(change.object.key) } else { quotas.insert(change.object.key) }
    }
    if quotas.isEmpty { return [] }
    let key = change.object.key
    if key.namespace.isEmpty { return [] }
    var keys: [ObjectKey] = []
    if key.resource == .resourceQuotas, change.kind != .deleted {
      let quota = change.object.view(ResourceQuota.self)
      // Charges of admission leave status.hard as it was.
      let isNews = change.previous.map { $0.tree[.spec] != quota.spec.tree } ?? true
      if isNews || quota.status.hard != quota.spec.hard { keys.append(key) }
    }
    guard Self.mayFree(change) else { return keys }
    let resource = key.resource.description
    for stored in snapshot.store.list(.resourceQuotas, namespace: key.namespace) where stored.key != key {
      let bounds = stored.view(ResourceQuota.self).spec.hard.sorted
      if bounds.contains(where: { QuotaUsage.resource(boundedBy: $0.name) == resource }) { keys.append(stored.key) }
    }
    return keys
  }

  /// Whether something is used no more, or in another way than admission saw.
  private static func mayFree(_ change: StoreChange) -> Bool {
    guard change.kind == .modified, let previous = change.previous else { return change.kind == .deleted }
    let (old, new) = (previous.tree, change.object.tree)
    switch change.object.key.resource {
    case .pods:
      return old[.spec] != new[.spec] || old[.metadata][.deletionTimestamp] != new[.metadata][.deletionTimestamp]
        || Pod(tree: old).isOver != Pod(tree: new).isOver
    case .persistentVolumeClaims, .services: return old[.spec] != new[.spec]
    default: return false
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    var plan = Plan()
    var quota = stored.view(ResourceQuota.self)
    let bounds = quota.spec.hard.sorted.map(\.name)
    var used: [String: Quantity] = [:]
    for resource in snapshot.store.resources {
      let kind = resource.description
      let own = bounds.filter { QuotaUsage.resource(boundedBy: $0) == kind }
      if own.isEmpty { continue }
      for object in snapshot.store.list(resource, namespace: key.namespace) where QuotaScope.covers(quota, kind, object.tree) {
        let usage = QuotaUsage(kind, object.tree, at: now)
        for bound in own { used[bound] = (used[bound] ?? Quantity(value: 0)) + usage[bound] }
        guard resource == .pods, let end = QuotaUsage.end(of: object.view(Pod.self)), end >= now else { continue }
        plan.wake(at: end + .seconds(1))
      }
    }
    quota.status.hard = quota.spec.hard
    var texts = TextMap()
    for bound in bounds { texts[bound] = (used[bound] ?? Quantity(value: 0)).description }
    quota.status.used = texts
    if quota.status.tree != stored.tree[.status] {
      plan.changes.append(Change(.updateStatus(.resourceQuotas, tree: quota.tree), tolerated: Change.untilGone))
    }
    return plan
  }
}
