import CoreJSON
import CoreStore
import CoreTypes

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
    var template = stored.tree[.spec][.template]
    template.put(Key("$patch"), "replace")
    let data: JSON = ["spec": ["template": template]]
    let all = store.owned(by: stored.uid).filter { $0.key.resource == .controllerRevisions }
      .sorted { ($0.tree[.revision].int ?? 0, $0.key.name) < ($1.tree[.revision].int ?? 0, $1.key.name) }
    let newest = all.last?.tree[.revision].int ?? 0
    guard let same = all.last(where: { $0.tree[.data] == data }) else {
      old = all
      create(data, store, number: newest + 1)
      return
    }
    old = all.filter { $0.uid != same.uid }
    hash = same.metadata.labels[DaemonSetController.hashLabel] ?? ""
    if same.tree[.revision].int != newest {
      changes.append(Change(.patch(same.key, subresource: "", merge: ["revision": .int(Int64(newest + 1))])))
    }
  }

  /// A name that another template has taken is one collision more.
  private mutating func create(_ data: JSON, _ store: Store, number: Int) {
    let set = stored.view(DaemonSet.self)
    hash = TemplateHash.text(data, collisions: collisions)
    while let taken = store.get(.controllerRevisions, namespace: stored.key.namespace, "\(stored.key.name)-\(hash)") {
      if taken.tree[.data] == data { return }
      collisions += 1
      hash = TemplateHash.text(data, collisions: collisions)
    }
    var revision = ControllerRevision()
    revision.apiVersion = "apps/v1"
    revision.kind = "ControllerRevision"
    revision.metadata.name = "\(stored.key.name)-\(hash)"
    revision.metadata.namespace = stored.key.namespace
    revision.metadata.labels = set.spec.template.metadata.labels
    revision.metadata.labels[DaemonSetController.hashLabel] = hash
    // kubectl rollout history shows the cause of a change from here.
    if !set.metadata.annotations.isEmpty { revision.metadata.annotations = set.metadata.annotations }
    revision.metadata.ownerReferences = List([OwnedPods.reference(to: stored.tree)])
    revision.revision = number
    revision.tree.put(.data, data)
    changes.append(
      Change(.create(.controllerRevisions, namespace: stored.key.namespace, tree: revision.tree), tolerated: ["AlreadyExists"]))
  }

  /// Old revisions beyond the limit that no pod runs. Source: cleanupHistory, daemon/update.go, v1.36.
  func trim(live: Set<String>) -> [Change] {
    let surplus = old.count - (stored.view(DaemonSet.self).spec.revisionHistoryLimit ?? 10)
    guard surplus > 0 else { return [] }
    return old.filter { !live.contains($0.metadata.labels[DaemonSetController.hashLabel] ?? "") }.prefix(surplus).map {
      Change(.delete($0.key, uid: $0.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"])
    }
  }
}
