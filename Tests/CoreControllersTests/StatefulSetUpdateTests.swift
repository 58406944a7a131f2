import CoreControllers
import CoreObjects
import Testing

@Suite("A StatefulSet moves from revision to revision")
struct StatefulSetUpdateTests {
  @Test("a rolling update replaces one pod at a time, from the highest, each ready before the next")
  func rolling() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.setImage("app:2")
    for ordinal in [2, 1, 0] {
      world.settle()
      #expect((0..<3).filter { world.isTerminating($0) } == [ordinal])
      world.gone(ordinal)
      world.settle()
      #expect(world.image(ordinal) == "app:2")
      #expect((0..<3).allSatisfy { !world.isTerminating($0) })
      try world.ready("app-\(ordinal)")
    }
    world.settle()
    let status = world.set.status
    #expect(status.currentRevision == status.updateRevision)
    #expect(status.currentReplicas == 3)
  }

  @Test("in parallel too, an update takes one pod at a time, also while one is only just made again")
  func parallel() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel""#)
    try world.run()
    try world.setImage("app:2")
    world.settle()
    #expect((0..<3).filter { world.isTerminating($0) } == [2])
    world.gone(2)
    world.settle()
    #expect((0..<3).allSatisfy { !world.isTerminating($0) })
    try world.ready("app-2")
    world.settle()
    #expect((0..<3).filter { world.isTerminating($0) } == [1])
  }

  @Test("half an update undone brings every pod back to the first revision, and keeps its name")
  func rollback() throws {
    var world = try StatefulSetWorld()
    try world.run()
    let first = try #require(world.set.status.currentRevision)
    try world.setImage("app:2")
    world.settle()
    world.gone(2)
    world.settle()
    try world.ready("app-2")
    try world.setImage("app:1")
    try world.run()
    #expect((0..<3).map { world.image($0) } == ["app:1", "app:1", "app:1"])
    #expect(world.set.status.updateRevision == first)
    #expect(world.set.status.updatedReplicas == 3)
    #expect(world.revisions.count == 2)
    #expect(world.revisions.first { $0.key.name == first }?.tree[.revision].int == 3)
  }

  @Test("below the partition pods keep the current revision, also when they are made again")
  func partition() throws {
    var world = try StatefulSetWorld(#""updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}"#)
    try world.run()
    try world.setImage("app:2")
    try world.run()
    world.gone(0)
    try world.run()
    #expect((0..<3).map { world.image($0) } == ["app:1", "app:1", "app:2"])
    #expect(world.set.status.updatedReplicas == 1)
    #expect(world.set.status.currentReplicas == 2)
    #expect(world.set.status.currentRevision != world.set.status.updateRevision)
  }

  @Test("with OnDelete a pod changes only when somebody deletes it")
  func onDelete() throws {
    var world = try StatefulSetWorld(#""updateStrategy":{"type":"OnDelete","rollingUpdate":null}"#)
    try world.run()
    try world.setImage("app:2")
    try world.run()
    #expect(world.image(1) == "app:1")
    world.gone(1)
    try world.run()
    #expect((0..<3).map { world.image($0) } == ["app:1", "app:2", "app:1"])
  }

  @Test("a revision keeps the template as a patch, is numbered, labelled and owned")
  func revision() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let revision = try #require(world.revisions.first)
    #expect(revision.tree[.data][.spec][.template]["$patch"].string == "replace")
    #expect(revision.tree[.data][.spec][.template][.spec] == world.set.spec.template.spec.tree)
    #expect(revision.tree[.revision].int == 1)
    #expect(revision.key.name == world.set.status.updateRevision)
    #expect(revision.metadata.ownerReferences.first?.controller == true)
  }

  @Test("revisions beyond the limit go, the oldest first, but never one in use")
  func historyLimit() throws {
    var world = try StatefulSetWorld(#""revisionHistoryLimit":1"#)
    try world.run()
    for version in 2...4 {
      try world.setImage("app:\(version)")
      try world.run()
    }
    #expect(world.revisions.compactMap { $0.tree[.revision].int }.sorted() == [3, 4])
  }

  @Test("revisions that a deleted set left behind are adopted and used again")
  func adoption() throws {
    var world = try StatefulSetWorld()
    try world.run()
    let name = try #require(world.revisions.first?.key)
    try world.patch(name, #"{"metadata":{"ownerReferences":null}}"#)
    try world.run()
    #expect(world.revisions.map(\.key) == [name])
    #expect(world.revisions.first?.metadata.ownerReferences.first?.name == "app")
  }

  @Test("the status counts pods and tells the generation, and is not written again while it is true")
  func status() throws {
    var world = try StatefulSetWorld()
    try world.run()
    let status = world.set.status
    #expect(status.replicas == 3 && status.readyReplicas == 3 && status.availableReplicas == 3)
    #expect(status.currentReplicas == 3 && status.updatedReplicas == 3)
    #expect(status.observedGeneration == 1)
    #expect(status.collisionCount == 0)
    world.step()
    #expect(world.last.changes.isEmpty)
  }

  @Test("a pod on its way out counts as ready while it still is, but not for its revision")
  func terminating() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.patch(#"{"spec":{"replicas":2}}"#)
    world.settle()
    #expect(world.set.status.replicas == 3)
    #expect(world.set.status.readyReplicas == 3)
    #expect(world.set.status.currentReplicas == 2)
  }

  @Test("the status is written before the pods, so that a refused pod does not hide it")
  func statusFirst() throws {
    var world = try StatefulSetWorld()
    world.step()
    let kinds = world.last.changes.compactMap { change -> String? in
      switch change.write {
      case .create(let resource, _, _): resource.name
      case .updateStatus: "status"
      default: nil
      }
    }
    #expect(kinds == ["controllerrevisions", "status", "pods"])
  }
}
