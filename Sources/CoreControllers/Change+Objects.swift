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

  /// No write: only an event.
  static func event(_ kind: EventDraft.Kind, _ reason: String, _ message: String, about stored: StoredObject) -> Change {
    Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree))
  }
}
