import CoreObjects

extension Writer {
  /// The row of pods/eviction: a deletion that asks the disruption budgets first.
  /// Source: pkg/registry/core/pod/storage/eviction.go, v1.36.
  mutating func evict(_ key: ObjectKey, _ given: Deletion, _ actor: Actor, _ now: Instant) throws(APIError) -> Written {
    let (draft, object) = try draft(of: key, by: actor, at: now)
    var deletion = given
    try deletion.preconditions.check(object, draft.served.definition.kind)
    let pod = object.view(Pod.self)
    let isRunning = !["Succeeded", "Failed"].contains(pod.status.phase ?? "") && pod.metadata.deletionTimestamp == nil
    if isRunning {
      if pod.status.phase != "Pending" { try spendBudget(pod, object, actor, now) }
      if !actor.isDryRun { try markDisrupted(pod, object, now) }
      // Compared above; the mark is a write of our own.
      deletion.preconditions.resourceVersion = nil
    }
    return try delete(key, deletion, actor, now)
  }

  /// So that the podFailurePolicy of a Job can tell an eviction from a failure of its own.
  private mutating func markDisrupted(_ pod: Pod, _ object: StoredObject, _ now: Instant) throws(APIError) {
    var condition = PodCondition()
    condition.type = "DisruptionTarget"
    condition.status = "True"
    condition.reason = "EvictionByEvictionAPI"
    condition.message = "the pod was evicted through the API"
    condition.lastTransitionTime = now.rfc3339
    var status = pod.status
    status.conditions = List(status.conditions.filter { $0.type != "DisruptionTarget" } + [condition])
    try write(.status(object.key, status.tree), by: .bootstrap, at: now)
  }

  /// Evictions that the controller has not confirmed, at the most. Source: MaxDisruptedPodSize, eviction.go, v1.36.
  private static let disruptedPodsLimit = 2_000

  private mutating func spendBudget(_ pod: Pod, _ object: StoredObject, _ actor: Actor, _ now: Instant) throws(APIError) {
    let budgets = store.list(.podDisruptionBudgets, namespace: object.key.namespace).filter {
      $0.view(PodDisruptionBudget.self).spec.selector.matches(pod.metadata.labels)
    }
    guard budgets.count < 2 else {
      throw .internalError("pod \(object.key.name) is covered by more than one PodDisruptionBudget, which is not supported")
    }
    guard let found = budgets.first else { return }
    var budget = found.view(PodDisruptionBudget.self)
    let isReady = pod.status.conditions.contains { $0.type == "Ready" && $0.status == "True" }
    let desired = budget.status.desiredHealthy ?? 0
    if !isReady {
      // A pod that is not ready is not among the healthy ones: its eviction takes nothing away.
      if budget.spec.unhealthyPodEvictionPolicy == "AlwaysAllow" { return }
      if desired > 0, (budget.status.currentHealthy ?? 0) >= desired { return }
    }
    if (budget.status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0) {
      throw Writer.budgetRefusal("The disruption budget \(found.key.name) is new or changed and has not been counted yet")
    }
    let allowed = budget.status.disruptionsAllowed ?? 0
    guard allowed > 0 else {
      throw Writer.budgetRefusal(
        "The disruption budget \(found.key.name) needs \(desired) healthy pods and has \(budget.status.currentHealthy ?? 0) currently"
      )
    }
    guard budget.status.disruptedPods.count <= Writer.disruptedPodsLimit else {
      throw .forbidden(
        .podDisruptionBudgets, found.key.name,
        "more than \(Writer.disruptedPodsLimit) evictions wait for the disruption controller to confirm them")
    }
    if actor.isDryRun { return }
    budget.status.disruptionsAllowed = allowed - 1
    if allowed == 1 { Writer.forbidDisruptions(&budget, now) }
    budget.status.disruptedPods[object.key.name] = now.rfc3339
    try write(.status(found.key, budget.tree[.status]), by: .bootstrap, at: now)
  }

  /// Nobody can say when it may be tried again: without Retry-After. Source: createTooManyRequestsError, eviction.go, v1.36.
  private static func budgetRefusal(_ cause: String) -> APIError {
    var error = APIError.tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.")
    error.causes = [APIError.Cause(reason: "DisruptionBudget", message: cause, field: "")]
    return error
  }

  private static func forbidDisruptions(_ budget: inout PodDisruptionBudget, _ now: Instant) {
    guard var condition = budget.status.conditions.first(where: { $0.type == "DisruptionAllowed" }) else { return }
    if condition.status != "False" { condition.lastTransitionTime = now.rfc3339 }
    condition.status = "False"
    condition.reason = "InsufficientPods"
    budget.status.conditions = List(budget.status.conditions.filter { $0.type != "DisruptionAllowed" } + [condition])
  }
}
