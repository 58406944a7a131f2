package import CoreObjects

/// Deletes events an hour after they were last written. Source: --event-ttl of kube-apiserver, v1.36 (a lease of etcd there).
///
/// Half of all writes are of events: they are kept by the time at which they expire, and deleted together.
package struct EventTTLController: Controller {
  static let life = Duration.seconds(3600)
  /// The key for all of them; no event can have this name.
  private static let together = ObjectKey(.events, "*")
  package let name = "event-ttl-controller"
  package var resources: Set<ResourceID>? { [.events] }

  /// An event of the heap, and its revision when it was put there.
  private struct Kept: Sendable {
    var key: ObjectKey
    var revision: UInt64
  }
  private var heap = InstantHeap()
  private var kept: [Kept] = []
  private var free: [Int] = []
  /// Deleted by the last plan, in this order; what is still there was refused.
  private var deleted: [ObjectKey] = []
  /// How many of them are seen to have gone.
  private var gone = 0

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    guard change.object.key.resource == .events else { return [] }
    if change.kind == .deleted, gone < deleted.count, deleted[gone] == change.object.key { gone += 1 }
    if change.kind != .added { return [] }
    let due = Self.due(change.object)
    let isFirst = heap.first.map { due < $0.at } ?? true
    put(change.object, at: due)
    return isFirst ? [Self.together] : []
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    var plan = Plan()
    let refused = deleted[gone...]
    deleted = []
    gone = 0
    for key in refused { if let stored = Self.find(key, snapshot.store) { look(at: stored, now, &plan) } }
    while let first = heap.first, first.at <= now {
      heap.removeFirst()
      free.append(first.slot)
      let known = kept[first.slot]
      guard let stored = Self.find(known.key, snapshot.store) else { continue }
      if stored.revision == known.revision { delete(stored, &plan) } else { look(at: stored, now, &plan) }
    }
    plan.wakeAt = heap.first?.at
    return plan
  }

  private static func find(_ key: ObjectKey, _ store: Store) -> StoredObject? {
    guard let stored = store.get(key), stored.tree[.metadata][.deletionTimestamp].isNull else { return nil }
    return stored
  }

  /// One that was written again since is due later.
  private mutating func look(at stored: StoredObject, _ now: Instant, _ plan: inout Plan) {
    let due = Self.due(stored)
    if due > now { put(stored, at: due) } else { delete(stored, &plan) }
  }

  private mutating func delete(_ stored: StoredObject, _ plan: inout Plan) {
    deleted.append(stored.key)
    plan.changes.append(.delete(stored))
  }

  private mutating func put(_ stored: StoredObject, at due: Instant) {
    let now = Kept(key: stored.key, revision: stored.revision)
    let slot = free.popLast() ?? kept.count
    if slot == kept.count { kept.append(now) } else { kept[slot] = now }
    _ = heap.put(slot, at: due)
  }

  /// An hour after the latest time that it holds.
  private static func due(_ stored: StoredObject) -> Instant {
    var last = Instant(nanoseconds: 0)
    let created = stored.tree[.metadata][.creationTimestamp]
    func consider(_ time: JSON) { if let text = time.string, let at = Instant(rfc3339: text), at > last { last = at } }
    func considerOther(_ time: JSON) { if time != created { consider(time) } }
    consider(created)
    considerOther(stored.tree[.lastTimestamp])
    considerOther(stored.tree[.series][.lastObservedTime])
    considerOther(stored.tree[.eventTime])
    return last + life
  }
}
