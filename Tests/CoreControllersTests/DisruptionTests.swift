import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Disruption budgets")
struct DisruptionTests {
  private static func owned(_ name: String, by owner: String, kind: String = "ReplicaSet", group: String = "apps/v1") -> String {
    """
    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","labels":{"app":"web"},"ownerReferences":[
     {"apiVersion":"\(group)","kind":"\(kind)","name":"\(owner)","uid":"\(owner)","controller":true}]},
     "spec":{"nodeName":"n1","containers":[{"name":"main"}]}}
    """
  }

  private static func budget(_ spec: String) -> String {
    """
    {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"web"},
     "spec":{"selector":{"matchLabels":{"app":"web"}},\(spec)}}
    """
  }

  /// A ReplicaSet that wants so many pods, of which so many are there and ready.
  private func world(replicas: Int, ready: Int, _ spec: String) throws -> World {
    var world = World(DisruptionController())
    try world.add(
      .replicaSets,
      #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"rs","uid":"rs"},"spec":{"replicas":\#(replicas)}}"#)
    for index in 0..<ready {
      try world.add(.pods, Self.owned("p\(index)", by: "rs"))
      world.setPod("p\(index)", phase: "Running", isReady: true)
    }
    try world.add(.podDisruptionBudgets, Self.budget(spec))
    return world
  }

  private func status(_ world: World) -> PodDisruptionBudgetStatus? {
    world.get(.podDisruptionBudgets, "web", as: PodDisruptionBudget.self)?.status
  }
  /// "healthy/desired of expected, allowed: n"
  private func counts(_ world: World) -> String {
    guard let status = status(world) else { return "none" }
    return
      "\(status.currentHealthy ?? -1)/\(status.desiredHealthy ?? -1) of \(status.expectedPods ?? -1), allowed: \(status.disruptionsAllowed ?? -1)"
  }
  private func condition(_ world: World) -> String? {
    status(world)?.conditions.first { $0.type == "DisruptionAllowed" }.map { "\($0.status ?? "") \($0.reason ?? "")" }
  }

  @Test(
    "what may be away follows from the owner's replicas, percentages rounded up",
    arguments: [
      (5, 5, #""maxUnavailable":1"#, "5/4 of 5, allowed: 1"), (5, 3, #""maxUnavailable":1"#, "3/4 of 5, allowed: 0"),
      (5, 5, #""maxUnavailable":"30%""#, "5/3 of 5, allowed: 2"), (5, 5, #""minAvailable":"50%""#, "5/3 of 5, allowed: 2"),
      (5, 4, #""minAvailable":2"#, "4/2 of 4, allowed: 2"), (2, 2, #""maxUnavailable":7"#, "2/0 of 2, allowed: 2"),
      (3, 3, #""maxUnavailable":0"#, "3/3 of 3, allowed: 0"),
    ])
  func counting(replicas: Int, ready: Int, spec: String, expected: String) throws {
    let world = try world(replicas: replicas, ready: ready, spec)
    #expect(counts(world) == expected)
    #expect(condition(world) == (expected.hasSuffix(": 0") ? "False InsufficientPods" : "True SufficientPods"))
    #expect(status(world)?.observedGeneration == 1)
  }

  @Test("a pod that stops being ready, is deleted, or loses its label changes the count at once")
  func follows() throws {
    var world = try world(replicas: 4, ready: 4, #""maxUnavailable":3"#)
    #expect(counts(world) == "4/1 of 4, allowed: 3")
    world.setPod("p0", phase: "Running", isReady: false)
    #expect(counts(world) == "3/1 of 4, allowed: 2")
    try world.delete(.pods, "p1")
    #expect(counts(world) == "2/1 of 4, allowed: 1")
    try world.patch(.pods, "p2", #"{"metadata":{"labels":{"app":"else"}}}"#)
    #expect(counts(world) == "1/1 of 4, allowed: 0")
    try world.patch(.podDisruptionBudgets, "web", #"{"spec":{"maxUnavailable":4}}"#)
    #expect(counts(world) == "1/0 of 4, allowed: 1")
    #expect(status(world)?.observedGeneration == 2)
  }

  @Test("the two ReplicaSets of a rollout count as their one Deployment")
  func rollout() throws {
    var world = World(DisruptionController())
    try world.add(
      .deployments, #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","uid":"d"},"spec":{"replicas":3}}"#)
    for name in ["old", "new"] {
      try world.add(
        .replicaSets,
        """
        {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"\(name)","uid":"\(name)","ownerReferences":[
         {"apiVersion":"apps/v1","kind":"Deployment","name":"d","uid":"d","controller":true}]},"spec":{"replicas":2}}
        """)
      try world.add(.pods, Self.owned("of-\(name)", by: name))
      world.setPod("of-\(name)", phase: "Running", isReady: true)
    }
    try world.add(.podDisruptionBudgets, Self.budget(#""maxUnavailable":2"#))
    #expect(counts(world) == "2/1 of 3, allowed: 1")
  }

  @Test("where the owner has no scale nothing is allowed, and the budget says why; a number of minAvailable does not ask")
  func noScale() throws {
    var world = World(DisruptionController())
    try world.add(.pods, Self.owned("p0", by: "job", kind: "Job", group: "batch/v1"))
    world.setPod("p0", phase: "Running", isReady: true)
    try world.add(.podDisruptionBudgets, Self.budget(#""maxUnavailable":1"#))
    #expect(status(world)?.disruptionsAllowed == 0)
    #expect(condition(world) == "False SyncFailed")
    #expect(status(world)?.conditions.first?.message?.contains("scale subresource") == true)
    #expect(world.reasons == ["CalculateExpectedPodCountFailed"])
    try world.patch(.podDisruptionBudgets, "web", #"{"spec":{"maxUnavailable":null,"minAvailable":0}}"#)
    #expect(counts(world) == "1/0 of 1, allowed: 1")
  }

  @Test("pods without a controller are not counted, and the budget's events say so; without any pod there is an event too")
  func strays() throws {
    var world = World(DisruptionController())
    try world.add(.podDisruptionBudgets, Self.budget(#""maxUnavailable":1"#))
    #expect(world.reasons == ["NoPods"])
    #expect(counts(world) == "0/0 of 0, allowed: 0")
    try world.add(
      .pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"stray","labels":{"app":"web"}},"spec":{"nodeName":"n1"}}"#)
    world.setPod("stray", phase: "Running", isReady: true)
    #expect(world.reasons.last == "UnmanagedPods")
    #expect(counts(world) == "1/0 of 0, allowed: 0")
  }

  @Test("an eviction that was granted counts as away until the pod goes, for two minutes at the most")
  func granted() throws {
    var world = try world(replicas: 2, ready: 2, #""maxUnavailable":1"#)
    let now = world.now.rfc3339
    try world.patch(.podDisruptionBudgets, "web", #"{"status":{"disruptionsAllowed":0,"disruptedPods":{"p0":"\#(now)"}}}"#)
    #expect(counts(world) == "1/1 of 2, allowed: 0")
    world.run(for: 119)
    #expect(counts(world) == "1/1 of 2, allowed: 0")
    world.run(for: 2)
    #expect(counts(world) == "2/1 of 2, allowed: 1")
    #expect(status(world)?.disruptedPods.isEmpty == true)
    #expect(world.reasons.last == "NotDeleted")
  }

  @Test("a pod that is marked for disruption and stays loses the mark after two minutes")
  func staleMark() throws {
    var world = try world(replicas: 1, ready: 1, #""maxUnavailable":1"#)
    func mark() -> String? {
      world.get(.pods, "p0", as: Pod.self)?.status.conditions.first { $0.type == "DisruptionTarget" }?.status
    }
    let condition =
      #"{"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","lastTransitionTime":"\#(world.now.rfc3339)"}"#
    try world.patch(.pods, "p0", #"{"status":{"conditions":[\#(condition)]}}"#)
    world.run(for: 119)
    #expect(mark() == "True")
    world.run(for: 2)
    #expect(mark() == "False")
  }
}
