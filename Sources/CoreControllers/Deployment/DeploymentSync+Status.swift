import CoreObjects

/// Counts and conditions of a Deployment. Source: pkg/controller/deployment/progress.go and sync.go, v1.36.
extension DeploymentSync {
  func isComplete(_ status: DeploymentStatus) -> Bool {
    (status.updatedReplicas ?? 0) == wanted && (status.replicas ?? 0) == wanted && (status.availableReplicas ?? 0) == wanted
      && (status.observedGeneration ?? 0) >= (stored.metadata.generation ?? 0)
  }

  mutating func writeStatus(isRollout: Bool) {
    count()
    if isRollout { setProgressing() }
    if isRollout {
      let failures = allSets.reversed().lazy.compactMap { $0.replicaSet.status.conditions.first { $0.type == "ReplicaFailure" } }
      if let failure = failures.first {
        set("ReplicaFailure", failure.status ?? "True", failure.reason ?? "", failure.message ?? "")
      } else {
        remove("ReplicaFailure")
      }
    }
    if status == deployment.status { return }
    plan.isConclusive = isConclusive
    let before = plan.changes.count
    defer { if newSet.map({ $0.stored == nil }) ?? false { plan.assign(DeploymentSync.statusTurn, since: before) } }
    let merge = StatusPatch.from(deployment.status.tree, to: status.tree)
    plan.changes.append(.patchStatus(of: stored.key, with: merge))
  }

  /// Only the status is written, and the next look would find nothing to do: no set to make, no refusal to clear, and no
  /// history to trim because the rollout is complete now.
  private var isConclusive: Bool {
    plan.changes.isEmpty && newSet != nil && !wasRefused
      && (oldSets.isEmpty || isComplete(status) == isComplete(deployment.status))
  }

  private mutating func count() {
    var sum = (all: 0, ready: 0, available: 0, terminating: 0)
    func add(_ set: ReplicaSetStatus) {
      sum.all += set.replicas ?? 0
      sum.ready += set.readyReplicas ?? 0
      sum.available += set.availableReplicas ?? 0
      sum.terminating += set.terminatingReplicas ?? 0
    }
    for set in oldSets { add(set.replicaSet.status) }
    if let newSet { add(newSet.replicaSet.status) }
    func orAbsent(_ count: Int) -> Int? { count == 0 ? nil : count }
    let available = sum.available
    status.observedGeneration = stored.metadata.generation
    status.replicas = orAbsent(sum.all)
    status.updatedReplicas = orAbsent(newSet?.replicaSet.status.replicas ?? 0)
    status.readyReplicas = orAbsent(sum.ready)
    status.availableReplicas = orAbsent(available)
    status.unavailableReplicas = orAbsent(max(0, replicas - available))
    status.terminatingReplicas = sum.terminating
    if available >= wanted - pace.unavailable {
      set("Available", "True", "MinimumReplicasAvailable", "enough pods are available")
    } else {
      set(
        "Available", "False", "MinimumReplicasUnavailable",
        "\(available) of at least \(wanted - pace.unavailable) pods are available")
    }
  }

  private mutating func setProgressing() {
    guard hasDeadline else { return remove("Progressing") }
    // A refusal is reported until the write is admitted.
    if wasRefused { return }
    let old = deployment.status
    let present = status.conditions.first { $0.type == "Progressing" }
    let isDone = (status.replicas ?? 0) == (status.updatedReplicas ?? 0) && present?.reason == "NewReplicaSetAvailable"
    if isDone { return }
    let what = newSet.map { "ReplicaSet \"\($0.name)\"" } ?? "Deployment \"\(stored.key.name)\""
    if isComplete(status) {
      set("Progressing", "True", "NewReplicaSetAvailable", "\(what) is rolled out completely")
    } else if hasMoved(from: old) {
      // Progress under the same reason renews only the time of the last progress.
      set("Progressing", "True", "ReplicaSetUpdated", "the rollout of \(what) goes on", renews: true)
    } else if let present, present.reason != "NewReplicaSetAvailable", let deadline = deadline(present) {
      if deadline < now {
        let seconds = deployment.spec.progressDeadlineSeconds ?? 0
        set(
          "Progressing", "False", "ProgressDeadlineExceeded",
          "\(what) made no progress for \(seconds) s: look at its pods and events")
      } else if present.reason != "ProgressDeadlineExceeded" {
        plan.wake(at: deadline + .seconds(1))
      }
    }
    if let renewed = status.conditions.first(where: { $0.type == "Progressing" }), renewed.reason != "NewReplicaSetAvailable",
      renewed.reason != "ProgressDeadlineExceeded", let deadline = deadline(renewed), deadline >= now
    {
      plan.wake(at: deadline + .seconds(1))
    }
  }

  private func hasMoved(from old: DeploymentStatus) -> Bool {
    let updated = status.updatedReplicas ?? 0
    let oldUpdated = old.updatedReplicas ?? 0
    return updated > oldUpdated || (status.replicas ?? 0) - updated < (old.replicas ?? 0) - oldUpdated
      || (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) || (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  }

  private func deadline(_ condition: DeploymentCondition) -> Instant? {
    guard let seconds = deployment.spec.progressDeadlineSeconds,
      let from = condition.lastUpdateTime.flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    return from + .seconds(seconds)
  }

  private mutating func remove(_ type: String) {
    guard status.conditions.contains(where: { $0.type == type }) else { return }
    let rest = status.conditions.filter { $0.type != type }
    status.conditions = List(tree: rest.isEmpty ? .null : List(rest).tree)
  }

  /// The same status and reason change nothing, unless `renews` asks for the time of the update.
  mutating func set(_ type: String, _ value: String, _ reason: String, _ message: String, renews: Bool = false) {
    let present = status.conditions.first { $0.type == type }
    if let present, present.status == value, present.reason == reason, !renews { return }
    var condition = present ?? DeploymentCondition()
    if condition.status != value { condition.lastTransitionTime = now.rfc3339 }
    condition.lastUpdateTime = now.rfc3339
    condition.type = type
    condition.status = value
    condition.reason = reason
    condition.message = message
    status.conditions = List(status.conditions.filter { $0.type != type } + [condition])
  }
}
