import CoreObjects

/// One count of a budget's pods, and the status that follows. Source: trySync, pkg/controller/disruption/disruption.go, v1.36.
struct BudgetCount {
  private(set) var plan = Plan()
  private let stored: StoredObject
  private let store: Store
  private let now: Instant

  private struct Failure: Error { var message: String }
  private struct Expectation {
    var pods: Int
    var healthy: Int
  }

  init(_ stored: StoredObject, _ budget: PodDisruptionBudget, _ pods: [StoredObject], _ store: Store, _ now: Instant) {
    self.stored = stored
    self.store = store
    self.now = now
    var events: [EventDraft] = []
    if pods.isEmpty { events.append(stored.event(.normal, "NoPods", "no pod has the labels of this budget")) }
    var updated = budget
    do {
      let expected = try expectation(budget.spec, pods, &events)
      let disrupted = awaited(budget, pods, &events)
      let healthy = pods.count { stored in
        stored.metadata.deletionTimestamp == nil && disrupted[stored.key.name] == nil && stored.view(Pod.self).isReady
      }
      updated.status.currentHealthy = healthy
      updated.status.desiredHealthy = expected.healthy
      updated.status.expectedPods = expected.pods
      updated.status.disruptionsAllowed = expected.pods > 0 ? max(0, healthy - expected.healthy) : 0
      updated.status.disruptedPods = disrupted
      let isAllowed = updated.status.disruptionsAllowed != 0
      setCondition(&updated, isAllowed, isAllowed ? "SufficientPods" : "InsufficientPods", "")
    } catch {
      events.append(
        stored.event(.warning, "CalculateExpectedPodCountFailed", "the pods of this budget cannot be counted: \(error.message)"))
      // Where nothing is known, nothing may be disrupted.
      updated.status.disruptionsAllowed = 0
      setCondition(&updated, false, "SyncFailed", error.message)
    }
    updated.status.observedGeneration = stored.metadata.generation
    guard updated.status.tree != budget.status.tree else { return }
    plan.changes = events.map { Change(.nothing, succeeded: $0) }
    plan.changes.append(Change(.updateStatus(.podDisruptionBudgets, tree: updated.tree), tolerated: Change.untilGone))
  }

  /// How many pods there should be, and how many of them healthy.
  private func expectation(
    _ spec: PodDisruptionBudgetSpec, _ pods: [StoredObject], _ events: inout [EventDraft]
  ) throws(Failure) -> Expectation {
    if !spec.maxUnavailable.isNull {
      let total = try scale(pods, &events)
      guard let away = CountOrPercent.resolve(spec.maxUnavailable, of: total, roundingUp: true) else {
        throw Failure(message: "maxUnavailable is neither a number nor a percentage")
      }
      return Expectation(pods: total, healthy: max(0, total - away))
    }
    if let least = spec.minAvailable.int { return Expectation(pods: pods.count, healthy: least) }
    if spec.minAvailable.isNull { return Expectation(pods: 0, healthy: 0) }
    let total = try scale(pods, &events)
    guard let least = CountOrPercent.resolve(spec.minAvailable, of: total, roundingUp: true) else {
      throw Failure(message: "minAvailable is neither a number nor a percentage")
    }
    return Expectation(pods: total, healthy: least)
  }

  /// The replicas that the pods' owners want together. Source: getExpectedScale, disruption.go, v1.36.
  private func scale(_ pods: [StoredObject], _ events: inout [EventDraft]) throws(Failure) -> Int {
    var seen: Set<String> = []
    var total = 0
    var hasStrays = false
    for pod in pods {
      guard let owner = OwnedPods.controller(of: pod.metadata) else {
        hasStrays = true
        continue
      }
      if !seen.insert(owner.uid ?? "").inserted { continue }
      var found = try replicas(of: owner, pod)
      if owner.kind == "ReplicaSet", let above = OwnedPods.controller(of: found.owner.metadata), above.kind == "Deployment" {
        // Two ReplicaSets of a rollout count once.
        if !seen.insert(above.uid ?? "").inserted { continue }
        found = try replicas(of: above, pod)
      }
      total += found.count
    }
    if hasStrays {
      let message =
        "pods with the labels of this budget have no controller; a percentage or maxUnavailable does not count them: "
        + "give minAvailable as a number to cover them"
      events.append(stored.event(.warning, "UnmanagedPods", message))
    }
    return total
  }

  private func replicas(of owner: OwnerReference, _ pod: StoredObject) throws(Failure) -> (owner: StoredObject, count: Int) {
    var reference = CrossVersionObjectReference()
    reference.apiVersion = owner.apiVersion
    reference.kind = owner.kind
    guard let resource = ScaleTarget.resource(reference, store) else {
      throw Failure(message: "\(owner.kind ?? "") of \(owner.apiVersion ?? "") does not implement the scale subresource")
    }
    guard let found = store.get(resource, namespace: pod.key.namespace, owner.name ?? ""), found.uid == owner.uid else {
      throw Failure(message: "found no controllers for pod \"\(pod.key.name)\"")
    }
    return (
      found,
      found.tree.value(at: store.scalePaths(of: resource).wanted).int
        ?? (resource.group == "apps" || resource.group.isEmpty ? 1 : 0)
    )
  }

  /// Pods whose eviction was granted and is still expected to be seen; looked at again when the next one is overdue.
  private mutating func awaited(
    _ budget: PodDisruptionBudget, _ pods: [StoredObject], _ events: inout [EventDraft]
  ) -> TextMap {
    var awaited = TextMap(tree: .null)
    for pod in pods where pod.metadata.deletionTimestamp == nil {
      guard let time = budget.status.disruptedPods[pod.key.name] else { continue }
      let due = (Instant(rfc3339: time) ?? now) + DisruptionController.deletionTimeout
      if due > now {
        awaited[pod.key.name] = time
        plan.wake(at: due)
      } else {
        events.append(
          stored.event(
            .warning, "NotDeleted", "pod \(pod.key.namespace)/\(pod.key.name) was to be evicted and has not been deleted"))
      }
    }
    return awaited
  }

  private func setCondition(_ budget: inout PodDisruptionBudget, _ isAllowed: Bool, _ reason: String, _ message: String) {
    var condition = budget.status.conditions.first { $0.type == "DisruptionAllowed" } ?? Condition()
    let status = isAllowed ? "True" : "False"
    if condition.status != status { condition.lastTransitionTime = now.rfc3339 }
    condition.type = "DisruptionAllowed"
    condition.status = status
    condition.reason = reason
    condition.message = message
    condition.observedGeneration = stored.metadata.generation
    budget.status.conditions = List(budget.status.conditions.filter { $0.type != "DisruptionAllowed" } + [condition])
  }
}
