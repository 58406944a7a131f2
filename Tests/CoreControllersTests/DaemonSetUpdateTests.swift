import CoreObjects
import Testing

@testable import CoreControllers

@Suite("A DaemonSet updates, and keeps its history")
struct DaemonSetUpdateTests {
  private static func set(_ rolling: String, _ more: String = "") -> String {
    """
    {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"agent"}},\(more)
     "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{\(rolling)}},
     "template":{"metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"name":"main","image":"agent:1"}]}}}}
    """
  }

  private func world(_ nodes: Int, startup: Int? = 1) throws -> World {
    var world = World(DaemonSetController(), Scheduler(), startup: startup)
    for number in 0..<nodes {
      try world.add(
        .nodes,
        #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n\#(number)"},"spec":{},"status":{"allocatable":{"cpu":"4","memory":"4Gi","pods":"10"}}}"#
      )
    }
    return world
  }
  private func image(_ tag: String) -> String {
    #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"agent:\#(tag)"}]}}}}"#
  }
  private func status(_ world: World) -> DaemonSetStatus { world.get(.daemonSets, "agent", as: DaemonSet.self)!.status }
  private func images(_ world: World) -> [String] {
    world.store.list(.pods).filter { $0.metadata.deletionTimestamp == nil }.compactMap {
      $0.view(Pod.self).spec.containers.first?.image
    }
  }
  private func live(_ world: World) -> [StoredObject] { world.store.list(.pods).filter { $0.metadata.deletionTimestamp == nil } }

  @Test("maxUnavailable as a percentage of the nodes is rounded up, and no more pods are missing at once")
  func maxUnavailable() throws {
    var world = try world(5)
    world.termination = 2
    try world.add(.daemonSets, Self.set(#""maxUnavailable":"30%","maxSurge":0"#))
    world.run(for: 5)
    try world.patch(.daemonSets, "agent", image("2"))
    #expect(live(world).count == 3)
    #expect(status(world).currentNumberScheduled == 5, "pods that end still count as scheduled")
    world.run(for: 60)
    #expect(images(world) == Array(repeating: "agent:2", count: 5))
    #expect(status(world).updatedNumberScheduled == 5)
  }

  @Test("old pods that do not work are replaced beyond maxUnavailable")
  func brokenFirst() throws {
    var world = try world(4, startup: nil)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    let names = world.names(.pods)
    for name in names.prefix(2) { world.setPod(name, phase: "Running", isReady: true) }
    try world.patch(.daemonSets, "agent", image("2"))
    #expect(images(world).filter { $0 == "agent:2" }.count == 3)
    #expect(world.names(.pods).filter { names.prefix(2).contains($0) }.count == 1)
  }

  @Test("with minReadySeconds the next pod waits for them")
  func minReadySeconds() throws {
    var world = try world(2)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#, #""minReadySeconds":30,"#))
    world.run(for: 40)
    #expect(status(world).numberAvailable == 2)
    try world.patch(.daemonSets, "agent", image("2"))
    world.run(for: 20)
    #expect(images(world).sorted() == ["agent:1", "agent:2"])
    #expect(status(world).numberReady == 2 && status(world).numberAvailable == 1)
    world.run(for: 60)
    #expect(images(world) == ["agent:2", "agent:2"])
  }

  @Test("a surge puts new pods beside maxSurge working ones, and beside every one that does not work")
  func surge() throws {
    var world = try world(4, startup: nil)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":0,"maxSurge":1"#))
    let names = world.names(.pods)
    for name in names.dropLast() { world.setPod(name, phase: "Running", isReady: true) }
    try world.patch(.daemonSets, "agent", image("2"))
    #expect(images(world).filter { $0 == "agent:2" }.count == 2)
    #expect(!world.names(.pods).contains(names.last!), "an old pod that is not ready goes when its successor is there")
    #expect(images(world).filter { $0 == "agent:1" }.count == 3)
    let new = live(world).filter { $0.view(Pod.self).spec.containers.first?.image == "agent:2" }.map(\.key.name)
    for name in new { world.setPod(name, phase: "Running", isReady: true) }
    #expect(images(world).filter { $0 == "agent:1" }.count == 2, "a surge takes the place of one pod after the other")
  }

  @Test("a failed pod is deleted at once, the next on the same node after 1 s, 2 s, 4 s …, a new template at once")
  func backoff() throws {
    var world = try world(1, startup: nil)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    var last = try #require(world.names(.pods).first)
    for (number, wait) in [0, 1, 2, 4, 8].enumerated() {
      world.setPod(last, phase: "Failed", isReady: false)
      if wait > 0 {
        #expect(world.names(.pods) == [last], "failure \(number)")
        world.run(for: wait)
      }
      let next = try #require(world.names(.pods).first)
      #expect(next != last, "failure \(number)")
      last = next
    }
    world.setPod(last, phase: "Failed", isReady: false)
    #expect(world.names(.pods) == [last])
    try world.patch(.daemonSets, "agent", image("2"))
    #expect(images(world) == ["agent:2"])
  }

  @Test("a surge does not go round the back-off: failed pods do not pile up")
  func backoffWithSurge() throws {
    var world = try world(1, startup: nil)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":0,"maxSurge":1"#))
    for _ in 0..<4 {
      for name in world.names(.pods) { world.setPod(name, phase: "Failed", isReady: false) }
      #expect(world.names(.pods).count <= 2)
    }
    #expect(world.names(.pods).count == 1)
    world.run(for: 3)
    #expect(world.store.list(.pods).filter { $0.tree[.status][.phase].string != "Failed" }.count == 1)
  }

  @Test("a pod that ended well is told and made again")
  func succeeded() throws {
    var world = try world(1)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    let first = world.names(.pods)
    world.setPod(first[0], phase: "Succeeded", isReady: false)
    #expect(world.reasons.contains("SucceededDaemonPod"))
    #expect(world.names(.pods).count == 1 && world.names(.pods) != first)
  }

  @Test("a template that was there before is found again under the next number, and pods that still have it stay")
  func rollback() throws {
    var world = try world(3)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    world.run(for: 5)
    let before = Set(world.names(.pods))
    try world.patch(.daemonSets, "agent", image("2"))
    try world.patch(.daemonSets, "agent", image("1"))
    world.run(for: 20)
    #expect(images(world) == Array(repeating: "agent:1", count: 3))
    #expect(before.intersection(world.names(.pods)).count == 2)
    let revisions = world.store.list(.controllerRevisions)
    #expect(revisions.compactMap { $0.tree[.revision].int }.sorted() == [2, 3])
  }

  @Test("revisions beyond the limit go, but none that a pod still runs")
  func historyLimit() throws {
    var world = try world(1)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#, #""revisionHistoryLimit":1,"#))
    for tag in 2...4 {
      try world.patch(.daemonSets, "agent", image(String(tag)))
      world.run(for: 10)
    }
    #expect(world.store.list(.controllerRevisions).compactMap { $0.tree[.revision].int }.sorted() == [3, 4])
  }

  @Test("a pod on a node that no longer wants one counts as misscheduled and stays if only new ones are kept away")
  func misscheduled() throws {
    var world = try world(2)
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    world.run(for: 5)
    try world.patch(.nodes, "n0", #"{"spec":{"taints":[{"key":"own","effect":"NoSchedule"}]}}"#)
    #expect(status(world).numberMisscheduled == 1 && status(world).desiredNumberScheduled == 1)
    #expect(world.names(.pods).count == 2)
    try world.patch(.nodes, "n0", #"{"spec":{"taints":[{"key":"own","effect":"NoExecute"}]}}"#)
    #expect(world.names(.pods).count == 1)
  }

  @Test("where pods are refused one look asks once, and the status is told")
  func slowStart() throws {
    var world = try world(9)
    world.refuse = { write in
      if case .create(.pods, _, _) = write { return "Forbidden" }
      return nil
    }
    try world.add(.daemonSets, Self.set(#""maxUnavailable":1,"maxSurge":0"#))
    #expect(world.reasons.filter { $0 == "FailedCreate" }.count <= 3)
    #expect(status(world).desiredNumberScheduled == 9 && status(world).numberUnavailable == 9)
    world.refuse = nil
    world.run(for: 5)
    #expect(status(world).numberAvailable == 9)
  }
}
