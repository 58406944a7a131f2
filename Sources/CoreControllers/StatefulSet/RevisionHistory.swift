import CoreJSON
import CoreStore
import CoreTypes

/// The kept templates of a set as ControllerRevisions. Source: pkg/controller/history, v1.36.
struct RevisionHistory {
  let stored: StoredObject
  /// Oldest first.
  private(set) var revisions: [StoredObject]
  var changes: [Change] = []
  /// Names of the current and the wanted revision.
  var current = ""
  var update = ""
  private let data: JSON

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    var template = stored.tree[.spec][.template]
    template.put(Key("$patch"), "replace")
    data = ["spec": ["template": template]]
    revisions = store.owned(by: stored.uid).filter { $0.key.resource == .controllerRevisions }
      .sorted { ($0.tree[.revision].int ?? 0, $0.key.name) < ($1.tree[.revision].int ?? 0, $1.key.name) }
    resolve()
  }

  private mutating func resolve() {
    let set = stored.view(StatefulSet.self)
    let newest = revisions.last?.tree[.revision].int ?? 0
    if let same = revisions.last(where: { $0.tree[.data] == data }) {
      update = same.key.name
      if same.tree[.revision].int != newest {
        var tree = same.tree
        tree.put(.revision, .int(Int64(newest + 1)))
        changes.append(Change(.update(.controllerRevisions, tree: tree)))
      }
    } else {
      let hash = TemplateHash.text(data, collisions: set.status.collisionCount ?? 0)
      update = "\(stored.key.name)-\(hash)"
      var revision = ControllerRevision()
      revision.apiVersion = "apps/v1"
      revision.kind = "ControllerRevision"
      revision.metadata.name = update
      revision.metadata.namespace = stored.key.namespace
      revision.metadata.labels = set.spec.template.metadata.labels
      revision.metadata.labels[StatefulPod.revisionLabel] = update
      revision.metadata.ownerReferences = List([OwnedPods.reference(to: stored.tree)])
      revision.revision = newest + 1
      revision.tree.put(.data, data)
      changes.append(
        Change(.create(.controllerRevisions, namespace: stored.key.namespace, tree: revision.tree), tolerated: ["AlreadyExists"]))
    }
    let named = set.status.currentRevision ?? ""
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
    guard old.count > limit else { return [] }
    return old.prefix(old.count - limit).map {
      Change(.delete($0.key, uid: $0.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"])
    }
  }
}
