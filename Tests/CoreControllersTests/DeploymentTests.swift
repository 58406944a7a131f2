import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Deployment")
struct DeploymentTests {
  private static func deployment(
    replicas: Int, image: String = "web:1",
    strategy: String = #"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}"#, more: String = ""
  ) -> String {
    """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default","annotations":{"team":"blue"}},
     "spec":{"replicas":\(replicas),"progressDeadlineSeconds":600,"revisionHistoryLimit":2,"strategy":\(strategy),
     "selector":{"matchLabels":{"app":"web"}},\(more)
     "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"\(image)"}]}}}}
    """
  }

  private static func image(_ tag: String) -> String {
    #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"web:\#(tag)"}]}}}}"#
  }

  private func world(_ startup: Int? = 1) -> World {
    World(DeploymentController(), ReplicaSetController.replicaSets, startup: startup)
  }

  private func sizes(_ world: World) -> [Int] {
    world.store.list(.replicaSets).map { $0.tree[.spec][.replicas].int ?? -1 }.sorted()
  }

  @Test("a Deployment makes one ReplicaSet with the hash in name, label and selector, and the pods come from it")
  func firstRollout() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 3))
    world.run(for: 5)
    let set = try #require(world.store.list(.replicaSets).first)
    let view = set.view(ReplicaSet.self)
    let hash = try #require(view.metadata.labels["pod-template-hash"])
    #expect(set.key.name == "web-" + hash)
    #expect(view.spec.selector.matchLabels["pod-template-hash"] == hash)
    #expect(view.spec.template.metadata.labels["pod-template-hash"] == hash)
    #expect(view.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
    #expect(view.metadata.annotations["deployment.kubernetes.io/desired-replicas"] == "3")
    #expect(view.metadata.annotations["deployment.kubernetes.io/max-replicas"] == "4")
    #expect(view.metadata.annotations["team"] == "blue")
    #expect(world.names(.pods).count == 3)
    #expect(world.names(.pods).allSatisfy { $0.hasPrefix("web-\(hash)-") })
    let deployment = try #require(world.get(.deployments, "web", as: Deployment.self))
    #expect(deployment.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
    #expect(deployment.status.availableReplicas == 3)
    #expect(deployment.status.unavailableReplicas == nil)
    #expect(
      deployment.status.conditions.map { "\($0.type!)=\($0.status!) \($0.reason!)" }.sorted() == [
        "Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable",
      ])
    #expect(world.events.contains("ScalingReplicaSet web: Scaled up replica set web-\(hash) from 0 to 3"))
  }

  @Test("a rolling update never has more than maxSurge pods too many nor more than maxUnavailable too few")
  func rollingUpdateKeepsItsBounds() throws {
    var world = world()
    world.termination = 3
    try world.add(.deployments, Self.deployment(replicas: 8))
    world.run(for: 5)
    world.check = { change, store in
      let pods = store.list(.pods).map { $0.view(Pod.self) }.filter { $0.metadata.deletionTimestamp == nil }
      #expect(pods.count <= 10)
      let ready = pods.filter { $0.status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
      #expect(ready.count >= 6)
    }
    try world.patch(.deployments, "web", Self.image("2"))
    world.run(for: 60)
    world.check = nil
    #expect(sizes(world) == [0, 8])
    #expect(world.store.list(.pods).allSatisfy { $0.tree[.spec][.containers][0][.image].string == "web:2" })
    #expect(world.get(.deployments, "web", as: Deployment.self)?.metadata.annotations["deployment.kubernetes.io/revision"] == "2")
    #expect(world.get(.deployments, "web", as: Deployment.self)?.status.updatedReplicas == 8)
  }

  @Test("going back to an earlier template uses its ReplicaSet again under a new revision and remembers the old number")
  func rollback() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 2))
    world.run(for: 5)
    try world.patch(.deployments, "web", Self.image("2"))
    world.run(for: 20)
    try world.patch(.deployments, "web", Self.image("1"))
    world.run(for: 20)
    #expect(world.names(.replicaSets).count == 2)
    let live = try #require(world.store.list(.replicaSets).first { $0.tree[.spec][.replicas].int == 2 })
    #expect(live.metadata.annotations["deployment.kubernetes.io/revision"] == "3")
    #expect(live.metadata.annotations["deployment.kubernetes.io/revision-history"] == "1")
    #expect(live.tree[.spec][.template][.spec][.containers][0][.image].string == "web:1")
  }

  @Test("old ReplicaSets beyond the history limit are deleted, the oldest revision first")
  func history() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 1))
    world.run(for: 5)
    for tag in 2...5 {
      try world.patch(.deployments, "web", Self.image(String(tag)))
      world.run(for: 20)
    }
    let revisions = world.store.list(.replicaSets).compactMap { $0.metadata.annotations["deployment.kubernetes.io/revision"] }
      .sorted()
    #expect(revisions == ["3", "4", "5"])
  }

  @Test("Recreate starts no new pod before the last old one has gone")
  func recreate() throws {
    var world = world()
    world.termination = 4
    try world.add(.deployments, Self.deployment(replicas: 3, strategy: #"{"type":"Recreate"}"#))
    world.run(for: 5)
    world.check = { change, store in
      let images = Set(store.list(.pods).compactMap { $0.tree[.spec][.containers][0][.image].string })
      #expect(images.count <= 1)
    }
    try world.patch(.deployments, "web", Self.image("2"))
    world.run(for: 2)
    #expect(world.store.list(.pods).allSatisfy { $0.metadata.deletionTimestamp != nil })
    world.run(for: 20)
    #expect(world.names(.pods).count == 3)
    #expect(world.store.list(.pods).allSatisfy { $0.tree[.spec][.containers][0][.image].string == "web:2" })
  }

  @Test("a paused Deployment rolls nothing out but still scales, and goes on when it is resumed")
  func pause() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 2))
    world.run(for: 5)
    try world.patch(.deployments, "web", #"{"spec":{"paused":true}}"#)
    try world.patch(.deployments, "web", Self.image("2"))
    world.run(for: 5)
    #expect(world.names(.replicaSets).count == 1)
    let paused = world.get(.deployments, "web", as: Deployment.self)?.status.conditions.first { $0.type == "Progressing" }
    #expect(paused?.reason == "DeploymentPaused")
    #expect(paused?.status == "Unknown")
    try world.patch(.deployments, "web", #"{"spec":{"replicas":5}}"#)
    world.run(for: 5)
    #expect(world.names(.pods).count == 5)
    try world.patch(.deployments, "web", #"{"spec":{"paused":null}}"#)
    world.run(for: 30)
    #expect(sizes(world) == [0, 5])
  }

  @Test("scaling in the middle of a stuck update shares the new pods in proportion")
  func proportionalScaling() throws {
    var world = world()
    let strategy = #"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":3,"maxUnavailable":2}}"#
    try world.add(.deployments, Self.deployment(replicas: 10, strategy: strategy))
    world.run(for: 5)
    world.startup = nil  // new pods never start
    try world.patch(.deployments, "web", Self.image("broken"))
    world.run(for: 5)
    #expect(sizes(world) == [5, 8])
    try world.patch(.deployments, "web", #"{"spec":{"replicas":15}}"#)
    world.run(for: 1)
    // 18 pods in the proportion 8 to 5: the example of upstream's documentation of Deployments.
    #expect(sizes(world) == [7, 11])
  }

  @Test("an update that makes no progress is reported after progressDeadlineSeconds, and nothing is rolled back")
  func progressDeadline() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 2))
    world.run(for: 5)
    world.startup = nil
    try world.patch(.deployments, "web", Self.image("broken"))
    world.run(for: 599)
    func progressing(_ world: World) -> DeploymentCondition? {
      world.get(.deployments, "web", as: Deployment.self)?.status.conditions.first { $0.type == "Progressing" }
    }
    #expect(progressing(world)?.reason == "ReplicaSetUpdated")
    world.run(for: 5)
    #expect(progressing(world)?.reason == "ProgressDeadlineExceeded")
    #expect(progressing(world)?.status == "False")
    #expect(sizes(world) == [1, 2])
  }

  @Test("refused pods show as ReplicaFailure of the ReplicaSet and of the Deployment until they are let in")
  func replicaFailure() throws {
    var world = world()
    world.refuse = { if case .create(.pods, _, _) = $0 { "Forbidden" } else { nil } }
    try world.add(.deployments, Self.deployment(replicas: 1))
    world.run(for: 2)
    #expect(world.reasons.contains("FailedCreate"))
    #expect(
      world.get(.deployments, "web", as: Deployment.self)?.status.conditions.contains {
        $0.type == "ReplicaFailure" && $0.reason == "FailedCreate"
      } == true)
    world.refuse = nil
    world.run(for: 60)
    #expect(world.names(.pods).count == 1)
    #expect(
      world.get(.deployments, "web", as: Deployment.self)?.status.conditions.contains { $0.type == "ReplicaFailure" } == false)
  }

  @Test("an orphaned ReplicaSet with matching labels is adopted, one that no longer matches is let go")
  func adoption() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(replicas: 1))
    world.run(for: 5)
    let name = try #require(world.names(.replicaSets).first)
    try world.patch(.replicaSets, name, #"{"metadata":{"labels":{"app":"other"}}}"#)
    world.run(for: 5)
    #expect(world.store.get(.replicaSets, namespace: "default", name)?.metadata.ownerReferences.isEmpty == true)
    #expect(world.names(.replicaSets).count == 2)
    #expect(world.get(.deployments, "web", as: Deployment.self)?.status.collisionCount == 1)
  }
}
