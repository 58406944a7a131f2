import CoreObjects

/// A pod of another template that never becomes ready holds up an ordered set for good, also when the template that broke it has
/// been taken back: the set waits for it before it replaces it. Upstream leaves it to its documentation ("forced rollback") that
/// the pod must be deleted by hand; here an event says so.
extension StatefulSetSync {
  /// How long a pod without a visible fault may take to become ready.
  static let patienceSeconds = 60

  mutating func reportIfStuck(_ pod: StoredObject, _ ordinal: Int) {
    let revision = pod.metadata.labels[StatefulPod.revisionLabel] ?? ""
    guard set.spec.updateStrategy.type != "OnDelete", ordinal >= firstUpdated, pod.metadata.deletionTimestamp == nil,
      revision != history.update, !isReady(pod)
    else { return }
    let mark = "\(pod.uid) \(history.update)"
    if lastReported == mark { return }
    let view = pod.view(Pod.self)
    let fault = StatefulSetSync.fault(view)
    if fault == nil {
      let unready = view.ready?.lastTransitionTime ?? view.metadata.creationTimestamp
      let due = (unready.flatMap { Instant(rfc3339: $0) } ?? now) + .seconds(StatefulSetSync.patienceSeconds)
      if due > now { return plan.wake(at: due) }
    }
    lastReported = mark
    let message =
      "Pod \(pod.key.name) is not ready (\(fault ?? "no container says why")) and is still of revision \(revision): "
      + "the update to \(history.update) waits for it and will not replace it by itself. "
      + "If it cannot become ready, delete it: kubectl delete pod \(pod.key.name) -n \(pod.key.namespace)"
    plan.changes.append(.event(.warning, "RollingUpdateBlocked", message, about: stored))
  }

  /// What a container waits for, unless it is only being made.
  private static func fault(_ pod: Pod) -> String? {
    for status in Array(pod.status.initContainerStatuses) + Array(pod.status.containerStatuses) {
      guard let reason = status.state.waiting.reason, reason != "ContainerCreating", reason != "PodInitializing" else { continue }
      return "container \(status.name ?? ""): \(reason)"
    }
    return nil
  }
}
