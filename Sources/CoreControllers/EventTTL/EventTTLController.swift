import CoreJSON
package import CoreStore
package import CoreTypes

/// Deletes events an hour after they were last written. Source: --event-ttl of kube-apiserver, v1.36 (a lease of etcd there).
///
/// Half of all writes are of events: they are kept by the time at which they are due, and looked at together.
package struct EventTTLController: Controller {
  static let life = Duration.seconds(3600)
  /// The key under which all of them are looked at; no event can have this name.
  private static let together = ObjectKey(.events, "*")
  package let name = "event-ttl-controller"
  package var resources: Set<ResourceID>? { [.events] }

  private var heap = InstantHeap()
  private var keys: [ObjectKey] = []
  private var free: [Int] = []
  /// Deleted by the last plan; what is still there was refused.
  private var deleted: [ObjectKey] = []

  package init() {}

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    guard change.kind == .added, change.object.key.resource == .events else { return [] }
    let due = Self.due(change.object)
    let isFirst = heap.first.map { due < $0.at } ?? true
    put(change.object.key, at: due)
    return isFirst ? [Self.together] : []
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    var plan = Plan()
    let refused = deleted
    deleted = []
    for key in refused { look(at: key, in: snapshot.store, now, &plan) }
    while let first = heap.first, first.at <= now {
      heap.removeFirst()
      free.append(first.slot)
      look(at: keys[first.slot], in: snapshot.store, now, &plan)
    }
    plan.wakeAt = heap.first?.at
    return plan
  }

  /// One that was written again since is due later.
  private mutating func look(at key: ObjectKey, in store: Store, _ now: Instant, _ plan: inout Plan) {
    guard let stored = store.get(key), stored.metadata.deletionTimestamp == nil else { return }
    let due = Self.due(stored)
    if due > now { return put(key, at: due) }
    deleted.append(key)
    plan.changes.append(
      Change(.delete(key, uid: stored.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"]))
  }

  private mutating func put(_ key: ObjectKey, at due: Instant) {
    let slot = free.popLast() ?? keys.count
    if slot == keys.count { keys.append(key) } else { keys[slot] = key }
    _ = heap.put(slot, at: due)
  }

  /// An hour after the latest time that it tells.
  private static func due(_ stored: StoredObject) -> Instant {
    let event = stored.view(Event.self)
    var last = Instant(nanoseconds: 0)
    func take(_ text: String?) { if let text, let at = Instant(rfc3339: text), at > last { last = at } }
    let created = event.metadata.creationTimestamp
    take(created)
    for later in [event.lastTimestamp, event.series.lastObservedTime, event.eventTime] where later != created { take(later) }
    return last + life
  }
}
