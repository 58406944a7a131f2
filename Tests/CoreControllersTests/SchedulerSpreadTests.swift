import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Scheduler: topology spread")
struct SchedulerSpreadTests {
  private func world(_ nodes: (name: String, zone: String?)...) throws -> World {
    var world = World(Scheduler())
    for node in nodes { try world.addNode(node.name, zone: node.zone) }
    return world
  }

  private func zones(_ world: World, _ pods: [String]) -> [String: Int] {
    var zones: [String: Int] = [:]
    for pod in pods { zones[String(world.node(of: pod)?.first ?? "-"), default: 0] += 1 }
    return zones
  }

  @Test("no zone gets more than maxSkew pods above the emptiest")
  func maxSkew() throws {
    var world = try world(("a1", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c"))
    let names = (0..<7).map { "p\($0)" }
    for name in names {
      try world.addPod(name, app: "s", spec: Rules.spreads(Rules.spread("s", key: Rules.zone)))
      let counts = zones(world, names)
      let used = ["a", "b", "c"].map { counts[$0] ?? 0 }
      #expect(used.max()! - used.min()! <= 1)
    }
    #expect(names.allSatisfy { world.node(of: $0) != nil })
  }

  @Test("where the emptiest zone is full, the pod waits and says why, and comes in when there is room")
  func waits() throws {
    var world = try world(("a1", "a"), ("b1", "b"), ("none", nil))
    try world.patch(.nodes, "b1", #"{"spec":{"unschedulable":true}}"#)
    let spec = Rules.spreads(Rules.spread("s", key: Rules.zone))
    try world.addPod("p0", app: "s", spec: spec)
    #expect(world.node(of: "p0") == "a1")
    try world.addPod("p1", app: "s", spec: spec)
    #expect(
      world.told("p1").hasPrefix(
        "Unschedulable: 0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, "
          + "1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable."))
    try world.patch(.nodes, "b1", #"{"spec":{"unschedulable":false}}"#)
    #expect(world.node(of: "p1") == "b1")
  }

  @Test("with nodeTaintsPolicy Honor a zone that the pod does not tolerate is no zone to be even with")
  func taintsPolicy() throws {
    var world = try world(("a1", "a"))
    try world.addNode("b1", zone: "b", more: #""spec":{"taints":[{"key":"k","effect":"NoSchedule"}]},"#)
    let honoring = Rules.spreads(Rules.spread("s", key: Rules.zone, more: #","nodeTaintsPolicy":"Honor""#))
    for name in ["p0", "p1", "p2"] { try world.addPod(name, app: "s", spec: honoring) }
    #expect(zones(world, ["p0", "p1", "p2"]) == ["a": 3])
    let ignoring = Rules.spreads(Rules.spread("t", key: Rules.zone))
    for name in ["q0", "q1"] { try world.addPod(name, app: "t", spec: ignoring) }
    #expect(zones(world, ["q0", "q1"]) == ["a": 1, "-": 1])
  }

  @Test("nodes that the selector rules out do not count, unless nodeAffinityPolicy is Ignore")
  func affinityPolicy() throws {
    var world = try world(("a1", "a"), ("b1", "b"))
    let selector = #""nodeSelector":{"topology.kubernetes.io/zone":"a"},"#
    for name in ["p0", "p1"] {
      try world.addPod(name, app: "s", spec: selector + Rules.spreads(Rules.spread("s", key: Rules.zone)))
    }
    #expect(zones(world, ["p0", "p1"]) == ["a": 2])
    let ignoring = Rules.spreads(Rules.spread("t", key: Rules.zone, more: #","nodeAffinityPolicy":"Ignore""#))
    for name in ["q0", "q1"] { try world.addPod(name, app: "t", spec: selector + ignoring) }
    #expect(zones(world, ["q0", "q1"]) == ["a": 1, "-": 1])
  }

  @Test("with fewer zones than minDomains the emptiest counts as empty, until there are enough")
  func minDomains() throws {
    var world = try world(("a1", "a"), ("b1", "b"))
    let spec = Rules.spreads(Rules.spread("s", key: Rules.zone, more: #","minDomains":3"#))
    for name in ["p0", "p1", "p2"] { try world.addPod(name, app: "s", spec: spec) }
    #expect(zones(world, ["p0", "p1", "p2"]) == ["a": 1, "b": 1, "-": 1])
    try world.addNode("c1", zone: "c")
    #expect(world.node(of: "p2") == "c1")
  }

  @Test("matchLabelKeys spreads each revision by itself; pods that end do not count")
  func revisions() throws {
    var world = try world(("a1", "a"), ("b1", "b"))
    world.termination = 30
    let spec = Rules.spreads(Rules.spread("s", key: Rules.zone, more: #","matchLabelKeys":["revision"]"#))
    try world.addRunning("old", on: "a1", app: "s", labels: #""revision":"1","#)
    try world.addRunning("going", on: "b1", app: "s", labels: #""revision":"2","#)
    try world.delete(.pods, "going")
    try world.addRunning("weight", on: "a1", app: "w", cpu: "2")
    try world.addPod("new", app: "s", labels: #""revision":"2","#, spec: spec)
    #expect(world.node(of: "new") == "b1")
    try world.addPod("next", app: "s", labels: #""revision":"2","#, spec: spec)
    #expect(world.node(of: "next") == "a1")
  }

  @Test("ScheduleAnyway prefers the even place, but never leaves a pod waiting")
  func scheduleAnyway() throws {
    var world = try world(("a1", "a"), ("b1", "b"))
    try world.addRunning("weight", on: "b1", app: "w", cpu: "1")
    let spec = Rules.spreads(Rules.spread("s", key: Rules.zone, required: false))
    for name in ["p0", "p1"] { try world.addPod(name, app: "s", spec: spec) }
    #expect(zones(world, ["p0", "p1"]) == ["a": 1, "b": 1])
    try world.patch(.nodes, "b1", #"{"spec":{"unschedulable":true}}"#)
    for name in ["p2", "p3", "p4"] { try world.addPod(name, app: "s", spec: spec) }
    #expect(zones(world, ["p2", "p3", "p4"]) == ["a": 3])
  }

  @Test("a node without the label is the last choice of ScheduleAnyway")
  func missingLabel() throws {
    var world = try world(("a1", "a"), ("none", nil))
    try world.addRunning("weight", on: "a1", app: "s", cpu: "1")
    try world.addPod("p", app: "s", spec: Rules.spreads(Rules.spread("s", key: Rules.zone, required: false)))
    #expect(world.node(of: "p") == "a1")
  }

  @Test("both levels at once: even zones, and even nodes within them")
  func twoLevels() throws {
    var world = try world(("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"))
    let spec = Rules.spreads(Rules.spread("s", key: Rules.zone), Rules.spread("s", key: Rules.host))
    for index in 0..<8 { try world.addPod("p\(index)", app: "s", spec: spec) }
    var nodes: [String: Int] = [:]
    for index in 0..<8 { nodes[world.node(of: "p\(index)") ?? "-", default: 0] += 1 }
    #expect(nodes == ["a1": 2, "a2": 2, "b1": 2, "b2": 2])
  }
}
