import CoreObjects

/// What ReplicaSets, DaemonSets and Jobs do to their pods, with the events that report it.
/// Source: RealPodControl, pkg/controller/controller_utils.go, v1.36.
extension Change {
  static func make(_ pod: Pod, for owner: StoredObject) -> Change {
    Change(
      .create(.pods, namespace: owner.key.namespace, tree: pod.tree),
      succeeded: owner.event(.normal, "SuccessfulCreate", "Created pod: \(pod.metadata.name ?? "")"),
      failed: owner.event(.warning, "FailedCreate", "Error creating: {error}"),
      tolerated: Change.untilThere)
  }

  static func delete(_ pod: StoredObject, for owner: StoredObject) -> Change {
    .delete(
      pod, succeeded: owner.event(.normal, "SuccessfulDelete", "Deleted pod: \(pod.key.name)"),
      failed: owner.event(.warning, "FailedDelete", "Error deleting: {error}"))
  }
}
