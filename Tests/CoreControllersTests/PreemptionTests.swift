import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Scheduler: priority and preemption")
struct PreemptionTests {
  /// n1, n2, … with one CPU each.
  private func world(nodes: Int = 1, termination: Int = 0) throws -> World {
    var world = World(Scheduler())
    world.termination = termination
    for index in 1...nodes { try world.addNode("n\(index)", cpu: "1") }
    return world
  }

  private func condition(_ world: World, _ pod: String) -> String? {
    world.get(.pods, pod, as: Pod.self)?.status.conditions.first { $0.type == "DisruptionTarget" }.map {
      "\($0.status ?? "") \($0.reason ?? "")"
    }
  }

  @Test("of the pods that come at once, the one of highest priority gets the place")
  func order() throws {
    var world = try world()
    try world.patch(.nodes, "n1", #"{"spec":{"unschedulable":true}}"#)
    for (name, priority) in [("low", 1), ("high", 100), ("middle", 10)] {
      try world.addPod(name, cpu: "1", priority: priority, spec: #""preemptionPolicy":"Never","#)
    }
    try world.patch(.nodes, "n1", #"{"spec":{"unschedulable":false}}"#)
    world.run(for: 1)
    #expect(world.node(of: "high") == "n1")
    #expect(world.node(of: "middle") == nil && world.node(of: "low") == nil)
    try world.delete(.pods, "high")
    world.run(for: 1)
    #expect(world.node(of: "middle") == "n1")
  }

  @Test("a pod that outranks others waits for them to end gracefully on the node that is named, and takes their place")
  func preempts() throws {
    var world = try world(termination: 30)
    try world.addRunning("old", on: "n1", cpu: "800m", priority: 1)
    try world.addPod("vip", cpu: "800m", priority: 100)
    #expect(world.nominated("vip") == "n1")
    #expect(world.told("vip") == "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.")
    #expect(condition(world, "old") == "True PreemptionByScheduler")
    #expect(world.get(.pods, "old", as: Pod.self)?.metadata.deletionTimestamp != nil)
    #expect(world.reasons == ["FailedScheduling", "Preempted"])
    world.run(for: 29)
    #expect(world.node(of: "vip") == nil)
    world.run(for: 2)
    #expect(world.node(of: "vip") == "n1")
    #expect(world.names(.pods) == ["vip"])
  }

  @Test("while its victims end, nobody else is sent away for the pod, whatever else happens")
  func onlyOnce() throws {
    var world = try world(nodes: 2, termination: 30)
    try world.addRunning("one", on: "n1", cpu: "800m", priority: 1)
    try world.addRunning("two", on: "n2", cpu: "800m", priority: 2)
    try world.addPod("vip", cpu: "800m", priority: 100)
    try world.patch(.nodes, "n2", #"{"metadata":{"labels":{"changed":"yes"}}}"#)
    #expect(world.told("vip").hasSuffix("preemption: not eligible due to a terminating pod on the nominated node."))
    #expect(world.nominated("vip") == "n1")
    #expect(world.get(.pods, "two", as: Pod.self)?.metadata.deletionTimestamp == nil)
    world.run(for: 40)
    #expect(world.node(of: "vip") == "n1")
    #expect(world.node(of: "two") == "n2")
  }

  @Test("the place of a nominated pod is not given to a lower one, but to a higher one")
  func nominatedPlace() throws {
    var world = try world(termination: 30)
    try world.addRunning("big", on: "n1", cpu: "900m", priority: 1)
    try world.addPod("vip", cpu: "500m", priority: 100)
    world.run(for: 10)
    try world.delete(.pods, "big")
    try world.addPod("low", cpu: "600m", priority: 50)
    world.run(for: 40)
    #expect(world.node(of: "vip") == "n1")
    #expect(world.node(of: "low") == nil)
  }

  @Test("a small pod that fits beside the nominated one need not wait")
  func besideNominated() throws {
    var world = try world(termination: 30)
    try world.addRunning("noisy", on: "n1", app: "noisy", cpu: "300m", priority: 1)
    try world.addPod("vip", cpu: "300m", priority: 100, spec: Rules.apart(Rules.term("noisy")))
    #expect(world.nominated("vip") == "n1")
    try world.addPod("small", cpu: "200m")
    #expect(world.node(of: "small") == "n1")
    try world.addPod("larger", cpu: "350m")
    #expect(world.node(of: "larger") == nil)
  }

  @Test("a pod of preemptionPolicy Never sends nobody away, and says so; nor does one of equal priority")
  func never() throws {
    var world = try world()
    try world.addRunning("old", on: "n1", cpu: "800m", priority: 1)
    try world.addPod("polite", cpu: "800m", priority: 100, spec: #""preemptionPolicy":"Never","#)
    #expect(
      world.told("polite")
        == "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.")
    try world.addPod("equal", cpu: "800m", priority: 1)
    #expect(
      world.told("equal").hasSuffix("preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."))
    #expect(world.node(of: "old") == "n1")
    #expect(!world.reasons.contains("Preempted"))
  }

  @Test("where it would not help, nobody is sent away")
  func noHelp() throws {
    var world = try world(nodes: 2)
    try world.addRunning("old", on: "n1", cpu: "800m", priority: 1)
    try world.addPod("huge", cpu: "2", priority: 100)
    #expect(
      world.told("huge").hasSuffix("preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."))
    try world.patch(.nodes, "n2", #"{"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}}"#)
    try world.addRunning("firm", on: "n1", cpu: "150m", priority: 200)
    try world.addPod("vip", cpu: "900m", priority: 100)
    #expect(
      world.told("vip").hasSuffix(
        "preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling."))
    #expect(world.node(of: "old") == "n1")
  }

  @Test("no more go than must: the least important, and only as many as make room")
  func fewest() throws {
    var world = try world()
    try world.addRunning("a", on: "n1", cpu: "300m", priority: 3)
    try world.addRunning("b", on: "n1", cpu: "300m", priority: 1)
    try world.addRunning("c", on: "n1", cpu: "300m", priority: 2)
    try world.addPod("vip", cpu: "300m", priority: 100)
    #expect(world.names(.pods) == ["a", "c", "vip"])
    #expect(world.node(of: "vip") == "n1")
  }

  @Test("of equal pods the one that started last goes")
  func youngest() throws {
    var world = try world()
    try world.addRunning("new", on: "n1", cpu: "500m", since: "2026-01-01T00:10:00Z")
    try world.addRunning("old", on: "n1", cpu: "500m", since: "2026-01-01T00:00:00Z")
    try world.addPod("vip", cpu: "500m", priority: 100)
    #expect(world.names(.pods) == ["old", "vip"])
  }

  @Test("of several nodes the one whose victims matter least: lowest rank, then fewest")
  func node() throws {
    var world = try world(nodes: 3)
    try world.addRunning("high", on: "n1", cpu: "900m", priority: 50)
    try world.addRunning("low1", on: "n2", cpu: "450m", priority: 5)
    try world.addRunning("low2", on: "n2", cpu: "450m", priority: 5)
    try world.addRunning("low3", on: "n3", cpu: "900m", priority: 5)
    try world.addPod("vip", cpu: "900m", priority: 100)
    #expect(world.names(.pods) == ["high", "low1", "low2", "vip"])
    #expect(world.node(of: "vip") == "n3")
  }

  private func budget(_ name: String, app: String, allowed: Int) -> String {
    """
    {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"\(name)"},
     "spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"\(app)"}}},"status":{"disruptionsAllowed":\(allowed)}}
    """
  }

  @Test("budgets are kept where another victim can be found, and broken where not")
  func budgets() throws {
    var world = try world(nodes: 2)
    try world.add(.podDisruptionBudgets, budget("guarded", app: "guarded", allowed: 0))
    try world.addRunning("guarded", on: "n1", app: "guarded", cpu: "900m", priority: 1)
    try world.addRunning("free", on: "n2", cpu: "900m", priority: 50)
    try world.addPod("vip", cpu: "900m", priority: 100)
    #expect(world.names(.pods) == ["guarded", "vip"])
    try world.addPod("second", cpu: "900m", priority: 100)
    #expect(world.names(.pods) == ["second", "vip"])
  }

  @Test("on one node, pods whose budget allows it go before those of lower rank whose budget does not")
  func budgetOnNode() throws {
    var world = try world()
    try world.add(.podDisruptionBudgets, budget("guarded", app: "guarded", allowed: 0))
    try world.addRunning("guarded", on: "n1", app: "guarded", cpu: "450m", priority: 1)
    try world.addRunning("free", on: "n1", cpu: "450m", priority: 50)
    try world.addPod("vip", cpu: "450m", priority: 100)
    #expect(world.names(.pods) == ["guarded", "vip"])
  }

  @Test("anti-affinity, host ports and spread are reasons to send a lower pod away, too")
  func otherReasons() throws {
    var world = try world()
    try world.addRunning("noisy", on: "n1", app: "noisy", priority: 1)
    try world.addPod("quiet", priority: 100, spec: Rules.apart(Rules.term("noisy")))
    #expect(world.names(.pods) == ["quiet"])
    #expect(world.node(of: "quiet") == "n1")
    try world.addRunning("even", on: "n1", app: "s", priority: 1)
    try world.addNode("n2", cpu: "1", more: #""spec":{"unschedulable":true},"#)
    try world.addPod("spread", app: "s", priority: 100, spec: Rules.spreads(Rules.spread("s", key: Rules.host)))
    #expect(world.names(.pods) == ["quiet", "spread"])
    #expect(world.node(of: "spread") == "n1")
  }

  @Test("a higher pod takes over the place of a nominated one, which looks for another")
  func overtaken() throws {
    var world = try world(termination: 30)
    try world.addRunning("old", on: "n1", cpu: "900m", priority: 1)
    try world.addPod("vip", cpu: "900m", priority: 100)
    #expect(world.nominated("vip") == "n1")
    try world.addPod("king", cpu: "900m", priority: 1000)
    #expect(world.nominated("king") == "n1")
    #expect(world.nominated("vip") == nil)
    world.run(for: 60)
    #expect(world.node(of: "king") == "n1")
    #expect(world.node(of: "vip") == nil)
  }

  @Test("a refused deletion is tried again until the room is there")
  func refusedWrites() throws {
    var world = try world()
    try world.addRunning("old", on: "n1", cpu: "900m", priority: 1)
    world.refuse = { write in if case .delete = write { "Conflict" } else { nil } }
    try world.addPod("vip", cpu: "900m", priority: 100)
    #expect(world.names(.pods) == ["old", "vip"])
    world.refuse = nil
    world.run(for: 10)
    #expect(world.node(of: "vip") == "n1")
  }
}
