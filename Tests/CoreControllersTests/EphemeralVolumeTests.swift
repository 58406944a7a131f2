import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Generic ephemeral volumes")
struct EphemeralVolumeTests {
  private static let volumes = """
    "volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {
      "accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}}}}}],
    """

  private func world() throws -> World {
    var world = World(GarbageCollector(), VolumeBinder(), Scheduler(), EphemeralVolumeController())
    try world.addNode("n1")
    try world.addClass("standard")
    return world
  }

  @Test("the claim of a pod's volume is made, belongs to the pod, is bound, and goes with it")
  func made() throws {
    var world = try world()
    try world.addPod("p", spec: Self.volumes)
    let claim = try #require(world.get(.persistentVolumeClaims, "p-scratch", as: PersistentVolumeClaim.self))
    let pod = try #require(world.get(.pods, "p", as: Pod.self))
    #expect(claim.metadata.labels["a"] == "b" && claim.spec.accessModes.values == ["ReadWriteOnce"])
    #expect(
      claim.metadata.ownerReferences.map(\.uid) == [pod.metadata.uid] && claim.metadata.ownerReferences[0].controller == true)
    #expect(claim.status.phase == "Bound" && world.node(of: "p") == "n1")
    try world.delete(.pods, "p")
    world.run(for: 60)
    #expect(world.names(.persistentVolumeClaims) == [] && world.names(.persistentVolumes) == [])
  }

  @Test("a claim of that name that is not the pod's is left alone and told of, and the pod waits until it is gone")
  func conflict() throws {
    var world = try world()
    try world.addClaim("p-scratch")
    try world.addPod("p", spec: Self.volumes)
    #expect(world.node(of: "p") == nil)
    let text = "PVC default/p-scratch was not created for pod default/p (pod is not owner)"
    #expect(world.events.contains { $0.hasPrefix("FailedBinding p") && $0.hasSuffix("ephemeral volume scratch: " + text) })
    #expect(world.told("p").contains(text), "\(world.told("p"))")
    try world.delete(.persistentVolumeClaims, "p-scratch")
    world.run(for: 60)
    #expect(world.node(of: "p") == "n1")
  }
}
