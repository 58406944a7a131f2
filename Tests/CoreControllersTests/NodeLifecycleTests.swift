import CoreObjects
import Testing

@testable import CoreControllers

/// Nodes with what the node controller looks at.
private func node(_ name: String, _ ready: String?, zone: String = "a") -> String {
  let conditions = ready.map { #"{"type":"Ready","status":"\#($0)"}"# } ?? ""
  return
    #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"\#(name)","labels":{"topology.kubernetes.io/zone":"\#(zone)"}},"status":{"conditions":[\#(conditions)]}}"#
}

private func pod(_ name: String, on node: String, tolerations: String = "[]") -> String {
  """
  {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)"},"spec":{"nodeName":"\(node)","tolerations":\(tolerations)},
   "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}
  """
}

extension World {
  fileprivate func taints(_ node: String) -> [String] {
    get(.nodes, node, as: Node.self)?.spec.taints.map {
      "\($0.key!.replacing("node.kubernetes.io/", with: "")):\($0.effect!)"
    } ?? []
  }
  fileprivate var evicting: [String] { names(.nodes).filter { taints($0).contains { $0.hasSuffix(":NoExecute") } } }
  fileprivate mutating func report(_ node: String, _ ready: String) throws {
    try patch(.nodes, node, #"{"status":{"conditions":[{"type":"Ready","status":"\#(ready)"}]}}"#)
  }
}

@Suite("Nodes that fail")
struct NodeLifecycleTests {
  private static func lease(_ name: String, _ time: String) -> String {
    #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"\#(name)","namespace":"kube-node-lease"},"spec":{"renewTime":"\#(time)"}}"#
  }

  /// n1, and n2 which stays well.
  private func world() throws -> World {
    var world = World(NodeLifecycleController(), TaintEvictionController())
    try world.add(.nodes, node("n1", "True"))
    try world.add(.nodes, node("n2", "True"))
    return world
  }

  @Test("a node whose Lease is silent for 50 s is unknown and tainted, and its pods are no longer ready")
  func silence() throws {
    var world = try world()
    try world.add(.leases, Self.lease("n1", "2026-01-01T00:00:00.000000Z"))
    try world.add(.pods, pod("a", on: "n1", tolerations: #"[{"operator":"Exists"}]"#))
    try world.add(.pods, pod("b", on: "n2"))
    world.clearHistory()
    world.run(until: 49)
    #expect(world.taints("n1").isEmpty)
    world.run(until: 51)
    #expect(world.taints("n1") == ["unreachable:NoSchedule", "unreachable:NoExecute"])
    let conditions = world.get(.nodes, "n1", as: Node.self)?.status.conditions.map { "\($0.type!) \($0.status!) \($0.reason!)" }
    #expect(
      conditions == [
        "Ready Unknown NodeStatusUnknown", "MemoryPressure Unknown NodeStatusNeverUpdated",
        "DiskPressure Unknown NodeStatusNeverUpdated", "PIDPressure Unknown NodeStatusNeverUpdated",
      ])
    #expect(world.events == ["NodeNotReady a: Node is not ready", "NodeNotReady n1: Node n1 status is now: NodeNotReady"])
    func isReady(_ name: String) -> String? { world.get(.pods, name, as: Pod.self)?.status.conditions.first?.status }
    #expect(isReady("a") == "False")
    #expect(isReady("b") == "True")
  }

  @Test("a node that reports again loses its taints")
  func recovery() throws {
    var world = try world()
    try world.report("n1", "False")
    #expect(world.taints("n1") == ["not-ready:NoSchedule", "not-ready:NoExecute"])
    try world.report("n1", "Unknown")
    #expect(world.taints("n1") == ["unreachable:NoSchedule", "unreachable:NoExecute"])
    try world.report("n1", "True")
    #expect(world.taints("n1").isEmpty)
  }

  @Test("a node that never reported is unknown a minute after it was made")
  func neverReported() throws {
    var world = try world()
    try world.add(.nodes, node("n3", nil))
    #expect(world.taints("n3") == ["not-ready:NoSchedule"])
    world.run(for: 61)
    #expect(world.get(.nodes, "n3", as: Node.self)?.status.conditions.first?.reason == "NodeStatusNeverUpdated")
    #expect(world.taints("n3") == ["unreachable:NoSchedule", "unreachable:NoExecute"])
  }

  @Test("conditions of a node become taints, a cordon too, and taints of others stay")
  func conditions() throws {
    var world = try world()
    try world.patch(
      .nodes, "n1",
      #"{"spec":{"taints":[{"key":"own","effect":"NoSchedule"}],"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"DiskPressure","status":"True"}]}}"#
    )
    #expect(
      world.taints("n1") == [
        "own:NoSchedule", "not-ready:NoSchedule", "disk-pressure:NoSchedule", "unschedulable:NoSchedule", "not-ready:NoExecute",
      ])
    try world.patch(.nodes, "n1", #"{"spec":{"unschedulable":null},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#)
    #expect(world.taints("n1") == ["own:NoSchedule"])
  }

  @Test("a node that comes and goes is an event")
  func events() throws {
    var world = try world()
    try world.delete(.nodes, "n2")
    #expect(world.reasons == ["RegisteredNode", "RegisteredNode", "RemovingNode"])
  }
}

@Suite("Zones in trouble")
struct ZoneEvictionTests {
  private func world(_ nodes: Int, zone: String = "a") throws -> World {
    var world = World(NodeLifecycleController())
    try world.add(.nodes, node("other", "True", zone: "other"))
    for index in 0..<nodes { try world.add(.nodes, node("n\(index)", "True", zone: zone)) }
    return world
  }

  @Test("the nodes of a zone are evicted one after the other, ten seconds apart")
  func rate() throws {
    var world = try world(5)
    try world.report("n3", "False")
    #expect(world.evicting == ["n3"])
    try world.report("n1", "False")
    #expect(world.evicting == ["n3"])
    world.run(for: 9)
    #expect(world.evicting == ["n3"])
    world.run(for: 2)
    #expect(world.evicting == ["n1", "n3"])
  }

  @Test("of a small zone with more than 55 % of its nodes away no more nodes are evicted until some are back")
  func partialDisruption() throws {
    var world = try world(5)
    for index in 0..<3 { try world.report("n\(index)", "Unknown") }
    world.run(for: 600)
    #expect(world.evicting == ["n0"])
    try world.add(.nodes, node("n9", "True"))
    world.run(for: 30)
    #expect(world.evicting == ["n0", "n1", "n2"])
  }

  @Test("a zone that is away altogether is evicted while another one is well")
  func fullDisruption() throws {
    var world = try world(3)
    for index in 0..<3 { try world.report("n\(index)", "Unknown") }
    world.run(for: 60)
    #expect(world.evicting == ["n0", "n1", "n2"])
  }

  @Test("while no node of any zone is ready nobody is evicted, and those that were to be are spared")
  func allAway() throws {
    var world = try world(2)
    try world.report("n0", "Unknown")
    #expect(world.evicting == ["n0"])
    try world.report("n1", "Unknown")
    try world.report("other", "Unknown")
    #expect(world.evicting.isEmpty)
    #expect(world.taints("n0") == ["unreachable:NoSchedule"])
    world.run(for: 600)
    #expect(world.evicting.isEmpty)
    try world.report("other", "True")
    world.run(for: 30)
    #expect(world.evicting == ["n0", "n1"])
  }
}

@Suite("Taints that evict")
struct TaintEvictionTests {
  private static let fiveMinutes =
    #"[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]"#

  private func world() throws -> World {
    var world = World(NodeLifecycleController(), TaintEvictionController())
    try world.add(.nodes, node("n1", "True"))
    try world.add(.nodes, node("n2", "True"))
    return world
  }

  @Test("pods leave a tainted node when their toleration runs out; those that tolerate it for ever stay")
  func eviction() throws {
    var world = try world()
    try world.add(.pods, pod("ever", on: "n1", tolerations: #"[{"operator":"Exists"}]"#))
    try world.add(.pods, pod("long", on: "n1", tolerations: Self.fiveMinutes))
    try world.add(.pods, pod("none", on: "n1"))
    try world.report("n1", "False")
    world.run(for: 1)
    #expect(world.names(.pods) == ["ever", "long"])
    #expect(world.events.contains("TaintManagerEviction none: Marking for deletion Pod default/none"))
    world.run(until: 299)
    #expect(world.names(.pods) == ["ever", "long"])
    world.run(until: 301)
    #expect(world.names(.pods) == ["ever"])
  }

  @Test("an evicted pod bears the mark of the taint manager")
  func mark() throws {
    var world = try world()
    world.termination = 30
    try world.add(.pods, pod("a", on: "n1"))
    try world.report("n1", "False")
    let mark = world.get(.pods, "a", as: Pod.self)?.status.conditions.first { $0.type == "DisruptionTarget" }
    #expect(mark?.status == "True")
    #expect(mark?.reason == "DeletionByTaintManager")
  }

  @Test("a node that recovers in time keeps its pods, and an event says so")
  func calledOff() throws {
    var world = try world()
    try world.add(.pods, pod("a", on: "n1", tolerations: Self.fiveMinutes))
    try world.report("n1", "False")
    world.run(for: 200)
    try world.report("n1", "True")
    world.run(for: 400)
    #expect(world.names(.pods) == ["a"])
    #expect(world.events.last == "TaintManagerEviction a: Cancelling deletion of Pod default/a")
  }

  @Test("a taint that does not say when it came, as kubectl's, begins when it is seen")
  func untimed() throws {
    var world = try world()
    let seconds = #"[{"key":"maintenance","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}]"#
    try world.add(.pods, pod("a", on: "n1", tolerations: seconds))
    world.run(until: 1000)
    try world.patch(.nodes, "n1", #"{"spec":{"taints":[{"key":"maintenance","effect":"NoExecute"}]}}"#)
    world.run(until: 1059)
    #expect(world.names(.pods) == ["a"])
    try world.patch(.nodes, "n1", #"{"spec":{"taints":null}}"#)
    world.run(until: 2000)
    try world.patch(.nodes, "n1", #"{"spec":{"taints":[{"key":"maintenance","effect":"NoExecute"}]}}"#)
    world.run(until: 2059)
    #expect(world.names(.pods) == ["a"], "a taint that comes again begins anew")
    world.run(until: 2061)
    #expect(world.names(.pods).isEmpty)
  }

  @Test("of several tolerations the first that fits counts")
  func firstToleration() throws {
    var world = try world()
    let both = #"[{"operator":"Exists"},{"operator":"Exists","effect":"NoExecute","tolerationSeconds":5}]"#
    try world.add(.pods, pod("a", on: "n1", tolerations: both))
    try world.report("n1", "False")
    world.run(until: 1000)
    #expect(world.names(.pods) == ["a"])
  }

  @Test("a pod that comes to a tainted node has its whole time there")
  func lateArrival() throws {
    var world = try world()
    try world.report("n1", "False")
    world.run(until: 1000)
    try world.add(.pods, pod("late", on: "n1", tolerations: Self.fiveMinutes))
    world.run(until: 1299)
    #expect(world.names(.pods) == ["late"])
    world.run(until: 1301)
    #expect(world.names(.pods).isEmpty)
  }
}
