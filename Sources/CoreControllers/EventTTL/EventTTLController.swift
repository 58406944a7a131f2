import CoreJSON
package import CoreStore
package import CoreTypes

/// Deletes events an hour after they were last written. Source: --event-ttl of kube-apiserver, v1.36 (a lease of etcd there).
package struct EventTTLController: Controller {
  static let life = Duration.seconds(3600)
  package let name = "event-ttl-controller"
  package var seesEvents: Bool { true }

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    change.object.key.resource == .events && change.kind != .deleted ? [change.object.key] : []
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    let event = stored.view(Event.self)
    let created = event.metadata.creationTimestamp
    let later = [event.lastTimestamp, event.series.lastObservedTime, event.eventTime].filter { $0 != created }
    let last = ([created] + later).compactMap { $0.flatMap { Instant(rfc3339: $0) } }.max() ?? now
    let due = last + EventTTLController.life
    if due > now { return Plan(wakeAt: due) }
    return Plan(changes: [
      Change(.delete(key, uid: stored.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"])
    ])
  }
}
