import CoreObjects

/// What ReplicaSets, DaemonSets and Jobs do to their pods, with the events that report it.
/// Source: RealPodControl, pkg/controller/controller_utils.go, v1.36.
extension Change {
  static func make(_ pod: Pod, for owner: StoredObject) -> Change {
    Change(
      .create(.pods, namespace: owner.key.namespace, tree: pod.tree),
      succeeded: EventDraft(
        .normal, reason: "SuccessfulCreate", message: "Created pod: \(pod.metadata.name ?? "")", about: owner.tree),
      failed: EventDraft(.warning, reason: "FailedCreate", message: "Error creating: {error}", about: owner.tree),
      tolerated: Change.untilThere)
  }

  static func delete(_ pod: StoredObject, for owner: StoredObject) -> Change {
    .delete(
      pod, succeeded: EventDraft(.normal, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.key.name)", about: owner.tree),
      failed: EventDraft(.warning, reason: "FailedDelete", message: "Error deleting: {error}", about: owner.tree))
  }
}
