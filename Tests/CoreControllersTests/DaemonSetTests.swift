import CoreObjects
import Testing

@testable import CoreControllers

@Suite("DaemonSet")
struct DaemonSetTests {
  private static func set(
    _ image: String = "agent:1", spec: String = "",
    strategy: String = #"{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1,"maxSurge":0}}"#
  ) -> String {
    """
    {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"agent"}},"updateStrategy":\(strategy),
     "template":{"metadata":{"labels":{"app":"agent"}},"spec":{\(spec)"containers":[{"name":"main","image":"\(image)"}]}}}}
    """
  }

  private static func node(_ name: String, taints: String = "[]", labels: String = "{}") -> String {
    #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"\#(name)","labels":\#(labels)},"spec":{"taints":\#(taints)},"status":{"allocatable":{"cpu":"4","memory":"4Gi","pods":"10"}}}"#
  }

  private func world(_ nodes: String...) throws -> World {
    var world = World(DaemonSetController(), Scheduler(), startup: 1)
    for node in nodes { try world.add(.nodes, node) }
    return world
  }

  private func places(_ world: World) -> [String] {
    world.store.list(.pods).compactMap { $0.tree[.spec][.nodeName].string }.sorted()
  }
  private func status(_ world: World) -> DaemonSetStatus { world.get(.daemonSets, "agent", as: DaemonSet.self)!.status }
  private func image(_ tag: String) -> String {
    #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"agent:\#(tag)"}]}}}}"#
  }

  @Test("every node gets one pod, tied to it by affinity and bound by the scheduler; a new node gets one, a lost one loses it")
  func oneEach() throws {
    var world = try world(Self.node("a"), Self.node("b"))
    try world.add(.daemonSets, Self.set())
    world.run(for: 2)
    #expect(places(world) == ["a", "b"])
    try world.add(.nodes, Self.node("c"))
    world.run(for: 2)
    #expect(places(world) == ["a", "b", "c"])
    #expect(status(world).desiredNumberScheduled == 3)
    #expect(status(world).numberAvailable == 3)
    #expect(status(world).updatedNumberScheduled == 3)
    try world.delete(.nodes, "a")
    world.run(for: 2)
    #expect(places(world) == ["b", "c"])
  }

  @Test("node selectors and taints decide; nodes in trouble keep their pod")
  func placement() throws {
    var world = try world(
      Self.node("a", labels: #"{"disk":"ssd"}"#), Self.node("b"),
      Self.node("c", taints: #"[{"key":"own","effect":"NoSchedule"}]"#, labels: #"{"disk":"ssd"}"#))
    try world.add(.daemonSets, Self.set(spec: #""nodeSelector":{"disk":"ssd"},"#))
    world.run(for: 2)
    #expect(places(world) == ["a"])
    try world.patch(
      .nodes, "a", #"{"spec":{"unschedulable":true,"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}]}}"#)
    world.run(for: 2)
    #expect(places(world) == ["a"])
    try world.patch(.nodes, "a", #"{"spec":{"taints":[{"key":"out","effect":"NoExecute"}]}}"#)
    world.run(for: 2)
    #expect(places(world).isEmpty)
  }

  @Test("a failed pod is deleted and made again, with an event that names it")
  func failed() throws {
    var world = try world(Self.node("a"))
    try world.add(.daemonSets, Self.set())
    world.run(for: 2)
    let name = world.names(.pods)[0]
    world.setPod(name, phase: "Failed", isReady: false)
    world.run(for: 2)
    #expect(world.names(.pods).count == 1)
    #expect(world.names(.pods)[0] != name)
    #expect(world.reasons.contains("FailedDaemonPod"))
  }

  @Test("a rolling update replaces one pod after the other, each once the one before is available")
  func rollingUpdate() throws {
    var world = try world(Self.node("a"), Self.node("b"), Self.node("c"))
    try world.add(.daemonSets, Self.set())
    world.run(for: 5)
    world.check = { change, store in
      let ready = store.list(.pods).filter { pod in
        pod.metadata.deletionTimestamp == nil
          && pod.tree[.status][.conditions].elements.contains { $0[.type].string == "Ready" && $0[.status].string == "True" }
      }
      #expect(ready.count >= 2)
    }
    try world.patch(.daemonSets, "agent", image("2"))
    world.run(for: 30)
    #expect(world.store.list(.pods).allSatisfy { $0.tree[.spec][.containers][0][.image].string == "agent:2" })
    #expect(status(world).updatedNumberScheduled == 3)
    #expect(world.names(.controllerRevisions).count == 2)
  }

  @Test("with a surge the old pod goes once the new one beside it is available")
  func surge() throws {
    var world = try world(Self.node("a"), Self.node("b"))
    try world.add(.daemonSets, Self.set(strategy: #"{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}"#))
    world.run(for: 5)
    world.check = { change, store in #expect(store.list(.pods).count >= 2) }
    try world.patch(.daemonSets, "agent", image("2"))
    world.run(for: 30)
    #expect(places(world) == ["a", "b"])
    #expect(world.store.list(.pods).allSatisfy { $0.tree[.spec][.containers][0][.image].string == "agent:2" })
  }

  @Test("OnDelete replaces a pod only when someone deletes it")
  func onDelete() throws {
    var world = try world(Self.node("a"))
    try world.add(.daemonSets, Self.set(strategy: #"{"type":"OnDelete"}"#))
    world.run(for: 5)
    try world.patch(.daemonSets, "agent", image("2"))
    world.run(for: 10)
    #expect(world.store.list(.pods).first?.tree[.spec][.containers][0][.image].string == "agent:1")
    try world.delete(.pods, world.names(.pods)[0])
    world.run(for: 5)
    #expect(world.store.list(.pods).first?.tree[.spec][.containers][0][.image].string == "agent:2")
  }
}
