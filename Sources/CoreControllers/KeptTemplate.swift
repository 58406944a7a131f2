import CoreObjects

/// Templates of StatefulSets and DaemonSets, kept as ControllerRevisions. Source: pkg/controller/history, v1.36.
enum KeptTemplate {
  /// What a revision holds: the patch that puts the template back.
  static func data(of set: StoredObject) -> JSON {
    var template = set.tree[.spec][.template]
    template.put(Key("$patch"), "replace")
    return ["spec": ["template": template]]
  }

  /// Those of a set, oldest first.
  static func list(of set: StoredObject, _ store: Store) -> [StoredObject] {
    store.owned(by: set.uid).filter { $0.key.resource == .controllerRevisions }
      .sorted { ($0.tree[.revision].int ?? 0, $0.key.name) < ($1.tree[.revision].int ?? 0, $1.key.name) }
  }

  /// A new one. A name that another template has taken is one collision more; the same template under it is used as it is, and
  /// `change` is nil then.
  static func keep(
    _ data: JSON, of set: StoredObject, base: Substring, number: Int, label: Key, collisions: inout Int, _ store: Store
  ) -> (name: String, hash: String, change: Change?) {
    var hash = TemplateHash.text(data, collisions: collisions)
    while let taken = store.get(.controllerRevisions, namespace: set.key.namespace, "\(base)-\(hash)") {
      if taken.tree[.data] == data { return ("\(base)-\(hash)", hash, nil) }
      collisions += 1
      hash = TemplateHash.text(data, collisions: collisions)
    }
    var revision = ControllerRevision()
    revision.apiVersion = "apps/v1"
    revision.kind = "ControllerRevision"
    revision.metadata.name = "\(base)-\(hash)"
    revision.metadata.namespace = set.key.namespace
    revision.metadata.labels = TextMap(tree: set.tree[.spec][.template][.metadata][.labels])
    revision.metadata.labels[label] = hash
    // kubectl rollout history shows the cause of a change from here.
    if !set.metadata.annotations.isEmpty { revision.metadata.annotations = set.metadata.annotations }
    revision.metadata.ownerReferences = List([OwnedPods.reference(to: set.tree)])
    revision.revision = number
    revision.tree.put(.data, data)
    let change = Change(
      .create(.controllerRevisions, namespace: set.key.namespace, tree: revision.tree), tolerated: Change.untilThere)
    return ("\(base)-\(hash)", hash, change)
  }

  /// The oldest of `unused` beyond `limit` go.
  static func trim(_ unused: [StoredObject], surplus: Int) -> [Change] {
    unused.prefix(max(0, surplus)).map {
      .delete($0)
    }
  }
}
