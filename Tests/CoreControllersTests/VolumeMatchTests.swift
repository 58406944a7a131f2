import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Volume binder: which volume a claim gets")
struct VolumeMatchTests {
  private func world() throws -> World {
    var world = World(VolumeBinder())
    try world.addClass("manual", provisioner: "kubernetes.io/no-provisioner", waits: false)
    return world
  }

  @Test("a selector, a mode of the volume and an access mode must fit as well as class and size")
  func demands() throws {
    var world = try world()
    try world.addVolume("plain", size: "1Gi")
    try world.addVolume("labelled", size: "2Gi", labels: #"{"disk":"ssd"}"#)
    try world.addVolume("block", size: "1Gi", spec: #""volumeMode":"Block","#)
    try world.addVolume("many", size: "3Gi", mode: "ReadWriteMany")
    try world.addClaim("select", type: "manual", spec: #""selector":{"matchLabels":{"disk":"ssd"}},"#)
    #expect(world.state(ofClaim: "select") == "Bound labelled")
    try world.addClaim("device", type: "manual", spec: #""volumeMode":"Block","#)
    #expect(world.state(ofClaim: "device") == "Bound block")
    try world.addClaim("shared", type: "manual", mode: "ReadWriteMany")
    #expect(world.state(ofClaim: "shared") == "Bound many")
    #expect(world.claim("shared").status.accessModes.values == ["ReadWriteMany"])
    try world.addClaim("large", size: "2Gi", type: "manual")
    #expect(world.state(ofClaim: "large") == "Pending -")
    #expect(world.events.last == "ProvisioningFailed large: no free volume fits this claim, and its class makes none")
  }

  @Test("a volume that comes later is bound to the claim that waits; both sides name each other")
  func later() throws {
    var world = try world()
    try world.addClaim("data", type: "manual")
    #expect(world.state(ofClaim: "data") == "Pending -")
    try world.addVolume("disk")
    #expect(world.state(ofClaim: "data") == "Bound disk")
    let volume = world.volume("disk")
    #expect(volume.status.phase == "Bound")
    #expect(volume.spec.claimRef.uid == world.claim("data").metadata.uid)
    #expect(volume.metadata.annotations["pv.kubernetes.io/bound-by-controller"] == "yes")
    #expect(volume.status.lastPhaseTransitionTime != nil)
  }

  @Test("a claim that names its volume gets that one, or says why not")
  func byName() throws {
    var world = try world()
    try world.addClaim("data", type: "manual", spec: #""volumeName":"wanted","#)
    #expect(world.events.last == #"FailedBinding data: the volume "wanted" that this claim names is not there"#)
    try world.addVolume("other")
    #expect(world.state(ofClaim: "data") == "Pending wanted")
    try world.addVolume("wanted", size: "5Gi")
    world.run(for: 1)
    #expect(world.volume("other").status.phase == "Available")
    try world.addClaim("again", type: "manual", spec: #""volumeName":"other","#)
    #expect(world.state(ofClaim: "again") == "Bound other")
    #expect(world.claim("again").metadata.annotations["pv.kubernetes.io/bound-by-controller"] == nil)
    try world.addClaim("late", type: "manual", spec: #""volumeName":"other","#)
    #expect(world.events.last == #"FailedBinding late: the volume "other" already belongs to another claim"#)
    try world.addVolume("tiny", size: "1Mi")
    try world.addClaim("misfit", type: "manual", spec: #""volumeName":"tiny","#)
    #expect(world.reasons.last == "VolumeMismatch")
    #expect(world.state(ofClaim: "misfit") == "Pending tiny")
  }

  @Test("a claim that names a volume is bound when that volume comes")
  func byNameLater() throws {
    var world = try world()
    try world.addClaim("data", type: "manual", spec: #""volumeName":"wanted","#)
    try world.addVolume("wanted", size: "5Gi")
    #expect(world.state(ofClaim: "data") == "Bound wanted")
  }

  @Test("a volume written for a claim is kept for it, whatever its class, and for nobody else")
  func reserved() throws {
    var world = try world()
    try world.addVolume("kept", type: "special", spec: #""claimRef":{"name":"mine","namespace":"default"},"#)
    #expect(world.volume("kept").status.phase == "Available")
    try world.addClaim("yours", type: "special")
    #expect(world.state(ofClaim: "yours") == "Pending -")
    try world.addClaim("mine", type: "manual")
    #expect(world.state(ofClaim: "mine") == "Bound kept")
  }

  @Test("a claim without a class gets the default class, the newest of several; one with an empty class gets none")
  func defaultClass() throws {
    var world = try world()
    try world.addClaim("early", type: nil)
    #expect(world.reasons.last == "FailedBinding")
    try world.addClass("first", waits: false, annotations: #"{"storageclass.kubernetes.io/is-default-class":"true"}"#)
    #expect(world.claim("early").spec.storageClassName == "first")
    #expect(world.claim("early").status.phase == "Bound")
    world.run(for: 5)
    try world.addClass("second", waits: false, annotations: #"{"storageclass.kubernetes.io/is-default-class":"true"}"#)
    try world.addClaim("late", type: nil)
    #expect(world.claim("late").spec.storageClassName == "second")
    try world.addClaim("none", type: "")
    #expect(world.state(ofClaim: "none") == "Pending -")
    #expect(world.reasons.last == "FailedBinding")
  }

  @Test("a claim whose class is missing, or whose provisioner is not here, says so")
  func noProvisioner() throws {
    var world = try world()
    try world.addClaim("lost", type: "nowhere")
    #expect(world.events.last == #"ProvisioningFailed lost: storageclass.storage.k8s.io "nowhere" not found"#)
    try world.addClass("cloud", provisioner: "ebs.csi.aws.com", waits: false)
    try world.addClaim("far", type: "cloud")
    #expect(world.reasons.last == "ExternalProvisioning")
    #expect(world.state(ofClaim: "far") == "Pending -")
  }

  @Test("a claim that has lost its volume is Lost, with an event")
  func lost() throws {
    var world = try world()
    try world.addVolume("disk")
    try world.addClaim("data", type: "manual")
    try world.delete(.persistentVolumes, "disk")
    // Protected as long as the claim has it.
    #expect(world.names(.persistentVolumes) == ["disk"])
    try world.patch(.persistentVolumes, "disk", #"{"metadata":{"finalizers":null}}"#)
    #expect(world.names(.persistentVolumes).isEmpty)
    #expect(world.state(ofClaim: "data") == "Lost disk")
    #expect(world.reasons.last == "ClaimLost")
  }

  @Test("Retain keeps a released volume, which is free again once its claimRef is removed")
  func retain() throws {
    var world = try world()
    try world.addVolume("disk")
    try world.addClaim("one", type: "manual")
    try world.delete(.persistentVolumeClaims, "one")
    #expect(world.volume("disk").status.phase == "Released")
    try world.addClaim("two", type: "manual")
    #expect(world.state(ofClaim: "two") == "Pending -")
    try world.patch(.persistentVolumes, "disk", #"{"spec":{"claimRef":null}}"#)
    #expect(world.state(ofClaim: "two") == "Bound disk")
  }

  @Test("a claim of the same name is another claim: its predecessor's volume is not its own")
  func sameName() throws {
    var world = try world()
    try world.addVolume("disk")
    try world.addClaim("one", type: "manual")
    try world.delete(.persistentVolumeClaims, "one")
    try world.addClaim("one", type: "manual")
    #expect(world.state(ofClaim: "one") == "Pending -")
    #expect(world.volume("disk").status.phase == "Released")
  }

  @Test("policy Delete removes what the cluster made, and calls a volume made by hand Failed")
  func deletes() throws {
    var world = try world()
    try world.addClass("made", waits: false)
    try world.addClaim("data", type: "made")
    #expect(world.names(.persistentVolumes).count == 1)
    try world.delete(.persistentVolumeClaims, "data")
    #expect(world.names(.persistentVolumes).isEmpty)
    try world.addVolume("hand", policy: "Delete")
    try world.addClaim("one", type: "manual")
    try world.delete(.persistentVolumeClaims, "one")
    #expect(world.volume("hand").status.phase == "Failed")
    #expect(world.reasons.last == "VolumeFailedDelete")
  }

  @Test("a claim that asks for more grows where its class allows it, and only there", arguments: [true, false])
  func expansion(isAllowed: Bool) throws {
    var world = try world()
    try world.addClass("made", waits: false, more: #""allowVolumeExpansion":\#(isAllowed),"#)
    try world.addClaim("data", size: "300Mi", type: "made")
    try world.patch(.persistentVolumeClaims, "data", #"{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}"#)
    let size = isAllowed ? "1Gi" : "300Mi"
    #expect(world.claim("data").status.capacity[.storage] == size)
    #expect(world.store.list(.persistentVolumes).first?.view(PersistentVolume.self).spec.capacity[.storage] == size)
    #expect(world.reasons.contains("VolumeResizeSuccessful") == isAllowed)
  }
}
