import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Garbage collector: owners of one name")
struct GarbageOwnerKindTests {
  /// A Deployment and a ReplicaSet, both called "x", and a pod that names an owner.
  private func world(kind: String, uid: String) throws -> World {
    var world = World(GarbageCollector())
    try world.add(.deployments, #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","uid":"deployment-uid"}}"#)
    try world.add(.replicaSets, #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"x","uid":"set-uid"}}"#)
    let owner = #"{"apiVersion":"apps/v1","kind":"\#(kind)","name":"x","uid":"\#(uid)"}"#
    try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","ownerReferences":[\#(owner)]}}"#)
    return world
  }

  @Test("an owner of another kind with the same name may go without taking anything along")
  func otherKind() throws {
    var world = try world(kind: "ReplicaSet", uid: "set-uid")
    try world.delete(.deployments, "x")
    #expect(world.names(.pods) == ["p"])
    try world.delete(.replicaSets, "x")
    #expect(world.names(.pods).isEmpty)
  }

  @Test("the UID of one kind under the name of another is no owner")
  func mixedUp() throws {
    let world = try world(kind: "Deployment", uid: "set-uid")
    #expect(world.names(.pods).isEmpty)
    #expect(world.names(.replicaSets) == ["x"])
  }
}
