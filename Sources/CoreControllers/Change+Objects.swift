import CoreObjects

/// What most controllers write.
extension Change {
  /// Of an object that may be gone.
  static func delete(
    _ stored: StoredObject, graceSeconds: Int? = nil, propagation: Propagation? = nil, succeeded: EventDraft? = nil,
    failed: EventDraft? = nil
  ) -> Change {
    Change(
      .delete(stored.key, uid: stored.uid, graceSeconds: graceSeconds, propagation: propagation), succeeded: succeeded,
      failed: failed, tolerated: untilGone)
  }

  /// Gives an object other owners.
  static func update(_ stored: StoredObject, owners: [OwnerReference]) -> Change {
    var tree = stored.tree
    tree[.metadata].put(.ownerReferences, owners.isEmpty ? .null : List(owners).tree)
    return Change(.update(stored.key.resource, tree: tree), tolerated: untilGone)
  }

  /// No write: only an event.
  static func event(_ kind: EventDraft.Kind, _ reason: String, _ message: String, about stored: StoredObject) -> Change {
    Change(.nothing, succeeded: stored.event(kind, reason, message))
  }
}
