import CoreJSON
import CoreStore
import CoreTypes

extension RevisionHistory {
  /// Takes over revisions that a deleted set of the same selector left behind.
  /// Source: adoptOrphanRevisions, pkg/controller/statefulset/stateful_set.go, v1.36.
  static func adoptions(_ stored: StoredObject, selector: LabelSelector, _ store: Store) -> [Change] {
    store.list(.controllerRevisions, namespace: stored.key.namespace).compactMap { revision in
      let metadata = revision.metadata
      guard metadata.deletionTimestamp == nil, OwnedPods.controller(of: metadata) == nil, selector.matches(metadata.labels) else {
        return nil
      }
      var tree = revision.tree
      let owners = Array(metadata.ownerReferences) + [OwnedPods.reference(to: stored.tree)]
      tree[.metadata].put(.ownerReferences, List(owners).tree)
      return Change(.update(.controllerRevisions, tree: tree), tolerated: ["NotFound"])
    }
  }
}
