import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Garbage collector")
struct GarbageCollectorTests {
  private static func object(_ kind: String, _ name: String, owners: [String] = []) -> String {
    let references = owners.map { owner in
      let parts = owner.split(separator: "/").map(String.init)
      return
        #"{"apiVersion":"apps/v1","kind":"\#(parts[0])","name":"\#(parts[1])","uid":"\#(parts[1])-uid","controller":true,"blockOwnerDeletion":true}"#
    }.joined(separator: ",")
    return
      #"{"apiVersion":"apps/v1","kind":"\#(kind)","metadata":{"name":"\#(name)","uid":"\#(name)-uid","ownerReferences":[\#(references)]}}"#
  }

  /// A Deployment with a ReplicaSet with two pods.
  private func family() throws -> World {
    var world = World(GarbageCollector())
    try world.add(.deployments, Self.object("Deployment", "web"))
    try world.add(.replicaSets, Self.object("ReplicaSet", "web-1", owners: ["Deployment/web"]))
    try world.add(.pods, Self.object("Pod", "a", owners: ["ReplicaSet/web-1"]))
    try world.add(.pods, Self.object("Pod", "b", owners: ["ReplicaSet/web-1"]))
    return world
  }

  @Test("an object is looked at when one of its owners is gone or about to go, and not while all are there to stay")
  func looks() {
    let collector = GarbageCollector()
    var store = Store()
    func put(_ resource: ResourceID, _ name: String, _ metadata: JSON) -> [String] {
      var tree: JSON = ["metadata": metadata]
      tree[.metadata].put(.name, .string(name))
      let change = store.put(ObjectKey(resource, namespace: "default", name), tree)
      return collector.keys(affectedBy: change, in: Snapshot(store: store, metrics: MetricsWindow())).map(\.name)
    }
    let owner: JSON = ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "w"]
    let owned: JSON = ["uid": "p", "ownerReferences": [owner]]
    #expect(put(.pods, "early", owned) == ["early"])
    #expect(put(.replicaSets, "web", ["uid": "w"]).isEmpty)
    #expect(put(.pods, "late", owned).isEmpty)
    #expect(put(.pods, "late", ["uid": "p", "ownerReferences": [owner], "finalizers": ["a"]]).isEmpty)
    let leaving: JSON = ["uid": "w", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]]
    #expect(put(.replicaSets, "web", leaving) == ["web"])
    #expect(put(.pods, "later", owned) == ["later", "web"])
    #expect(put(.replicaSets, "web", ["uid": "another"]).isEmpty)
    #expect(put(.pods, "last", owned) == ["last"])
  }

  @Test("in the background the owner goes first, then whatever hangs on it")
  func background() throws {
    var world = try family()
    try world.delete(.deployments, "web")
    #expect(world.names(.replicaSets).isEmpty)
    #expect(world.names(.pods).isEmpty)
  }

  @Test("in the foreground the owner waits until everything below it has gone, level by level")
  func foreground() throws {
    var world = try family()
    world.termination = 10
    try world.delete(.deployments, "web", .foreground)
    #expect(world.names(.deployments) == ["web"])
    #expect(world.names(.replicaSets) == ["web-1"])
    #expect(world.store.list(.pods).allSatisfy { $0.metadata.deletionTimestamp != nil })
    world.run(for: 11)
    #expect(world.names(.pods).isEmpty)
    #expect(world.names(.replicaSets).isEmpty)
    #expect(world.names(.deployments).isEmpty)
  }

  @Test("orphaning removes the references to the owner and leaves the rest alone")
  func orphan() throws {
    var world = try family()
    try world.delete(.deployments, "web", .orphan)
    #expect(world.names(.deployments).isEmpty)
    #expect(world.store.list(.replicaSets).first?.metadata.ownerReferences.isEmpty == true)
    #expect(world.names(.pods) == ["a", "b"])
  }

  @Test("an object with another living owner loses only the reference to the one that is gone")
  func twoOwners() throws {
    var world = World(GarbageCollector())
    try world.add(.replicaSets, Self.object("ReplicaSet", "one"))
    try world.add(.replicaSets, Self.object("ReplicaSet", "two"))
    try world.add(.pods, Self.object("Pod", "shared", owners: ["ReplicaSet/one", "ReplicaSet/two"]))
    try world.delete(.replicaSets, "one", .foreground)
    #expect(world.names(.replicaSets) == ["two"])
    #expect(world.get(.pods, "shared", as: Pod.self)?.metadata.ownerReferences.map { $0.name ?? "" } == ["two"])
  }

  @Test("an object that is born with owners that are not there is collected at once; an unknown kind of owner counts as there")
  func dangling() throws {
    var world = World(GarbageCollector())
    try world.add(.pods, Self.object("Pod", "lost", owners: ["ReplicaSet/never"]))
    try world.add(.pods, Self.object("Pod", "kept", owners: ["Gadget/never"]))
    #expect(world.names(.pods) == ["kept"])
  }

  @Test("what says that it is owned by an event stays when the event goes")
  func ownedByEvent() throws {
    var world = World(GarbageCollector())
    try world.add(.events, Self.object("Event", "e"))
    try world.add(.pods, Self.object("Pod", "a", owners: ["Event/e"]))
    try world.delete(.events, "e")
    #expect(world.names(.pods) == ["a"])
  }

  @Test("an owner in another namespace does not count, and a warning says so")
  func otherNamespace() throws {
    var world = World(GarbageCollector())
    for name in ["default", "far"] {
      try world.add(.namespaces, #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)"}}"#)
    }
    try world.add(
      .replicaSets, #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"set","uid":"set-uid","namespace":"far"}}"#)
    try world.add(.pods, Self.object("Pod", "stray", owners: ["ReplicaSet/set"]))
    #expect(world.names(.pods).isEmpty)
    #expect(world.reasons == ["OwnerRefInvalidNamespace"])
  }

  @Test("an object without a namespace whose owner has one is never collected")
  func clusterScopedDependant() throws {
    var world = World(GarbageCollector())
    try world.add(
      .persistentVolumes,
      #"{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"x"}]}}"#
    )
    #expect(world.names(.persistentVolumes) == ["v"])
  }

  @Test("owners that wait for each other in the foreground let each other go")
  func circle() throws {
    var world = World(GarbageCollector())
    try world.add(.replicaSets, Self.object("ReplicaSet", "a"))
    try world.add(.replicaSets, Self.object("ReplicaSet", "b", owners: ["ReplicaSet/a"]))
    try world.patch(
      .replicaSets, "a",
      #"{"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"b","uid":"b-uid","blockOwnerDeletion":true}]}}"#
    )
    try world.delete(.replicaSets, "a", .foreground)
    #expect(world.names(.replicaSets).isEmpty)
  }

  @Test("a dependant that does not block its owner's deletion goes with it, and is not waited for")
  func notBlocking() throws {
    var world = World(GarbageCollector())
    world.termination = 10
    try world.add(.replicaSets, Self.object("ReplicaSet", "set"))
    try world.add(
      .pods,
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"set","uid":"set-uid"}]}}"#
    )
    try world.delete(.replicaSets, "set", .foreground)
    #expect(world.names(.replicaSets).isEmpty)
    #expect(world.names(.pods) == ["p"])
    world.run(for: 11)
    #expect(world.names(.pods).isEmpty)
  }

  @Test("a deletion that is refused with Conflict is tried again")
  func conflict() throws {
    var world = World(GarbageCollector())
    world.refuse = { _ in "Conflict" }
    try world.add(.pods, Self.object("Pod", "lost", owners: ["ReplicaSet/never"]))
    #expect(world.names(.pods) == ["lost"])
    world.refuse = nil
    world.run(until: 60)
    #expect(world.names(.pods).isEmpty)
  }

  @Test("an owner of the same name with another UID is another owner")
  func sameName() throws {
    var world = try family()
    try world.delete(.deployments, "web", .orphan)
    try world.add(
      .pods,
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"older"}]}}"#
    )
    #expect(world.names(.pods) == ["a", "b"])
  }

  @Test("a status change of an owned pod costs the collector nothing")
  func ignoresStatus() throws {
    var world = try family()
    world.clearHistory()
    world.setPod("a", phase: "Running", isReady: true)
    #expect(world.writes == ["update pods/a"])
  }
}

@Suite("Namespaces that go")
struct NamespaceTests {
  @Test("the pods go first, then the rest; conditions say what is still there and which finalizers hold it")
  func order() throws {
    var world = World(NamespaceController())
    world.termination = 30
    try world.add(
      .namespaces,
      #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default","finalizers":["example.com/test"]},"spec":{"finalizers":["kubernetes"]}}"#
    )
    try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}"#)
    try world.add(
      .configMaps, #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","finalizers":["example.com/held"]}}"#)
    try world.add(.secrets, #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}"#)
    try world.patch(.namespaces, "default", #"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}"#)
    #expect(world.names(.secrets) == ["s"])
    world.run(for: 31)
    #expect(world.names(.pods).isEmpty)
    #expect(world.names(.secrets).isEmpty)
    #expect(world.names(.configMaps) == ["c"])
    let conditions = world.get(.namespaces, "default", as: Namespace.self)?.status.conditions
    #expect(conditions?.first { $0.type == "NamespaceContentRemaining" }?.message?.contains("configmaps: 1") == true)
    let held = conditions?.first { $0.type == "NamespaceFinalizersRemaining" }
    #expect(held?.status == "True" && held?.reason == "SomeFinalizersRemain")
    #expect(held?.message?.contains("example.com/held: 1") == true)
    try world.patch(.configMaps, "c", #"{"metadata":{"finalizers":[]}}"#)
    #expect(world.get(.namespaces, "default", as: Namespace.self)?.spec.finalizers.isEmpty == true)
  }
}

@Suite("Pods and events that have had their time")
struct ExpiryTests {
  @Test("an event goes an hour after it was last repeated")
  func events() throws {
    var world = World(EventTTLController())
    try world.add(.events, #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"lastTimestamp":"2026-01-01T00:00:00Z"}"#)
    world.run(until: 3000)
    try world.patch(.events, "e", #"{"lastTimestamp":"2026-01-01T00:50:00Z","count":2}"#)
    world.run(until: 6599)
    #expect(world.names(.events) == ["e"])
    world.run(until: 6601)
    #expect(world.names(.events).isEmpty)
  }

  @Test(
    "events of different ages go each in its time, also those that were there before a restart, and a refused one is tried again")
  func manyEvents() throws {
    var world = World(EventTTLController())
    for (name, minute) in [("late", 30), ("early", 5), ("middle", 20)] {
      let time = "2026-01-01T00:\(minute < 10 ? "0" : "")\(minute):00Z"
      try world.add(.events, #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"\#(name)"},"lastTimestamp":"\#(time)"}"#)
    }
    world.run(until: 65 * 60 + 1)
    #expect(world.names(.events) == ["late", "middle"])
    world.refuse = { write in if case .delete = write { "Conflict" } else { nil } }
    world.run(until: 80 * 60 + 1)
    #expect(world.names(.events) == ["late", "middle"])
    world.refuse = nil
    world.run(until: 85 * 60)
    #expect(world.names(.events) == ["late"])
    world.run(until: 90 * 60 + 1)
    #expect(world.names(.events).isEmpty)
  }

  @Test("a pod of a node that is gone is failed and deleted after 40 s, unless the node comes back")
  func lostNode() throws {
    var world = World(PodGarbageCollector())
    for name in ["n1", "n2"] { try world.add(.nodes, #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"\#(name)"}}"#) }
    for (pod, node) in [("a", "n1"), ("b", "n2")] {
      try world.add(
        .pods,
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(pod)"},"spec":{"nodeName":"\#(node)"},"status":{"phase":"Running"}}"#
      )
    }
    try world.delete(.nodes, "n1")
    try world.delete(.nodes, "n2")
    world.run(for: 20)
    try world.add(.nodes, #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n2"}}"#)
    world.run(for: 19)
    #expect(world.names(.pods) == ["a", "b"])
    world.run(for: 2)
    #expect(world.names(.pods) == ["b"])
    #expect(world.writes.suffix(2) == ["update pods/a", "delete pods/a"])
  }

  @Test("a pod that is to go and never had a node, or whose node is out of service, is ended without asking anybody")
  func stranded() throws {
    var world = World(PodGarbageCollector())
    world.termination = 600
    try world.add(
      .nodes,
      #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}"#
    )
    for (pod, node) in [("placed", #""nodeName":"n1""#), ("nowhere", "")] {
      try world.add(
        .pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(pod)"},"spec":{\#(node)},"status":{"phase":"Running"}}"#)
    }
    try world.delete(.pods, "nowhere")
    try world.delete(.pods, "placed")
    let phase = world.get(.pods, "nowhere", as: Pod.self)?.status.phase
    #expect(phase == nil || phase == "Failed")
    #expect(world.get(.pods, "placed", as: Pod.self)?.status.phase == "Running")
    try world.patch(
      .nodes, "n1", #"{"spec":{"taints":[{"key":"node.kubernetes.io/out-of-service","value":"x","effect":"NoExecute"}]}}"#)
    #expect(world.get(.pods, "placed", as: Pod.self)?.status.phase == "Failed")
    #expect(world.writes.last == "delete pods/placed")
  }

  @Test("of ended pods the oldest go once there are more than the limit")
  func endedPods() throws {
    var world = World(PodGarbageCollector(endedLimit: 2))
    for index in 0..<4 {
      world.run(for: 10)
      try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p\#(index)"},"status":{"phase":"Succeeded"}}"#)
    }
    #expect(world.names(.pods) == ["p2", "p3"])
  }
}
