import CoreObjects

extension RevisionHistory {
  /// Takes over revisions that a deleted set of the same selector left behind.
  /// Source: adoptOrphanRevisions, pkg/controller/statefulset/stateful_set.go, v1.36.
  /// - Parameter orphans: the revisions without a controller
  static func adoptions(_ stored: StoredObject, selector: LabelSelector, _ orphans: OrphanPods, _ store: Store) -> [Change] {
    orphans.keys(in: stored.key.namespace).compactMap { key in
      guard let revision = store.get(key), case let metadata = revision.metadata, metadata.deletionTimestamp == nil,
        revision.controller == nil, selector.matches(metadata.labels)
      else { return nil }
      return .update(revision, owners: Array(metadata.ownerReferences) + [OwnedPods.reference(to: stored.tree)])
    }
  }
}
