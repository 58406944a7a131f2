import CoreObjects

/// What a PodDisruptionBudget asks for, reckoned from its spec, its pods and the Deployments that these belong to.
struct BudgetFloor {
  let expected: Int
  let healthy: Int
  let pods: [PodFacts]

  init(_ stored: StoredObject, _ facts: Facts) {
    let spec = stored.tree[.spec]
    pods = facts.list(.pods, namespace: stored.key.namespace).filter {
      $0.hasLabels(of: TextMap(tree: spec[.selector][.matchLabels]))
    }.map(PodFacts.init)
    let sets = Set(pods.compactMap(\.controllerUID))
    let deployments = Set(
      facts.list(.replicaSets).filter { sets.contains($0.uid) }.compactMap {
        $0.metadata.ownerReferences.first { $0.controller == true }?.uid
      })
    let scale = facts.list(.deployments).filter { deployments.contains($0.uid) }.reduce(0) {
      $0 + ($1.tree[.spec][.replicas].int ?? 1)
    }
    if !spec[.maxUnavailable].isNull {
      expected = scale
      healthy = max(0, scale - PodCount.resolve(spec[.maxUnavailable], of: scale, roundingUp: true))
    } else {
      expected = spec[.minAvailable].int == nil ? scale : pods.count
      healthy = PodCount.resolve(spec[.minAvailable], of: scale, roundingUp: true)
    }
  }

  var ready: Int { pods.count { $0.isReady && !$0.isLeaving } }
}

/// An eviction of a healthy pod leaves as many as the budget asks for.
struct EvictionsKeepTheFloor: Check {
  let name = "an eviction leaves as many healthy pods as the budget asks for"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .pods, facts.isUsers, let previous = change.previous, PodFacts(previous).isReady,
      !PodFacts(previous).isLeaving, Self.isEvicted(change.object), !Self.isEvicted(previous)
    else { return nil }
    for budget in facts.list(.podDisruptionBudgets, namespace: change.object.key.namespace) {
      let floor = BudgetFloor(budget, facts)
      guard floor.pods.contains(where: { $0.name == change.object.key.name }) else { continue }
      // The mark comes before the deletion.
      if floor.ready - 1 < floor.healthy {
        return
          "\(change.object.key.name) was evicted, which leaves \(floor.ready - 1) healthy pods; \(floor.healthy) are asked for"
      }
    }
    return nil
  }

  private static func isEvicted(_ object: StoredObject) -> Bool {
    object.view(Pod.self).status.conditions.contains { $0.type == "DisruptionTarget" && $0.reason == "EvictionByEvictionAPI" }
  }
}

/// A budget follows its pods within a minute, and at rest it tells what they are.
struct BudgetsFollow: Check {
  let name = "a budget tells of its pods as they are"
  private var delay = Delay()

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    delay.look(facts, since: since) { facts in facts.list(.podDisruptionBudgets).compactMap { Self.difference($0, facts) } }
  }

  func settled(_ facts: Facts) -> String? {
    for budget in facts.list(.podDisruptionBudgets) {
      if let text = Self.difference(budget, facts) { return text }
      let disrupted = budget.view(PodDisruptionBudget.self).status.disruptedPods
      if !disrupted.isEmpty { return "\(budget.key.name) still waits for the end of \(disrupted.sorted.map(\.name))" }
    }
    return nil
  }

  private static func difference(_ stored: StoredObject, _ facts: Facts) -> String? {
    let floor = BudgetFloor(stored, facts)
    let status = stored.view(PodDisruptionBudget.self).status
    if status.observedGeneration != stored.metadata.generation {
      return "generation \(status.observedGeneration ?? 0) was observed"
    }
    let allowed = floor.expected > 0 ? max(0, floor.ready - floor.healthy) : 0
    let told = [status.expectedPods, status.currentHealthy, status.desiredHealthy, status.disruptionsAllowed].map { $0 ?? 0 }
    let wanted = [floor.expected, floor.ready, floor.healthy, allowed]
    if told != wanted { return "\(stored.key.name) tells of \(told) expected, healthy, desired, allowed; they are \(wanted)" }
    let condition = status.conditions.first { $0.type == "DisruptionAllowed" }
    return condition?.status == (allowed > 0 ? "True" : "False")
      ? nil : "\(stored.key.name) says \(condition?.status ?? "nothing") of disruptions"
  }
}
