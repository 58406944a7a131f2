import CoreControllers
import CoreJSON
import CoreStore
import CoreTypes

/// Mistakes that storms must find.
package enum Mutants {
  package static let all: [Mutant] = statefulSet

  static let statefulSet = [
    Mutant(
      "ordinal wait skipped", in: "statefulset-controller", StatefulSetSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) { $0[.spec].put(.podManagementPolicy, "Parallel") }
      })
  ]
}

extension Snapshot {
  /// Shows a controller another object than the stored one, of the same revision.
  mutating func alter(_ key: ObjectKey, _ change: (inout JSON) -> Void) {
    guard let stored = store.get(key) else { return }
    var tree = stored.tree
    change(&tree)
    store.restore(StoredObject(key: key, uid: stored.uid, revision: stored.revision, tree: tree, encoded: stored.encoded))
  }
}
