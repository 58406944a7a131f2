import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Volume binder")
struct VolumeBinderTests {
  private static let type =
    #"{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"standard"},"provisioner":"wavetank.dev/local","reclaimPolicy":"Delete","volumeBindingMode":"WaitForFirstConsumer"}"#

  private static func claim(_ name: String, size: String = "300Mi", type: String = "standard", mode: String = "ReadWriteOnce")
    -> String
  {
    """
    {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"\(name)","finalizers":["kubernetes.io/pvc-protection"]},
     "spec":{"storageClassName":"\(type)","accessModes":["\(mode)"],"resources":{"requests":{"storage":"\(size)"}}},"status":{"phase":"Pending"}}
    """
  }

  private static func pod(_ name: String, claim: String) -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)"},"spec":{"containers":[{"name":"main"}],"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"\#(claim)"}}]}}"#
  }

  private static func volume(_ name: String, size: String, type: String = "manual", policy: String = "Retain") -> String {
    """
    {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"\(name)"},"spec":{"capacity":{"storage":"\(size)"},
     "accessModes":["ReadWriteOnce"],"storageClassName":"\(type)","persistentVolumeReclaimPolicy":"\(policy)","hostPath":{"path":"/x"}}}
    """
  }

  private func world() throws -> World {
    var world = World(VolumeBinder(), Scheduler())
    for name in ["n1", "n2"] {
      try world.add(
        .nodes,
        #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"\#(name)","labels":{"kubernetes.io/hostname":"\#(name)"}},"status":{"allocatable":{"cpu":"4","memory":"4Gi","pods":"10"}}}"#
      )
    }
    try world.add(.storageClasses, Self.type)
    return world
  }

  private func phase(_ world: World, _ claim: String) -> String? {
    world.get(.persistentVolumeClaims, claim, as: PersistentVolumeClaim.self)?.status.phase
  }

  @Test("a claim of class standard waits for its first pod, gets a directory on that pod's node, and only then is the pod bound")
  func provisioning() throws {
    var world = try world()
    try world.add(.persistentVolumeClaims, Self.claim("data"))
    #expect(phase(world, "data") == "Pending")
    #expect(world.reasons == ["WaitForFirstConsumer"])
    try world.add(.pods, Self.pod("app", claim: "data"))
    world.run(for: 1)
    let node = try #require(world.get(.pods, "app", as: Pod.self)?.spec.nodeName)
    let claim = try #require(world.store.list(.persistentVolumeClaims).first)
    #expect(claim.metadata.annotations["volume.kubernetes.io/selected-node"] == node)
    #expect(claim.metadata.annotations["pv.kubernetes.io/bind-completed"] == "yes")
    let volume = try #require(world.store.list(.persistentVolumes).first)
    #expect(volume.key.name == "pvc-" + claim.uid)
    #expect(volume.tree[.spec][.hostPath][.path].string == "/var/lib/wavetank/volumes/pvc-" + claim.uid)
    #expect(volume.view(PersistentVolume.self).status.phase == "Bound")
    #expect(phase(world, "data") == "Bound")
    #expect(world.reasons.contains("ProvisioningSucceeded"))
  }

  @Test("a second pod of the claim follows the volume to its node")
  func volumeDecidesNode() throws {
    var world = try world()
    try world.add(.persistentVolumeClaims, Self.claim("data"))
    for index in 0..<3 { try world.add(.pods, Self.pod("p\(index)", claim: "data")) }
    world.run(for: 1)
    #expect(Set((0..<3).map { world.get(.pods, "p\($0)", as: Pod.self)?.spec.nodeName }).count == 1)
  }

  @Test("of the volumes that fit, the smallest is bound; one of another class or too small is not")
  func staticBinding() throws {
    var world = try world()
    try world.add(
      .storageClasses,
      #"{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"manual"},"provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"Immediate"}"#
    )
    try world.add(.persistentVolumes, Self.volume("big", size: "5Gi"))
    try world.add(.persistentVolumes, Self.volume("fits", size: "1Gi"))
    try world.add(.persistentVolumes, Self.volume("small", size: "100Mi"))
    try world.add(.persistentVolumes, Self.volume("other", size: "300Mi", type: "else"))
    try world.add(.persistentVolumeClaims, Self.claim("data", type: "manual"))
    #expect(world.get(.persistentVolumeClaims, "data", as: PersistentVolumeClaim.self)?.spec.volumeName == "fits")
    #expect(phase(world, "data") == "Bound")
    #expect(world.get(.persistentVolumeClaims, "data", as: PersistentVolumeClaim.self)?.status.capacity[.storage] == "1Gi")
    try world.add(.persistentVolumeClaims, Self.claim("many", type: "manual", mode: "ReadWriteMany"))
    #expect(phase(world, "many") == "Pending")
  }

  @Test("a claim in use is not deleted before its pod has gone; its volume then follows the reclaim policy")
  func protection() throws {
    var world = try world()
    try world.add(.persistentVolumeClaims, Self.claim("data"))
    try world.add(.pods, Self.pod("app", claim: "data"))
    world.run(for: 1)
    try world.delete(.persistentVolumeClaims, "data")
    #expect(world.names(.persistentVolumeClaims) == ["data"])
    try world.delete(.pods, "app")
    #expect(world.names(.persistentVolumeClaims).isEmpty)
    #expect(world.names(.persistentVolumes).isEmpty)
  }

  @Test("a retained volume is Released and not bound again")
  func retain() throws {
    var world = try world()
    try world.add(.persistentVolumes, Self.volume("kept", size: "1Gi"))
    try world.add(.persistentVolumeClaims, Self.claim("one", type: "manual"))
    #expect(phase(world, "one") == "Bound")
    try world.delete(.persistentVolumeClaims, "one")
    #expect(world.get(.persistentVolumes, "kept", as: PersistentVolume.self)?.status.phase == "Released")
    try world.add(.persistentVolumeClaims, Self.claim("two", type: "manual"))
    #expect(phase(world, "two") == "Pending")
  }

  @Test("a pod whose claim is missing says so, and goes on once it is there")
  func missingClaim() throws {
    var world = try world()
    try world.add(.pods, Self.pod("app", claim: "later"))
    #expect(
      world.get(.pods, "app", as: Pod.self)?.status.conditions.first?.message
        == #"0/2 nodes are available: persistentvolumeclaim "later" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."#
    )
    try world.add(.persistentVolumeClaims, Self.claim("later"))
    world.run(for: 1)
    #expect(world.get(.pods, "app", as: Pod.self)?.spec.nodeName != nil)
  }
}
