import CoreJSON
import CoreStore
import CoreTypes

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
    var template = stored.tree[.spec][.template]
    template.put(Key("$patch"), "replace")
    data = ["spec": ["template": template]]
    collisions = stored.view(StatefulSet.self).status.collisionCount ?? 0
    revisions = store.owned(by: stored.uid).filter { $0.key.resource == .controllerRevisions }
      .sorted { ($0.tree[.revision].int ?? 0, $0.key.name) < ($1.tree[.revision].int ?? 0, $1.key.name) }
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
      create(store, number: newest + 1)
    }
    let named = stored.view(StatefulSet.self).status.currentRevision ?? ""
    current = revisions.contains { $0.key.name == named } ? named : update
  }

  /// A name that another template has taken is one more collision; the same template under it is used as it is.
  private mutating func create(_ store: Store, number: Int) {
    let set = stored.view(StatefulSet.self)
    let base = stored.key.name.prefix(RevisionHistory.longestBase)
    var hash = TemplateHash.text(data, collisions: collisions)
    update = "\(base)-\(hash)"
    while let taken = store.get(.controllerRevisions, namespace: stored.key.namespace, update) {
      if taken.tree[.data] == data { return }
      collisions += 1
      hash = TemplateHash.text(data, collisions: collisions)
      update = "\(base)-\(hash)"
    }
    var revision = ControllerRevision()
    revision.apiVersion = "apps/v1"
    revision.kind = "ControllerRevision"
    revision.metadata.name = update
    revision.metadata.namespace = stored.key.namespace
    revision.metadata.labels = set.spec.template.metadata.labels
    revision.metadata.labels[RevisionHistory.hashLabel] = hash
    // kubectl rollout history shows the cause of a change from here.
    if !set.metadata.annotations.isEmpty { revision.metadata.annotations = set.metadata.annotations }
    revision.metadata.ownerReferences = List([OwnedPods.reference(to: stored.tree)])
    revision.revision = number
    revision.tree.put(.data, data)
    changes.append(
      Change(.create(.controllerRevisions, namespace: stored.key.namespace, tree: revision.tree), tolerated: ["AlreadyExists"]))
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
    guard old.count > limit else { return [] }
    return old.prefix(old.count - limit).map {
      Change(.delete($0.key, uid: $0.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"])
    }
  }
}
