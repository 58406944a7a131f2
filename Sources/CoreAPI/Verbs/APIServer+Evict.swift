import CoreJSON
import CoreStore
import CoreTypes

/// pods/eviction: a deletion that asks the disruption budgets first. Source: pkg/registry/core/pod/storage/eviction.go, v1.36.
extension APIServer {
  mutating func evict(_ call: Call) throws(APIError) -> APIResponse {
    var deletion = Deletion(try WriteOptions(call))
    let given = try APIServer.body(of: call.request).value
    guard given.isObject, given[.kind].string ?? "Eviction" == "Eviction" else {
      throw .badRequest("the body must be of kind Eviction")
    }
    if !given[.deleteOptions].isNull { try deletion.read(given[.deleteOptions]) }
    let object = try call.object(in: store)
    let pod = object.view(Pod.self)
    try deletion.checkPreconditions(object, call.served.requestID)
    let isRunning = !["Succeeded", "Failed"].contains(pod.status.phase ?? "") && pod.metadata.deletionTimestamp == nil
    if isRunning, pod.status.phase != "Pending" { try checkBudgets(pod, object, deletion, at: call.now) }
    var evicted = object
    if isRunning, !deletion.options.isDryRun {
      evicted = markDisrupted(pod, object, at: call.now)
      // Compared above; the mark is a write of our own.
      deletion.resourceVersion = nil
    }
    _ = try erase(evicted, call.served, deletion)
    return respond(StatusBody.success(code: 201), call, status: 201)
  }

  /// So that the podFailurePolicy of a Job can tell an eviction from a failure of its own.
  private mutating func markDisrupted(_ pod: Pod, _ object: StoredObject, at now: Instant) -> StoredObject {
    var pod = pod
    var condition = PodCondition()
    condition.type = "DisruptionTarget"
    condition.status = "True"
    condition.reason = "EvictionByEvictionAPI"
    condition.message = "the pod was evicted through the API"
    condition.lastTransitionTime = now.rfc3339
    pod.status.conditions = List(pod.status.conditions.filter { $0.type != "DisruptionTarget" } + [condition])
    return put(object.key, pod.tree)
  }

  /// Evictions that the controller has not confirmed, at the most. Source: MaxDisruptedPodSize, eviction.go, v1.36.
  private static let disruptedPodsLimit = 2_000

  private mutating func checkBudgets(_ pod: Pod, _ object: StoredObject, _ deletion: Deletion, at now: Instant) throws(APIError) {
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
      throw APIServer.budgetRefusal("The disruption budget \(found.key.name) is new or changed and has not been counted yet")
    }
    let allowed = budget.status.disruptionsAllowed ?? 0
    guard allowed > 0 else {
      throw APIServer.budgetRefusal(
        "The disruption budget \(found.key.name) needs \(desired) healthy pods and has \(budget.status.currentHealthy ?? 0) currently"
      )
    }
    guard budget.status.disruptedPods.count <= APIServer.disruptedPodsLimit else {
      throw .forbidden(
        .podDisruptionBudgets, found.key.name,
        "more than \(APIServer.disruptedPodsLimit) evictions wait for the disruption controller to confirm them")
    }
    if deletion.options.isDryRun { return }
    budget.status.disruptionsAllowed = allowed - 1
    if allowed == 1 { APIServer.forbidDisruptions(&budget, at: now) }
    budget.status.disruptedPods[object.key.name] = now.rfc3339
    _ = put(found.key, budget.tree)
  }

  /// Source: createTooManyRequestsError, eviction.go, v1.36.
  private static func budgetRefusal(_ cause: String) -> APIError {
    var error = APIError.tooManyRequests(
      "Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds: 10)
    error.causes = [APIError.Cause(reason: "DisruptionBudget", message: cause, field: "")]
    return error
  }

  private static func forbidDisruptions(_ budget: inout PodDisruptionBudget, at now: Instant) {
    guard var condition = budget.status.conditions.first(where: { $0.type == "DisruptionAllowed" }) else { return }
    if condition.status != "False" { condition.lastTransitionTime = now.rfc3339 }
    condition.status = "False"
    condition.reason = "InsufficientPods"
    budget.status.conditions = List(budget.status.conditions.filter { $0.type != "DisruptionAllowed" } + [condition])
  }
}
