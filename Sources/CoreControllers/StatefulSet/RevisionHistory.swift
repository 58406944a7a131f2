import CoreObjects

/// The kept templates of a set as ControllerRevisions. Source: pkg/controller/history, v1.36.
struct RevisionHistory {
  static let hashLabel = "controller.kubernetes.io/hash"
  /// Source: ControllerRevisionName, controller_history.go, v1.36.
  static let longestBase = 223

  let stored: StoredObject
  /// Oldest first.
  private(set) var revisions: [StoredObject]
  var changes: [Change] = []
  /// Names of the current and the wanted revision.
  var current = ""
  var update = ""
  /// status.collisionCount: names of revisions that something else had taken.
  private(set) var collisions: Int
  private let data: JSON

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    data = KeptTemplate.data(of: stored)
    collisions = stored.view(StatefulSet.self).status.collisionCount ?? 0
    revisions = KeptTemplate.list(of: stored, store)
    resolve(store)
  }

  private mutating func resolve(_ store: Store) {
    let newest = revisions.last?.tree[.revision].int ?? 0
    if let same = revisions.last(where: { $0.tree[.data] == data }) {
      update = same.key.name
      if same.tree[.revision].int != newest {
        var tree = same.tree
        tree.put(.revision, .int(Int64(newest + 1)))
        changes.append(Change(.update(.controllerRevisions, tree: tree)))
      }
    } else {
      let made = KeptTemplate.keep(
        data, of: stored, base: stored.key.name.prefix(RevisionHistory.longestBase), number: newest + 1,
        label: Key(RevisionHistory.hashLabel), collisions: &collisions, store)
      update = made.name
      if let change = made.change { changes.append(change) }
    }
    let named = stored.view(StatefulSet.self).status.currentRevision ?? ""
    current = revisions.contains { $0.key.name == named } ? named : update
  }

  /// The template that a revision keeps; the set's own for the newest.
  func template(_ name: String) -> PodTemplateSpec {
    guard name != update, let kept = revisions.first(where: { $0.key.name == name }) else {
      return stored.view(StatefulSet.self).spec.template
    }
    var tree = kept.tree[.data][.spec][.template]
    tree.remove(Key("$patch"))
    return PodTemplateSpec(tree: tree)
  }

  /// Old revisions beyond the limit that no pod runs.
  func trim(live: Set<String>) -> [Change] {
    let limit = stored.view(StatefulSet.self).spec.revisionHistoryLimit ?? 10
    let old = revisions.filter { $0.key.name != current && $0.key.name != update && !live.contains($0.key.name) }
    return KeptTemplate.trim(old, surplus: old.count - limit)
  }
}
