import CoreObjects
import Testing

@testable import CoreControllers

@Suite("A Deployment tells how its rollout goes")
struct DeploymentRolloutTests {
  private static func deployment(
    _ replicas: Int, _ spec: String = "", rolling: String = #""maxSurge":"25%","maxUnavailable":"25%""#
  ) -> String {
    """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},
     "spec":{"replicas":\(replicas),"progressDeadlineSeconds":60,"revisionHistoryLimit":10,\(spec)
     "strategy":{"type":"RollingUpdate","rollingUpdate":{\(rolling)}},"selector":{"matchLabels":{"app":"web"}},
     "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"web:1"}]}}}}
    """
  }

  private func world(_ startup: Int? = 1) -> World {
    World(DeploymentController(), ReplicaSetController.replicaSets, startup: startup)
  }
  private func image(_ tag: String) -> String {
    #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"web:\#(tag)"}]}}}}"#
  }
  private func status(_ world: World) -> DeploymentStatus { world.get(.deployments, "web", as: Deployment.self)!.status }
  private func progress(_ world: World) -> String? {
    status(world).conditions.first { $0.type == "Progressing" }.map { "\($0.status!) \($0.reason!)" }
  }
  private func set(_ world: World, _ tag: String) -> ReplicaSet? {
    world.store.list(.replicaSets).map { $0.view(ReplicaSet.self) }
      .first { $0.spec.template.spec.containers.first?.image == "web:\(tag)" }
  }

  @Test("the reasons of Progressing follow the rollout: created, updated, available, paused, resumed")
  func reasons() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(4))
    #expect(["True NewReplicaSetCreated", "True ReplicaSetUpdated"].contains(progress(world)))
    world.run(for: 5)
    #expect(progress(world) == "True NewReplicaSetAvailable")
    try world.patch(.deployments, "web", #"{"spec":{"paused":true}}"#)
    #expect(progress(world) == "Unknown DeploymentPaused")
    try world.patch(.deployments, "web", image("2"))
    world.run(for: 300)
    #expect(progress(world) == "Unknown DeploymentPaused" && set(world, "2") == nil)
    try world.patch(.deployments, "web", #"{"spec":{"paused":false}}"#)
    #expect(["True NewReplicaSetCreated", "True ReplicaSetUpdated"].contains(progress(world)))
    world.run(for: 30)
    #expect(progress(world) == "True NewReplicaSetAvailable")
    #expect(status(world).conditions.first { $0.type == "Available" }?.reason == "MinimumReplicasAvailable")
  }

  @Test("a paused Deployment that changes nothing tells that it was resumed")
  func resumed() throws {
    var world = world(nil)
    try world.add(.deployments, Self.deployment(2))
    try world.patch(.deployments, "web", #"{"spec":{"paused":true}}"#)
    try world.patch(.deployments, "web", #"{"spec":{"paused":false}}"#)
    #expect(progress(world) == "Unknown DeploymentResumed")
    world.run(for: 62)
    #expect(progress(world) == "False ProgressDeadlineExceeded", "the deadline counts from the resumption")
  }

  @Test("pods that an old set was told to give up are not counted on, though it has not followed yet")
  func lateSet() throws {
    var world = World(DeploymentController())
    func tell(_ tag: String, _ available: Int) throws {
      let name = try #require(set(world, tag)?.metadata.name)
      try world.patch(.replicaSets, name, #"{"status":{"replicas":\#(available),"availableReplicas":\#(available)}}"#)
    }
    try world.add(.deployments, Self.deployment(3, rolling: #""maxSurge":2,"maxUnavailable":0"#))
    try tell("1", 3)
    try world.patch(.deployments, "web", image("2"))
    #expect(set(world, "2")?.spec.replicas == 2)
    try tell("2", 1)
    #expect(set(world, "1")?.spec.replicas == 2)
    try tell("2", 2)
    #expect(set(world, "1")?.spec.replicas == 1, "it still tells of three, of which one is to go: two and two are four")
  }

  @Test("each pod that comes renews the deadline; the last one that does not runs it out")
  func deadline() throws {
    var world = world(nil)
    try world.add(.deployments, Self.deployment(3, rolling: #""maxSurge":0,"maxUnavailable":3"#))
    for pod in world.names(.pods).dropLast() {
      world.run(for: 50)
      #expect(progress(world) == "True ReplicaSetUpdated")
      world.setPod(pod, phase: "Running", isReady: true)
    }
    world.run(for: 59)
    #expect(progress(world) == "True ReplicaSetUpdated")
    world.run(for: 3)
    #expect(progress(world) == "False ProgressDeadlineExceeded")
    world.setPod(world.names(.pods).last!, phase: "Running", isReady: true)
    #expect(progress(world) == "True NewReplicaSetAvailable")
  }

  @Test("a finished rollout whose pods fail later is not late: only Available says so")
  func finishedStaysFinished() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(3))
    world.run(for: 5)
    for pod in world.names(.pods) { world.setPod(pod, phase: "Running", isReady: false) }
    world.run(for: 600)
    #expect(progress(world) == "True NewReplicaSetAvailable")
    #expect(status(world).conditions.first { $0.type == "Available" }?.reason == "MinimumReplicasUnavailable")
  }

  @Test(
    "a surge rounds up, unavailability rounds down, and both 0 leave one to go",
    arguments: [
      (10, "25%", "25%", 13, 8), (3, "25%", "25%", 4, 3), (1, "0%", "10%", 1, 0), (5, "1", "0", 6, 5), (7, "50%", "20%", 11, 6),
    ])
  func bounds(replicas: Int, surge: String, unavailable: String, most: Int, least: Int) throws {
    func value(_ text: String) -> String { text.hasSuffix("%") ? "\"\(text)\"" : text }
    var world = world()
    world.termination = 2
    try world.add(
      .deployments, Self.deployment(replicas, rolling: #""maxSurge":\#(value(surge)),"maxUnavailable":\#(value(unavailable))"#))
    world.run(for: 5)
    let seen = Seen()
    world.check = { _, store in
      let live = store.list(.pods).filter { $0.metadata.deletionTimestamp == nil }
      let ready = live.filter { $0.view(Pod.self).status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
      seen.most = max(seen.most, live.count)
      seen.least = min(seen.least, ready.count)
    }
    try world.patch(.deployments, "web", image("2"))
    world.run(for: 120)
    #expect(status(world).updatedReplicas == replicas)
    #expect(seen.most == most && seen.least == least)
  }

  private final class Seen: @unchecked Sendable {
    var most = 0
    var least = Int.max
  }

  @Test("minReadySeconds holds every step of a rollout back")
  func minReadySeconds() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(2, #""minReadySeconds":20,"#, rolling: #""maxSurge":1,"maxUnavailable":0"#))
    world.run(for: 10)
    #expect(status(world).readyReplicas == 2 && status(world).availableReplicas == nil)
    world.run(for: 15)
    #expect(progress(world) == "True NewReplicaSetAvailable")
    try world.patch(.deployments, "web", image("2"))
    world.run(for: 20)
    #expect(set(world, "2")?.spec.replicas == 1 && set(world, "1")?.spec.replicas == 2)
    world.run(for: 60)
    #expect(set(world, "2")?.spec.replicas == 2 && set(world, "1")?.spec.replicas == 0)
  }

  @Test("a rollback keeps the numbers that its set had before, as many as 2,000 characters hold")
  func revisionHistory() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(1))
    world.run(for: 5)
    let name = try #require(set(world, "1")?.metadata.name)
    let long = (1...600).map { String(1000 + $0) }.joined(separator: ",")
    try world.patch(
      .replicaSets, name, #"{"metadata":{"annotations":{"deployment.kubernetes.io/revision-history":"\#(long)"}}}"#)
    try world.patch(.deployments, "web", image("2"))
    world.run(for: 5)
    try world.patch(.deployments, "web", image("1"))
    world.run(for: 5)
    let annotations = try #require(set(world, "1")?.metadata.annotations)
    #expect(annotations["deployment.kubernetes.io/revision"] == "3")
    let history = try #require(annotations["deployment.kubernetes.io/revision-history"])
    #expect(history.utf8.count <= 2000 && history.hasSuffix(",1600,1") && !history.hasPrefix("1001"))
  }

  @Test("a ReplicaSet that is refused is told by Progressing and an event, and the rollout goes on once it is let in")
  func refusedSet() throws {
    var world = world()
    world.refuse = { write in
      if case .create(.replicaSets, _, _) = write { return "Forbidden" }
      return nil
    }
    try world.add(.deployments, Self.deployment(2))
    world.run(for: 2)
    #expect(progress(world) == "False ReplicaSetCreateError")
    #expect(world.reasons.contains("ReplicaSetCreateError"))
    world.run(for: 300)
    #expect(progress(world) == "False ReplicaSetCreateError")
    world.refuse = nil
    world.run(for: 2000)
    #expect(progress(world) == "True NewReplicaSetAvailable")
  }

  @Test("a name that another template has taken is a collision, and another name is found")
  func collision() throws {
    var first = world()
    try first.add(.deployments, Self.deployment(1))
    let name = try #require(first.names(.replicaSets).first)
    var world = world()
    try world.add(
      .replicaSets,
      #"""
      {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"\#(name)"},"spec":{"replicas":0,
       "selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}},"spec":{}}}}
      """#)
    try world.add(.deployments, Self.deployment(1))
    world.run(for: 5)
    #expect(status(world).collisionCount == 1)
    #expect(world.names(.replicaSets).count == 2)
    #expect(progress(world) == "True NewReplicaSetAvailable")
  }

  @Test("the annotations for scaling in proportion tell the wanted number and the most that may be there")
  func scalingAnnotations() throws {
    var world = world()
    try world.add(.deployments, Self.deployment(8))
    world.run(for: 5)
    try world.patch(.deployments, "web", #"{"spec":{"replicas":16}}"#)
    let annotations = try #require(set(world, "1")?.metadata.annotations)
    #expect(annotations["deployment.kubernetes.io/desired-replicas"] == "16")
    #expect(annotations["deployment.kubernetes.io/max-replicas"] == "20")
  }
}
