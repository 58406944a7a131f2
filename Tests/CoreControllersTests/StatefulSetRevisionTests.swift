import CoreControllers
import CoreObjects
import Testing

@Suite("A StatefulSet keeps its revisions and tells when one is stuck")
struct StatefulSetRevisionTests {
  private func waiting(_ reason: String) -> String {
    #"{"status":{"phase":"Pending","containerStatuses":[{"name":"main","state":{"waiting":{"reason":"\#(reason)"}}}]}}"#
  }
  private func pod(_ ordinal: Int) -> ObjectKey { ObjectKey(.pods, namespace: "shop", "app-\(ordinal)") }

  /// A set of which the highest pod was replaced and cannot pull its image, and whose template is then set back.
  private func stuckWorld() throws -> StatefulSetWorld {
    var world = try StatefulSetWorld()
    try world.run()
    try world.setImage("app:broken")
    world.settle()
    world.gone(2)
    world.settle()
    try world.patch(pod(2), waiting("ImagePullBackOff"))
    world.settle()
    world.events = []
    try world.setImage("app:1")
    world.settle()
    return world
  }

  @Test("a pod of a template that was taken back blocks the set, and one event says which and what to do")
  func blocked() throws {
    var world = try stuckWorld()
    #expect(world.events.count == 1)
    let event = try #require(world.events.first)
    #expect(event.hasPrefix("RollingUpdateBlocked "))
    for part in ["app-2", "ImagePullBackOff", "kubectl delete pod app-2 -n shop"] { #expect(event.contains(part)) }
    #expect(!world.isTerminating(2))
    world.now = world.now + .seconds(3600)
    try world.patch(#"{"metadata":{"labels":{"touched":"yes"}}}"#)
    world.settle()
    #expect(world.events.count == 1)
  }

  @Test("once the pod is deleted by hand the set goes on by itself")
  func unblocked() throws {
    var world = try stuckWorld()
    world.gone(2)
    try world.run()
    #expect((0..<3).map { world.image($0) } == ["app:1", "app:1", "app:1"])
    #expect(world.set.status.updatedReplicas == 3)
  }

  @Test("a pod that only starts slowly is given a minute before it is told")
  func slow() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let start = world.now
    try world.patch(pod(0), #"{"metadata":{"creationTimestamp":"\#(start.rfc3339)"}}"#)
    try world.setImage("app:2")
    world.settle()
    #expect(!world.events.contains { $0.hasPrefix("RollingUpdateBlocked") })
    #expect(world.last.wakeAt == start + .seconds(60))
    world.now = start + .seconds(60)
    world.settle()
    #expect(world.events.last?.hasPrefix("RollingUpdateBlocked") == true)
  }

  @Test("a pod that is ready and waits for minReadySeconds holds nothing up for good, and is not told")
  func notYetAvailable() throws {
    var world = try StatefulSetWorld(#""minReadySeconds":300"#)
    world.settle()
    try world.ready("app-0")
    try world.setImage("app:2")
    world.now = world.now + .seconds(200)
    world.settle()
    #expect(!world.events.contains { $0.hasPrefix("RollingUpdateBlocked") })
    #expect(world.last.wakeAt == world.now + .seconds(100))
  }

  @Test("a pod of the wanted template, below the partition, or under OnDelete blocks nothing that could be told")
  func notBlocked() throws {
    for spec in [
      "", #""updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":3}}"#,
      #""updateStrategy":{"type":"OnDelete","rollingUpdate":null}"#,
    ] {
      var world = try StatefulSetWorld(spec)
      world.settle()
      try world.patch(pod(0), waiting("CrashLoopBackOff"))
      if !spec.isEmpty { try world.setImage("app:2") }
      world.now = world.now + .seconds(300)
      world.settle()
      #expect(!world.events.contains { $0.hasPrefix("RollingUpdateBlocked") })
    }
  }

  @Test("the name of a revision that another template has taken is one collision more")
  func collision() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let own = try #require(world.revisions.first)
    // The same set again, where something else already has the name that its template gives.
    var other = try StatefulSetWorld()
    other.create(
      own.key, ["metadata": ["name": .string(own.key.name), "namespace": "shop"], "data": ["spec": [:]], "revision": 7])
    try other.run()
    #expect(other.set.status.collisionCount == 1)
    #expect(other.set.status.updateRevision != own.key.name)
    #expect(other.names == ["app-0", "app-1", "app-2"])
    #expect(other.revisions.count == 2)
    other.step()
    #expect(other.last.changes.isEmpty)
  }

  @Test("a revision of the same template under the name is used as it is")
  func sameTemplate() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let own = try #require(world.revisions.first)
    var other = try StatefulSetWorld()
    other.create(
      own.key, ["metadata": ["name": .string(own.key.name), "namespace": "shop"], "data": own.tree[.data], "revision": 1])
    try other.run()
    #expect(other.set.status.collisionCount == 0)
    #expect(other.set.status.updateRevision == own.key.name)
    #expect(other.revisions.count == 1)
  }

  @Test("a revision has the labels of the template, its hash, and the annotations of the set, for the history")
  func labels() throws {
    var world = try StatefulSetWorld()
    try world.patch(#"{"metadata":{"annotations":{"kubernetes.io/change-cause":"first try"}}}"#)
    world.settle()
    let revision = try #require(world.revisions.first)
    #expect(revision.metadata.labels["app"] == "app")
    #expect(revision.key.name == "app-" + (revision.metadata.labels["controller.kubernetes.io/hash"] ?? "none"))
    #expect(revision.metadata.annotations["kubernetes.io/change-cause"] == "first try")
  }

  @Test("a pod whose labels no longer fit is let go, and its set looks again")
  func release() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.patch(pod(1), #"{"metadata":{"labels":{"app":"other"}}}"#)
    let before = try #require(world.store.get(pod(1)))
    world.step()
    let after = try #require(world.store.get(pod(1)))
    #expect(after.metadata.ownerReferences.count == 0)
    let change = StoreChange(kind: .modified, object: after, previous: before)
    let snapshot = Snapshot(store: world.store, metrics: .init())
    #expect(world.controller.keys(affectedBy: change, in: snapshot) == [StatefulSetWorld.key])
    world.step()
    #expect(world.set.status.replicas == 2)
  }

  @Test("a partition counts from ordinals.start")
  func partitionOfMovedRange() throws {
    let strategy = #""updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}"#
    var world = try StatefulSetWorld(#""ordinals":{"start":5},\#(strategy)"#)
    try world.run()
    #expect(world.names == ["app-5", "app-6", "app-7"])
    try world.setImage("app:2")
    try world.run()
    #expect((5..<8).map { world.image($0) } == ["app:1", "app:1", "app:2"])
  }
}
