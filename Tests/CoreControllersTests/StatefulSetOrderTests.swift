import CoreControllers
import CoreObjects
import Testing

@Suite("Pods of a StatefulSet come and go in order")
struct StatefulSetOrderTests {
  @Test("in order, a pod is made only once the one before it is ready")
  func ordered() throws {
    var world = try StatefulSetWorld()
    world.settle()
    #expect(world.names == ["app-0"])
    try world.ready("app-0")
    world.settle()
    #expect(world.names == ["app-0", "app-1"])
    try world.ready("app-1")
    world.settle()
    #expect(world.names == ["app-0", "app-1", "app-2"])
    let created = (0..<3).map { "SuccessfulCreate create Pod app-\($0) in StatefulSet app successful" }
    #expect(world.events == created)
  }

  @Test("a pod knows its name, its index, its revision, its host name and its domain")
  func identity() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let pod = try #require(world.pod(0))
    #expect(pod.metadata.labels["statefulset.kubernetes.io/pod-name"] == "app-0")
    #expect(pod.metadata.labels["apps.kubernetes.io/pod-index"] == "0")
    #expect(pod.metadata.labels["controller-revision-hash"] == world.set.status.updateRevision)
    #expect(pod.metadata.labels["app"] == "app")
    #expect(pod.spec.hostname == "app-0")
    #expect(pod.spec.subdomain == "peers")
    #expect(pod.metadata.ownerReferences.first?.controller == true)
  }

  @Test("a pod that lost the labels of its identity gets them back")
  func identityIsKept() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.patch(
      ObjectKey(.pods, namespace: "shop", "app-1"), #"{"metadata":{"labels":{"apps.kubernetes.io/pod-index":"7"}}}"#)
    world.settle()
    #expect(world.pod(1)?.metadata.labels["apps.kubernetes.io/pod-index"] == "1")
    #expect(world.events.last == "SuccessfulUpdate update Pod app-1 in StatefulSet app successful")
  }

  @Test("with minReadySeconds the next pod waits, and the controller asks to look again on the second")
  func minReadySeconds() throws {
    var world = try StatefulSetWorld(#""minReadySeconds":10"#)
    world.settle()
    try world.ready("app-0")
    world.settle()
    #expect(world.names == ["app-0"])
    #expect(world.last.wakeAt == world.now + .seconds(10))
    #expect(world.set.status.readyReplicas == 1)
    #expect(world.set.status.availableReplicas == 0)
    world.now = world.now + .seconds(10)
    world.settle()
    #expect(world.names == ["app-0", "app-1"])
    #expect(world.set.status.availableReplicas == 1)
  }

  @Test("in parallel, all pods are made at once and removed at once")
  func parallel() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel""#)
    world.step()
    #expect(world.names == ["app-0", "app-1", "app-2"])
    try world.patch(#"{"spec":{"replicas":0}}"#)
    world.settle()
    #expect((0..<3).allSatisfy { world.isTerminating($0) })
  }

  @Test("one look makes 500 pods at the most")
  func batch() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel","replicas":700"#)
    world.step()
    #expect(world.pods.count == 500)
    world.settle()
    #expect(world.pods.count == 700)
  }

  @Test("in order, pods are removed from the highest, each waiting for the one before to be gone")
  func scaleDown() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.patch(#"{"spec":{"replicas":1}}"#)
    world.settle()
    #expect(world.isTerminating(2))
    #expect(!world.isTerminating(1))
    world.gone(2)
    world.settle()
    #expect(world.isTerminating(1))
    world.gone(1)
    world.settle()
    #expect(world.names == ["app-0"])
    #expect(!world.isTerminating(0))
  }

  @Test("scaling down waits while a pod that stays is not ready")
  func scaleDownWaits() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.unready("app-0")
    try world.patch(#"{"spec":{"replicas":2}}"#)
    world.settle()
    #expect(!world.isTerminating(2))
    try world.ready("app-0")
    world.settle()
    #expect(world.isTerminating(2))
  }

  @Test("a broken pod that is to go does not hold up a good one above it, nor itself")
  func scaleDownPassesBroken() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.unready("app-1")
    try world.patch(#"{"spec":{"replicas":1}}"#)
    try world.run()
    #expect(world.names == ["app-0"])
  }

  @Test("of two broken pods that are to go, the upper waits for the lower")
  func scaleDownBothBroken() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.unready("app-1")
    try world.unready("app-2")
    try world.patch(#"{"spec":{"replicas":1}}"#)
    world.settle()
    #expect(!world.isTerminating(1) && !world.isTerminating(2))
  }

  @Test("a pod that has ended is deleted and made again", arguments: ["Failed", "Succeeded"])
  func ended(phase: String) throws {
    var world = try StatefulSetWorld()
    try world.run()
    let uid = world.pod(1)?.metadata.uid
    try world.patch(ObjectKey(.pods, namespace: "shop", "app-1"), #"{"status":{"phase":"\#(phase)"}}"#)
    world.settle()
    #expect(world.isTerminating(1))
    try world.run()
    #expect(world.names == ["app-0", "app-1", "app-2"])
    #expect(world.pod(1)?.metadata.uid != uid)
  }

  @Test("ordinals.start moves the range: pods outside it go, once those inside are ready")
  func start() throws {
    var world = try StatefulSetWorld()
    try world.run()
    try world.patch(#"{"spec":{"ordinals":{"start":2}}}"#)
    try world.run()
    #expect(world.names == ["app-2", "app-3", "app-4"])
  }

  @Test("a set that is being deleted makes and deletes no pods, but tells its status")
  func deleted() throws {
    var world = try StatefulSetWorld()
    try world.run()
    world.gone(2)
    try world.patch(#"{"metadata":{"deletionTimestamp":"2027-01-01T00:00:00Z"}}"#)
    world.settle()
    #expect(world.names == ["app-0", "app-1"])
    #expect(world.set.status.replicas == 2)
  }

  @Test("an orphan with a name of the set is adopted; another is not")
  func adoption() throws {
    var world = try StatefulSetWorld()
    for name in ["app-0", "app-x"] {
      let text =
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","namespace":"shop","labels":{"app":"app"}},"spec":{}}"#
      world.create(ObjectKey(.pods, namespace: "shop", name), try JSONParser.parse(text))
    }
    world.settle()
    #expect(world.pod(0)?.metadata.ownerReferences.first?.name == "app")
    #expect(world.store.get(.pods, namespace: "shop", "app-x")?.metadata.ownerReferences.isEmpty == true)
  }
}
