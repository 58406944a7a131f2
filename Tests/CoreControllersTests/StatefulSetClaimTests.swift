import CoreControllers
import CoreObjects
import Testing

@Suite("Storage of a StatefulSet stays with its ordinals")
struct StatefulSetClaimTests {
  private func deleting(_ scaled: String, _ deleted: String) -> String {
    #""persistentVolumeClaimRetentionPolicy":{"whenScaled":"\#(scaled)","whenDeleted":"\#(deleted)"}"#
  }

  @Test("each pod gets its own claim, made before it, labelled as the selector says")
  func claims() throws {
    var world = try StatefulSetWorld(claims: true)
    world.step()
    let created = world.last.changes.compactMap { change -> String? in
      if case .create(let resource, _, _) = change.write { resource.name } else { nil }
    }
    #expect(created == ["controllerrevisions", "persistentvolumeclaims", "pods"])
    #expect(world.claim(0)?.metadata.labels["app"] == "app")
    #expect(world.claim(0)?.metadata.ownerReferences.isEmpty == true)
    #expect(world.pod(0)?.spec.volumes.map { $0.persistentVolumeClaim.claimName } == ["data-app-0"])
  }

  @Test("the claim takes the place of a template's volume of the same name, and leaves the others")
  func volumes() throws {
    var world = try StatefulSetWorld(claims: true)
    try world.patch(#"{"spec":{"template":{"spec":{"volumes":[{"name":"data","emptyDir":{}},{"name":"tmp","emptyDir":{}}]}}}}"#)
    world.settle()
    let volumes = try #require(world.pod(0)).spec.volumes
    #expect(volumes.map { $0.name ?? "" }.sorted() == ["data", "tmp"])
    #expect(volumes.first { $0.name == "data" }?.tree[.emptyDir].isNull == true)
  }

  @Test("scaling down and up again finds the same claim")
  func retained() throws {
    var world = try StatefulSetWorld(claims: true)
    try world.run()
    let uid = world.claim(2)?.uid
    try world.patch(#"{"spec":{"replicas":1}}"#)
    try world.run()
    #expect(world.claim(2)?.metadata.ownerReferences.isEmpty == true)
    try world.patch(#"{"spec":{"replicas":3}}"#)
    try world.run()
    #expect(world.claim(2)?.uid == uid)
  }

  @Test("whenDeleted Delete makes the set own the claims; Retain again lets them go")
  func whenDeleted() throws {
    var world = try StatefulSetWorld(deleting("Retain", "Delete"), claims: true)
    try world.run()
    #expect(world.claim(1)?.metadata.ownerReferences.map { $0.kind ?? "" } == ["StatefulSet"])
    try world.patch("{\"spec\":{\(deleting("Retain", "Retain"))}}")
    try world.run()
    #expect(world.claim(1)?.metadata.ownerReferences.isEmpty == true)
  }

  @Test("whenScaled Delete makes a pod that goes own its claim before it is deleted", arguments: ["Retain", "Delete"])
  func whenScaled(deleted: String) throws {
    var world = try StatefulSetWorld(deleting("Delete", deleted), claims: true)
    try world.run()
    let owners = deleted == "Delete" ? ["StatefulSet"] : []
    #expect(world.claim(2)?.metadata.ownerReferences.map { $0.kind ?? "" } == owners)
    try world.patch(#"{"spec":{"replicas":2}}"#)
    world.settle()
    #expect(world.isTerminating(2))
    let uid = world.pod(2)?.metadata.uid
    #expect(world.claim(2)?.metadata.ownerReferences.map { $0.uid ?? "" } == [uid ?? "none"])
    #expect(world.claim(1)?.metadata.ownerReferences.map { $0.kind ?? "" } == owners)
  }

  @Test(
    "a change of the policy gives every claim the owners of the new one", arguments: ["Retain", "Delete"], ["Retain", "Delete"])
  func changeOfPolicy(scaled: String, deleted: String) throws {
    var world = try StatefulSetWorld(
      deleting(scaled == "Delete" ? "Retain" : "Delete", deleted == "Delete" ? "Retain" : "Delete"), claims: true)
    try world.run()
    try world.patch("{\"spec\":{\(deleting(scaled, deleted))}}")
    try world.run()
    for ordinal in 0..<3 {
      #expect(
        world.claim(ordinal)?.metadata.ownerReferences.map { $0.kind ?? "" } == (deleted == "Delete" ? ["StatefulSet"] : []))
    }
    try world.patch(#"{"spec":{"replicas":2}}"#)
    world.settle()
    let owner = scaled == "Delete" ? "Pod" : deleted == "Delete" ? "StatefulSet" : nil
    #expect(world.claim(2)?.metadata.ownerReferences.compactMap(\.kind) == (owner.map { [$0] } ?? []))
  }

  @Test("scaled up again before its last pod has gone, a claim is freed from the pod once that one is back")
  func condemnedAndBack() throws {
    var world = try StatefulSetWorld(deleting("Delete", "Retain"), claims: true)
    try world.run()
    try world.unready("app-1")
    try world.patch(#"{"spec":{"replicas":1}}"#)
    world.settle()
    #expect(world.claim(1)?.metadata.ownerReferences.first?.kind == "Pod")
    #expect(!world.isTerminating(1))
    try world.patch(#"{"spec":{"replicas":3}}"#)
    try world.ready("app-1")
    world.settle()
    #expect(world.claim(1)?.metadata.ownerReferences.count == 0)
  }

  @Test("a pod is not made on a claim that goes with the pod before; it is made once the claim is gone")
  func leaving() throws {
    var world = try StatefulSetWorld(deleting("Delete", "Retain"), claims: true)
    try world.run()
    try world.patch(#"{"spec":{"replicas":2}}"#)
    try world.run()
    try world.patch(#"{"spec":{"replicas":3}}"#)
    world.step()
    #expect(world.pod(2) == nil)
    #expect(world.events.last?.hasPrefix("FailedCreate") == true)
    let old = try #require(world.claim(2))
    let removed = world.store.remove(old.key)
    let change = try #require(removed)
    let snapshot = Snapshot(store: world.store, metrics: MetricsWindow())
    #expect(world.controller.keys(affectedBy: change, in: snapshot) == [StatefulSetWorld.key])
    try world.run()
    #expect(world.pod(2) != nil)
    #expect(world.claim(2)?.uid != old.uid)
  }

  @Test("a pod is not made on a claim that is being deleted")
  func deletedClaim() throws {
    var world = try StatefulSetWorld(claims: true)
    try world.run()
    world.gone(1)
    let key = try #require(world.claim(1)).key
    try world.patch(key, #"{"metadata":{"deletionTimestamp":"2027-01-01T00:00:00Z"}}"#)
    world.step()
    #expect(world.pod(1) == nil)
    _ = world.store.remove(key)
    try world.run()
    #expect(world.pod(1) != nil)
    #expect(world.claim(1)?.metadata.deletionTimestamp == nil)
  }

  @Test("a claim that vanished under a pending pod is made again")
  func pending() throws {
    var world = try StatefulSetWorld(claims: true)
    world.settle()
    _ = world.store.remove(try #require(world.claim(0)).key)
    world.settle()
    #expect(world.claim(0) != nil)
  }

  @Test("a claim that another controller manages keeps its owner")
  func managed() throws {
    var world = try StatefulSetWorld(deleting("Retain", "Delete"), claims: true)
    try world.run()
    let key = try #require(world.claim(0)).key
    let other = #"{"apiVersion":"v1","kind":"Backup","name":"nightly","uid":"other","controller":true}"#
    try world.patch(key, #"{"metadata":{"ownerReferences":[\#(other)]}}"#)
    try world.run()
    #expect(world.claim(0)?.metadata.ownerReferences.map { $0.name ?? "" } == ["nightly"])
  }

  @Test("changes of pods lead to their set: by owner, or by labels if nobody owns them")
  func keys() throws {
    var world = try StatefulSetWorld()
    world.settle()
    let snapshot = Snapshot(store: world.store, metrics: MetricsWindow())
    let owned = StoreChange(kind: .modified, object: try #require(world.pods.first), previous: nil)
    #expect(world.controller.keys(affectedBy: owned, in: snapshot) == [StatefulSetWorld.key])
    let pod = ObjectKey(.pods, namespace: "shop", "app-0")
    try world.patch(pod, #"{"metadata":{"ownerReferences":null}}"#)
    let orphan = StoreChange(kind: .modified, object: try #require(world.store.get(pod)), previous: nil)
    #expect(world.controller.keys(affectedBy: orphan, in: snapshot) == [StatefulSetWorld.key])
    try world.patch(pod, #"{"metadata":{"labels":{"app":"other"}}}"#)
    let stranger = StoreChange(kind: .modified, object: try #require(world.store.get(pod)), previous: nil)
    #expect(world.controller.keys(affectedBy: stranger, in: snapshot).isEmpty)
  }
}
