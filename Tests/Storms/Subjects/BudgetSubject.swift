package import CoreObjects

/// A Deployment whose pods are evicted, several at once, under a budget that changes.
package struct BudgetSubject: Subject {
  package static let name = "PodDisruptionBudget"
  private let key = ObjectKey(.deployments, namespace: "default", "w")
  private let budgetKey = ObjectKey(.podDisruptionBudgets, namespace: "default", "b")
  private var replicas: Int
  private var bound: JSON = .null
  private let policy: String?

  package init(random: inout RandomSource) {
    replicas = 3 + random.below(4)
    policy = random.below(3) == 0 ? "AlwaysAllow" : nil
    bound = BudgetSubject.bound(&random)
  }

  private static func bound(_ random: inout RandomSource) -> JSON {
    switch random.below(4) {
    case 0: ["minAvailable": .int(Int64(1 + random.below(4))), "maxUnavailable": .null]
    case 1: ["minAvailable": .string("\(25 * (1 + random.below(4)))%"), "maxUnavailable": .null]
    case 2: ["minAvailable": .null, "maxUnavailable": .int(Int64(random.below(3)))]
    default: ["minAvailable": .null, "maxUnavailable": .string("\(20 * random.below(4))%")]
    }
  }

  package var manifests: [JSON] { [manifest, budget] }
  package var checks: [any Check] { [EvictionsKeepTheFloor(), BudgetsFollow(), ReplicasAtRest(), DeploymentAtRest()] }

  private var budget: JSON {
    var spec: JSON = ["selector": ["matchLabels": ["app": "w"]]]
    for member in bound.members where !member.value.isNull { spec.put(member.key, member.value) }
    if let policy { spec.put(Key("unhealthyPodEvictionPolicy"), .string(policy)) }
    return [
      "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "b", "namespace": "default"], "spec": spec,
    ]
  }

  private var manifest: JSON {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "w", "namespace": "default"],
      "spec": ["replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": "w"]], "template": Templates.pod("w")],
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let pods = facts.list(.pods)
    switch random.below(12) {
    case 0...5:
      guard !pods.isEmpty else { return nil }
      var act = StormAct.evict(pods[random.below(pods.count)].key)
      for _ in 0..<random.below(4) { act.then.append(.evict(pods[random.below(pods.count)].key)) }
      return act
    case 6:
      guard facts.get(budgetKey) != nil, random.below(4) > 0 else {
        return facts.get(budgetKey) == nil ? .create(budget) : .delete(budgetKey)
      }
      bound = BudgetSubject.bound(&random)
      return .patch(budgetKey, ["spec": bound])
    case 7, 8:
      replicas = 1 + random.below(7)
      return .patch(key, ["spec": ["replicas": .int(Int64(replicas))]], subresource: random.below(2) == 0 ? "scale" : "")
    case 9: return .patch(key, Templates.annotation(random.below(3)))
    case 10: return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    default:
      // An eviction right after a change that nobody has counted yet.
      guard facts.get(budgetKey) != nil, !pods.isEmpty else { return nil }
      bound = BudgetSubject.bound(&random)
      var act = StormAct.patch(budgetKey, ["spec": bound])
      act.then = [.evict(pods[random.below(pods.count)].key)]
      return act
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] { [.create(budget)] }
}
