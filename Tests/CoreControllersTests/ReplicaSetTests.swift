import CoreControllers
import CoreObjects
import Testing

@Suite("ReplicaSet")
struct ReplicaSetTests {
  private static func set(_ replicas: Int, more: String = "") -> String {
    """
    {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web","namespace":"default"},
     "spec":{"replicas":\(replicas),\(more)"selector":{"matchLabels":{"app":"web"}},
     "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"web:1"}]}}}}
    """
  }

  private func world(_ startup: Int? = 1) -> World { World(ReplicaSetController.replicaSets, startup: startup) }

  @Test("pods are made up to the wanted number, owned by the set, with an event that names each")
  func creates() throws {
    var world = world()
    try world.add(.replicaSets, Self.set(3))
    world.run(for: 3)
    let pods = world.store.list(.pods)
    #expect(pods.count == 3)
    for pod in pods {
      #expect(pod.metadata.generateName == "web-")
      #expect(pod.key.name.count == "web-".count + 5)
      #expect(pod.metadata.ownerReferences.first?.controller == true)
      #expect(world.events.contains("SuccessfulCreate web: Created pod: \(pod.key.name)"))
    }
    let status = try #require(world.get(.replicaSets, "web", as: ReplicaSet.self)?.status)
    #expect([status.replicas, status.readyReplicas, status.availableReplicas, status.fullyLabeledReplicas] == [3, 3, 3, 3])
    #expect(status.observedGeneration == 1)
  }

  @Test("a set is looked at when a pod of it begins or ceases to count, and not when one gets a node or starts")
  func looks() {
    var controller = ReplicaSetController.replicaSets
    var store = Store()
    func isLookedAt(_ status: JSON, node: String = "a", app: String = "web") -> Bool {
      let owner: JSON = ["kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true]
      let metadata: JSON = [
        "name": "p", "namespace": "default", "labels": ["app": .string(app)], "ownerReferences": [owner],
      ]
      let change = store.put(
        ObjectKey(.pods, namespace: "default", "p"),
        ["metadata": metadata, "spec": ["nodeName": .string(node)], "status": status])
      return !controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: MetricsWindow())).isEmpty
    }
    func status(_ phase: String, ready: String, since: String = "1") -> JSON {
      let condition: JSON = ["type": "Ready", "status": .string(ready), "lastTransitionTime": .string(since)]
      return ["phase": .string(phase), "conditions": [condition]]
    }
    #expect(isLookedAt(["phase": "Pending"], node: ""))
    #expect(!isLookedAt(["phase": "Pending"]))
    #expect(!isLookedAt(status("Running", ready: "False")))
    #expect(isLookedAt(status("Running", ready: "True")))
    #expect(isLookedAt(status("Running", ready: "True", since: "2")))
    #expect(isLookedAt(status("Running", ready: "True", since: "2"), app: "other"))
    #expect(isLookedAt(status("Failed", ready: "False"), app: "other"))
  }

  @Test("scaling down removes pods without a node first, then those that are not ready, then cheap ones")
  func deletionOrder() throws {
    var world = world(nil)
    try world.add(.replicaSets, Self.set(4))
    let names = world.names(.pods)
    world.setPod(names[0], phase: "Running", isReady: true)
    world.setPod(names[1], phase: "Running", isReady: false)
    world.setPod(names[2], phase: "Running", isReady: true)
    try world.patch(.pods, names[2], #"{"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"-5"}}}"#)
    for (replicas, left) in [(3, [0, 1, 2]), (2, [0, 2]), (1, [0])] {
      try world.patch(.replicaSets, "web", #"{"spec":{"replicas":\#(replicas)}}"#)
      #expect(world.names(.pods) == left.map { names[$0] })
    }
  }

  @Test("of ready pods those on the fullest node go first, and of about the same age the restarted ones")
  func deletionSpread() throws {
    var world = world(nil)
    try world.add(.replicaSets, Self.set(3))
    let names = world.names(.pods)
    for (name, node) in zip(names, ["a", "b", "b"]) {
      try world.patch(.pods, name, #"{"spec":{"nodeName":"\#(node)"}}"#)
      world.setPod(name, phase: "Running", isReady: true)
    }
    try world.patch(.pods, names[2], #"{"status":{"containerStatuses":[{"name":"main","restartCount":4}]}}"#)
    world.run(for: 100)
    try world.patch(.replicaSets, "web", #"{"spec":{"replicas":2}}"#)
    #expect(world.names(.pods) == [names[0], names[1]])
  }

  @Test("of pods that became ready at about the same time the one with the smaller UID goes, however often others were restarted")
  func deletionByUID() throws {
    var world = world(nil)
    try world.add(.replicaSets, Self.set(2))
    let pods = world.store.list(.pods).sorted { $0.uid < $1.uid }
    for pod in pods {
      world.setPod(pod.key.name, phase: "Running", isReady: true)
      world.run(for: 1)
    }
    try world.patch(.pods, pods[1].key.name, #"{"status":{"containerStatuses":[{"name":"main","restartCount":4}]}}"#)
    world.run(for: 100)
    try world.patch(.replicaSets, "web", #"{"spec":{"replicas":1}}"#)
    #expect(world.names(.pods) == [pods[1].key.name])
  }

  @Test("a pod counts as available after minReadySeconds, and the status says so without a further change")
  func minReadySeconds() throws {
    var world = world()
    try world.add(.replicaSets, Self.set(1, more: #""minReadySeconds":10,"#))
    world.run(until: 5)
    #expect(world.get(.replicaSets, "web", as: ReplicaSet.self)?.status.readyReplicas == 1)
    #expect(world.get(.replicaSets, "web", as: ReplicaSet.self)?.status.availableReplicas == nil)
    world.run(until: 12)
    #expect(world.get(.replicaSets, "web", as: ReplicaSet.self)?.status.availableReplicas == 1)
  }

  @Test("failed pods do not count and are replaced; a relabelled pod is let go and replaced; an orphan that fits is adopted")
  func replacement() throws {
    var world = world()
    try world.add(.replicaSets, Self.set(2))
    world.run(for: 3)
    let names = world.names(.pods)
    world.setPod(names[0], phase: "Failed", isReady: false)
    #expect(world.names(.pods).count == 3)
    try world.patch(.pods, names[1], #"{"metadata":{"labels":{"app":"debug"}}}"#)
    #expect(world.names(.pods).count == 4)
    #expect(world.get(.pods, names[1], as: Pod.self)?.metadata.ownerReferences.isEmpty == true)
    try world.delete(.pods, names[1])
    world.run(for: 3)
    world.clearHistory()
    try world.add(
      .pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"stray","labels":{"app":"web"}},"spec":{"containers":[]}}"#)
    // One too many now: the stray one, without a node, is the first to go.
    #expect(world.names(.pods).contains("stray") == false)
    #expect(world.writes.contains("update pods/stray"))
  }

  @Test("a ReplicationController works like a ReplicaSet whose selector is a map")
  func replicationController() throws {
    var world = World(ReplicaSetController.replicationControllers, startup: 1)
    try world.add(
      .replicationControllers,
      """
      {"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"old"},"spec":{"replicas":2,"selector":{"app":"old"},
       "template":{"metadata":{"labels":{"app":"old"}},"spec":{"containers":[]}}}}
      """)
    world.run(for: 3)
    #expect(world.names(.pods).count == 2)
    let controller = try #require(world.get(.replicationControllers, "old", as: ReplicationController.self))
    #expect(controller.status.readyReplicas == 2)
    #expect(controller.status.tree[.terminatingReplicas].isNull)
  }

  @Test("pods start slowly: a refusal lets the rest of its batch through and stops the batches after it")
  func slowStart() throws {
    var world = world(nil)
    let asked = Asked()
    world.refuse = { write in
      guard case .create(.pods, _, _) = write else { return nil }
      asked.count += 1
      return asked.count == 5 ? "Forbidden" : nil
    }
    try world.add(.replicaSets, Self.set(20))
    #expect(world.reasons.filter { $0 == "FailedCreate" }.count == 1)
    let first = world.events.firstIndex { $0.hasPrefix("FailedCreate") }
    #expect(first == 4, "1 + 2 + the first of the third batch are there")
    world.run(for: 5)
    #expect(world.names(.pods).count == 20)
    #expect(world.get(.replicaSets, "web", as: ReplicaSet.self)?.status.conditions.isEmpty == true)
  }

  private final class Asked: @unchecked Sendable { var count = 0 }

  @Test("the same state gives the same names: a plan is a function of the snapshot")
  func pureNames() throws {
    var first = world()
    var second = world()
    try first.add(.replicaSets, Self.set(5))
    try second.add(.replicaSets, Self.set(5))
    #expect(first.names(.pods) == second.names(.pods))
    #expect(Set(first.names(.pods)).count == 5)
  }
}
