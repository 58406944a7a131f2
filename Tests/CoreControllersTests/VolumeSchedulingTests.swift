import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Scheduler: volumes")
struct VolumeSchedulingTests {
  /// n1, n2 and n3; a class that makes volumes and one whose volumes are made by hand, both waiting for the first consumer.
  private func world() throws -> World {
    var world = World(VolumeBinder(), Scheduler())
    for name in ["n1", "n2", "n3"] { try world.addNode(name, zone: name == "n3" ? "b" : "a") }
    try world.addClass("standard")
    try world.addClass("local", provisioner: "kubernetes.io/no-provisioner")
    return world
  }

  @Test("a local volume decides the node, though another has more room")
  func localVolume() throws {
    var world = try world()
    try world.addRunning("load", on: "n2", cpu: "2")
    try world.addVolume("disk", type: "local", node: "n2")
    try world.addClaim("data", type: "local")
    #expect(world.state(ofClaim: "data") == "Pending -")
    #expect(world.reasons == ["WaitForFirstConsumer"])
    try world.addConsumer("app", claims: "data")
    #expect(world.node(of: "app") == "n2")
    #expect(world.state(ofClaim: "data") == "Bound disk")
  }

  @Test("of the node's volumes the smallest that fits is taken")
  func smallest() throws {
    var world = try world()
    for (name, size) in [("big", "5Gi"), ("fit", "1Gi"), ("tiny", "1Mi")] {
      try world.addVolume(name, size: size, type: "local", node: "n1")
    }
    try world.addClaim("data", type: "local")
    try world.addConsumer("app", claims: "data")
    #expect(world.state(ofClaim: "data") == "Bound fit")
  }

  @Test("two claims of a pod need two volumes of one node; a small claim leaves the large volume to the large one")
  func twoClaims() throws {
    var world = try world()
    try world.addVolume("alone", size: "9Gi", type: "local", node: "n1")
    try world.addVolume("large", size: "5Gi", type: "local", node: "n2")
    try world.addVolume("small", size: "1Gi", type: "local", node: "n2")
    try world.addClaim("a-large", size: "2Gi", type: "local")
    try world.addClaim("b-small", size: "1Gi", type: "local")
    try world.addConsumer("app", claims: "a-large", "b-small")
    #expect(world.node(of: "app") == "n2")
    #expect(world.state(ofClaim: "a-large") == "Bound large")
    #expect(world.state(ofClaim: "b-small") == "Bound small")
  }

  @Test("without a volume for the claim the pod waits, and says why; a new volume brings it in")
  func noVolume() throws {
    var world = try world()
    try world.addClaim("data", type: "local")
    try world.addConsumer("app", claims: "data")
    #expect(
      world.told("app")
        == "Unschedulable: 0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )
    try world.addVolume("disk", type: "local", node: "n3")
    #expect(world.node(of: "app") == "n3")
  }

  @Test("a bound volume's node affinity keeps the pod from other nodes")
  func boundVolume() throws {
    var world = try world()
    try world.addVolume("disk", type: "local", node: "n1")
    try world.addClaim("data", type: "local")
    try world.addConsumer("first", claims: "data")
    #expect(world.node(of: "first") == "n1")
    try world.patch(.nodes, "n1", #"{"spec":{"unschedulable":true}}"#)
    try world.addConsumer("second", claims: "data")
    #expect(
      world.told("second").contains("1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity"))
  }

  @Test("a class is made only where its allowedTopologies are")
  func allowedTopologies() throws {
    var world = try world()
    try world.addClass(
      "zonal",
      more: #""allowedTopologies":[{"matchLabelExpressions":[{"key":"topology.kubernetes.io/zone","values":["b"]}]}],"#)
    try world.addClaim("data", type: "zonal")
    try world.addConsumer("app", claims: "data")
    #expect(world.node(of: "app") == "n3")
    #expect(world.claim("data").metadata.annotations["volume.kubernetes.io/selected-node"] == "n3")
  }

  @Test("the pod's other rules and the claim's node agree: the volume is made where the pod may run")
  func rulesAndVolumes() throws {
    var world = try world()
    try world.addClaim("data")
    try world.addConsumer("app", claims: "data", spec: #""nodeSelector":{"kubernetes.io/hostname":"n3"},"#)
    #expect(world.node(of: "app") == "n3")
    #expect(world.reasons == ["WaitForFirstConsumer", "ProvisioningSucceeded", "Scheduled"])
  }

  @Test("an unbound claim of a class that binds at once is told, and the pod goes on when it is bound")
  func immediate() throws {
    var world = try world()
    try world.addClass("now", provisioner: "kubernetes.io/no-provisioner", waits: false)
    try world.addClaim("data", type: "now")
    try world.addConsumer("app", claims: "data")
    #expect(
      world.told("app").hasPrefix("Unschedulable: 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."))
    try world.addVolume("disk", type: "now")
    #expect(world.node(of: "app") != nil)
  }

  @Test("a pod whose claim has lost its volume says which")
  func lostVolume() throws {
    var world = try world()
    try world.addVolume("disk", type: "local", node: "n1")
    try world.addClaim("data", type: "local")
    try world.addConsumer("first", claims: "data")
    try world.patch(.persistentVolumes, "disk", #"{"metadata":{"finalizers":null}}"#)
    try world.delete(.persistentVolumes, "disk")
    try world.addConsumer("second", claims: "data")
    #expect(
      world.told("second").contains(#"persistentvolumeclaim "data" bound to non-existent persistentvolume "disk""#))
  }

  @Test("a claim of mode ReadWriteOncePod serves one pod at a time; a more important one takes it over")
  func oncePod() throws {
    var world = try world()
    try world.addClaim("data", mode: "ReadWriteOncePod")
    try world.addConsumer("first", claims: "data")
    #expect(world.node(of: "first") != nil)
    try world.addConsumer("second", claims: "data")
    #expect(
      world.told("second").contains(
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"))
    try world.delete(.pods, "first")
    #expect(world.node(of: "second") != nil)
    try world.addConsumer("vip", claims: "data", priority: 100)
    #expect(world.names(.pods) == ["vip"])
    #expect(world.node(of: "vip") != nil)
  }

  @Test("a claim that only a waiting pod names may be deleted")
  func protection() throws {
    var world = try world()
    try world.addClaim("data", type: "local")
    try world.addConsumer("app", claims: "data")
    try world.delete(.persistentVolumeClaims, "data")
    #expect(world.names(.persistentVolumeClaims).isEmpty)
  }
}
