import CoreObjects

/// The kept templates of a DaemonSet as ControllerRevisions. Source: constructHistory and snapshot, daemon/update.go, v1.36.
struct DaemonHistory {
  /// The label of the pods and of the revision of the present template.
  private(set) var hash = ""
  private(set) var collisions: Int
  private(set) var changes: [Change] = []
  private let stored: StoredObject
  /// Without the present one; oldest first.
  private var old: [StoredObject] = []

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    collisions = stored.view(DaemonSet.self).status.collisionCount ?? 0
    let data = KeptTemplate.data(of: stored)
    let all = KeptTemplate.list(of: stored, store)
    let newest = all.last?.tree[.revision].int ?? 0
    guard let same = all.last(where: { $0.tree[.data] == data }) else {
      old = all
      let made = KeptTemplate.keep(
        data, of: stored, base: stored.key.name[...], number: newest + 1, label: Key(DaemonSetController.hashLabel),
        collisions: &collisions, store)
      hash = made.hash
      if let change = made.change { changes.append(change) }
      return
    }
    old = all.filter { $0.uid != same.uid }
    hash = same.metadata.labels[DaemonSetController.hashLabel] ?? ""
    if same.tree[.revision].int != newest {
      changes.append(Change(.patch(same.key, subresource: "", merge: ["revision": .int(Int64(newest + 1))])))
    }
  }

  /// Old revisions beyond the limit that no pod runs. Source: cleanupHistory, daemon/update.go, v1.36.
  func trim(live: Set<String>) -> [Change] {
    let surplus = old.count - (stored.view(DaemonSet.self).spec.revisionHistoryLimit ?? 10)
    let unused = old.filter { !live.contains($0.metadata.labels[DaemonSetController.hashLabel] ?? "") }
    return KeptTemplate.trim(unused, surplus: surplus)
  }
}
