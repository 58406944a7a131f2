import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Scheduler: affinity between pods")
struct SchedulerAffinityTests {
  /// a1 and a2 in zone a, b1 in zone b, and loose without a zone.
  private func world() throws -> World {
    var world = World(Scheduler())
    for name in ["default", "other"] {
      try world.add(
        .namespaces, #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)","labels":{"team":"\#(name)"}}}"#)
    }
    try world.addNode("a1", zone: "a")
    try world.addNode("a2", zone: "a")
    try world.addNode("b1", zone: "b")
    try world.addNode("loose")
    return world
  }

  @Test("required affinity puts a pod into the zone of the pods that it asks for")
  func requiredAffinity() throws {
    var world = try world()
    try world.addRunning("db", on: "b1", app: "db")
    try world.addPod("web", app: "web", spec: Rules.near(Rules.term("db", key: Rules.zone)))
    #expect(world.node(of: "web") == "b1")
    try world.addPod("lost", spec: Rules.near(Rules.term("nobody")))
    #expect(world.told("lost").hasPrefix("Unschedulable: 0/4 nodes are available: 4 node(s) didn't match pod affinity rules."))
  }

  @Test("a pod that comes where one is asked for brings the waiting pod in")
  func affinityComesTrue() throws {
    var world = try world()
    try world.addPod("web", app: "web", spec: Rules.near(Rules.term("db", key: Rules.zone)))
    #expect(world.node(of: "web") == nil)
    try world.addRunning("db", on: "b1", app: "db")
    #expect(world.node(of: "web") == "b1")
    try world.addPod("late", app: "late", spec: Rules.near(Rules.term("relabelled")))
    try world.patch(.pods, "db", #"{"metadata":{"labels":{"app":"relabelled"}}}"#)
    #expect(world.node(of: "late") == "b1")
  }

  @Test("the first pod of a group that wants to be together may go anywhere that has the label; the others follow it")
  func firstOfGroup() throws {
    var world = try world()
    for index in 0..<3 { try world.addPod("p\(index)", app: "g", spec: Rules.near(Rules.term("g", key: Rules.zone))) }
    let zones = Set((0..<3).map { world.node(of: "p\($0)")?.first })
    #expect(zones.count == 1 && zones != [nil])
    #expect((0..<3).allSatisfy { world.node(of: "p\($0)") != "loose" })
  }

  @Test("all terms of affinity must be met by the same pods")
  func allTerms() throws {
    var world = try world()
    try world.addRunning("one", on: "a1", app: "one")
    try world.addRunning("two", on: "a1", app: "two")
    try world.addPod("both", spec: Rules.near(Rules.term("one"), Rules.term("two")))
    #expect(world.node(of: "both") == nil)
  }

  @Test("required anti-affinity keeps pods of one kind on different nodes, and the one too many says so")
  func antiAffinity() throws {
    var world = try world()
    for index in 0..<5 { try world.addPod("p\(index)", app: "g", spec: Rules.apart(Rules.term("g"))) }
    #expect(Set((0..<4).compactMap { world.node(of: "p\($0)") }).count == 4)
    #expect(
      world.told("p4").hasPrefix("Unschedulable: 0/4 nodes are available: 4 node(s) didn't match pod anti-affinity rules."))
    try world.delete(.pods, "p2")
    #expect(world.node(of: "p4") != nil)
  }

  @Test("a running pod's anti-affinity keeps others away, too, though they have no rule")
  func symmetricAntiAffinity() throws {
    var world = try world()
    try world.addRunning("alone", on: "a1", app: "alone", spec: Rules.apart(Rules.term("noisy", key: Rules.zone)))
    try world.addPod("noisy", app: "noisy", spec: #""nodeSelector":{"topology.kubernetes.io/zone":"a"},"#)
    #expect(world.told("noisy").contains("2 node(s) didn't satisfy existing pods anti-affinity rules"))
    #expect(world.told("noisy").contains("2 node(s) didn't match Pod's node affinity/selector"))
    try world.addPod("quiet", app: "quiet", spec: #""nodeSelector":{"kubernetes.io/hostname":"a1"},"#)
    #expect(world.node(of: "quiet") == "a1")
    try world.delete(.pods, "alone")
    #expect(world.node(of: "noisy")?.first == "a")
  }

  @Test(
    "which namespaces a term looks into",
    arguments: [
      ("", false), (#","namespaces":["other"]"#, true), (#","namespaceSelector":{}"#, true),
      (#","namespaceSelector":{"matchLabels":{"team":"other"}}"#, true),
      (#","namespaceSelector":{"matchLabels":{"team":"default"}}"#, false), (#","namespaces":["default"]"#, false),
    ])
  func namespaces(more: String, isSeen: Bool) throws {
    var world = try world()
    try world.addRunning("db", on: "b1", app: "db", namespace: "other")
    try world.addPod("web", app: "web", spec: Rules.near(Rules.term("db", more: more)))
    #expect(world.node(of: "web") == (isSeen ? "b1" : nil))
  }

  @Test("a namespace that gets the label is looked into from then on")
  func namespaceLabels() throws {
    var world = try world()
    try world.addRunning("db", on: "b1", app: "db", namespace: "other")
    let term = Rules.term("db", more: #","namespaceSelector":{"matchLabels":{"open":"yes"}}"#)
    try world.addPod("early", app: "web", spec: Rules.near(term))
    #expect(world.node(of: "early") == nil)
    try world.patch(.namespaces, "other", #"{"metadata":{"labels":{"open":"yes"}}}"#)
    try world.addPod("web", app: "web", spec: Rules.near(term))
    #expect(world.node(of: "web") == "b1")
  }

  @Test("matchLabelKeys means pods of the own version, mismatchLabelKeys pods of other tenants")
  func labelKeys() throws {
    var world = try world()
    try world.addRunning("old", on: "a1", app: "web", labels: #""version":"1","tenant":"x","#)
    try world.addRunning("new", on: "b1", app: "web", labels: #""version":"2","tenant":"y","#)
    try world.addPod(
      "mine", labels: #""version":"2","#, spec: Rules.near(Rules.term("web", more: #","matchLabelKeys":["version"]"#)))
    #expect(world.node(of: "mine") == "b1")
    try world.addPod(
      "tenant", labels: #""tenant":"y","#,
      spec: Rules.apart(Rules.term("web", key: Rules.zone, more: #","mismatchLabelKeys":["tenant"]"#))
        + #""nodeSelector":{"topology.kubernetes.io/zone":"b"},"#)
    #expect(world.node(of: "tenant") == "b1")
    try world.addPod(
      "shut out", labels: #""tenant":"y","#,
      spec: Rules.apart(Rules.term("web", key: Rules.zone, more: #","mismatchLabelKeys":["tenant"]"#))
        + #""nodeSelector":{"topology.kubernetes.io/zone":"a"},"#)
    #expect(world.node(of: "shut out") == nil)
  }

  @Test("preferred affinity draws, preferred anti-affinity pushes; a node's room decides only between equals")
  func preferences() throws {
    var world = try world()
    try world.addRunning("db", on: "b1", app: "db", cpu: "1")
    try world.addPod("drawn", app: "drawn", spec: Rules.prefers("podAffinity", Rules.term("db")))
    #expect(world.node(of: "drawn") == "b1")
    try world.addRunning("full", on: "a1", cpu: "2")
    try world.addRunning("fuller", on: "loose", cpu: "2")
    for index in 0..<2 {
      try world.addPod("pushed\(index)", app: "pushed", spec: Rules.prefers("podAntiAffinity", Rules.term("pushed")))
    }
    #expect(world.node(of: "pushed0") != world.node(of: "pushed1"))
  }

  @Test("the wishes of running pods count for a new one: those that would have it, and those that would not")
  func symmetricPreferences() throws {
    var world = try world()
    try world.addRunning("fan", on: "b1", app: "fan", cpu: "1", spec: Rules.prefers("podAffinity", Rules.term("star")))
    try world.addPod("star", app: "star")
    #expect(world.node(of: "star") == "b1")
    try world.addRunning("follower", on: "a2", app: "follower", cpu: "1", spec: Rules.near(Rules.term("leader")))
    try world.addPod("leader", app: "leader")
    #expect(world.node(of: "leader") == "a2")
    for node in ["a1", "a2", "b1"] {
      try world.addRunning("hates-\(node)", on: node, app: "h", spec: Rules.prefers("podAntiAffinity", Rules.term("hated")))
    }
    try world.addRunning("crowd", on: "loose", cpu: "1")
    try world.addPod("hated", app: "hated")
    #expect(world.node(of: "hated") == "loose")
  }

  @Test("a term whose selector is absent matches no pod, an empty one every pod of the namespace")
  func selectors() throws {
    var world = try world()
    try world.addRunning("any", on: "b1", app: "any")
    try world.addPod("none", spec: Rules.near(#"{"topologyKey":"kubernetes.io/hostname"}"#))
    #expect(world.node(of: "none") == nil)
    try world.addPod("all", spec: Rules.near(#"{"labelSelector":{},"topologyKey":"kubernetes.io/hostname"}"#))
    #expect(world.node(of: "all") == "b1")
  }
}
