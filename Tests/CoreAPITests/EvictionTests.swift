import CoreAPI
import CoreObjects
import Testing

@Suite("Evictions")
struct EvictionTests {
  private static let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
  private static let eviction: JSON = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "p"]]

  /// A running pod under a budget that its controller has counted.
  private func bench(allowed: Int64, healthy: Int64, desired: Int64, isReady: Bool = true, policy: JSON = .null) -> Bench {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.metadata].put(.labels, ["app": "x"])
    bench.send("POST", Bench.pods, pod)
    bench.send("POST", Bench.pods + "/p/binding", ["metadata": ["name": "p"], "target": ["kind": "Node", "name": "n1"]])
    bench.send(
      "PATCH", Bench.pods + "/p/status",
      ["status": ["phase": "Running", "conditions": [["type": "Ready", "status": isReady ? "True" : "False"]]]],
      type: "application/merge-patch+json")
    var budget: JSON = [
      "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "b"],
      "spec": ["minAvailable": .int(desired), "selector": ["matchLabels": ["app": "x"]]],
    ]
    if !policy.isNull { budget[.spec].put("unhealthyPodEvictionPolicy", policy) }
    bench.send("POST", Self.budgets, budget)
    let status: JSON = [
      "disruptionsAllowed": .int(allowed), "currentHealthy": .int(healthy), "desiredHealthy": .int(desired), "expectedPods": 2,
      "observedGeneration": 1,
      "conditions": [
        [
          "type": "DisruptionAllowed", "status": allowed > 0 ? "True" : "False", "reason": "SufficientPods", "message": "",
          "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]
      ],
    ]
    bench.send("PATCH", Self.budgets + "/b/status", ["status": status], type: "application/merge-patch+json")
    return bench
  }

  private func evict(_ bench: inout Bench, _ query: String = "") -> Bench.Answer {
    bench.send("POST", Bench.pods + "/p/eviction" + query, Self.eviction)
  }

  @Test("an eviction takes one from what the budget allows and is remembered until it is seen")
  func spends() {
    var bench = bench(allowed: 1, healthy: 2, desired: 1)
    #expect(evict(&bench, "?dryRun=All").status == 201)
    #expect(bench.get(Self.budgets + "/b").body[.status]["disruptionsAllowed"] == 1)
    #expect(evict(&bench).status == 201)
    let status = bench.get(Self.budgets + "/b").body[.status]
    #expect(status["disruptionsAllowed"].int == 0)
    #expect(status["disruptedPods"]["p"].string == bench.now.rfc3339)
    #expect(status[.conditions][0][.status] == "False" && status[.conditions][0][.reason] == "InsufficientPods")
  }

  @Test("a spent budget refuses with 429, names itself, and says when to ask again")
  func refuses() {
    var bench = bench(allowed: 0, healthy: 1, desired: 1)
    let answer = evict(&bench)
    #expect(answer.status == 429)
    #expect(answer.reason == "TooManyRequests")
    let cause = answer.body["details"]["causes"][0]
    #expect(cause[.reason] == "DisruptionBudget")
    #expect(cause[.message].string?.contains("b needs 1 healthy pods and has 1") == true)
    #expect(answer.body["details"]["retryAfterSeconds"].isNull && !answer.headers.contains { $0.name == "Retry-After" })
    #expect(bench.get(Bench.pods + "/p").body[.metadata][.deletionTimestamp].isNull)
  }

  @Test("a budget that was changed and not counted since refuses")
  func uncounted() {
    var bench = bench(allowed: 1, healthy: 2, desired: 1)
    bench.send("PATCH", Self.budgets + "/b", ["spec": ["minAvailable": 2]], type: "application/merge-patch+json")
    let answer = evict(&bench)
    #expect(answer.status == 429)
    #expect(answer.body["details"]["causes"][0][.message].string?.contains("not been counted") == true)
  }

  @Test("a pod that is not ready goes while enough others are healthy, or always where the budget says so")
  func unhealthy() {
    var enough = bench(allowed: 0, healthy: 1, desired: 1, isReady: false)
    #expect(evict(&enough).status == 201)
    #expect(enough.get(Self.budgets + "/b").body[.status]["disruptedPods"].isNull)
    var tooFew = bench(allowed: 0, healthy: 0, desired: 1, isReady: false)
    #expect(evict(&tooFew).status == 429)
    var always = bench(allowed: 0, healthy: 0, desired: 1, isReady: false, policy: "AlwaysAllow")
    #expect(evict(&always).status == 201)
  }

  @Test("two budgets over one pod cannot both be asked: 500")
  func twoBudgets() {
    var bench = bench(allowed: 1, healthy: 2, desired: 1)
    bench.send(
      "POST", Self.budgets,
      ["metadata": ["name": "c"], "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "x"]]]])
    #expect(evict(&bench).status == 500)
  }

  @Test("preconditions are compared with the pod as the client saw it, before the eviction marks it")
  func preconditions() {
    var bench = bench(allowed: 1, healthy: 2, desired: 1)
    let seen = bench.get(Bench.pods + "/p").body[.metadata][.resourceVersion]
    var eviction = Self.eviction
    eviction.put(.deleteOptions, ["preconditions": ["resourceVersion": "1"]])
    #expect(bench.send("POST", Bench.pods + "/p/eviction", eviction).status == 409)
    #expect(bench.get(Self.budgets + "/b").body[.status][.disruptionsAllowed].int == 1)
    eviction.put(.deleteOptions, ["preconditions": ["resourceVersion": seen]])
    #expect(bench.send("POST", Bench.pods + "/p/eviction", eviction).status == 201)
  }
}
