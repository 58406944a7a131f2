import CoreObjects

/// One claim: finds it a volume, or has one made, and keeps its status.
/// Source: syncClaim, pkg/controller/volume/persistentvolume/pv_controller.go, v1.36.
struct ClaimSync {
  private let stored: StoredObject
  private let claim: PersistentVolumeClaim
  private let store: Store

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    claim = stored.view(PersistentVolumeClaim.self)
    self.store = store
  }

  func plan() -> Plan {
    if claim.metadata.deletionTimestamp != nil {
      return isUsed ? Plan() : VolumeBinder.unprotect(stored, "kubernetes.io/pvc-protection")
    }
    if claim.metadata.annotations["pv.kubernetes.io/bind-completed"] != nil { return bound() }
    if let name = claim.spec.volumeName, !name.isEmpty { return bindNamed(name) }
    return find()
  }

  /// A pod without a node has nothing mounted.
  private var isUsed: Bool {
    store.list(.pods, namespace: stored.key.namespace).contains { other in
      let pod = other.view(Pod.self)
      return ClusterUsage.place(of: pod) != nil && ClusterUsage.claims(of: pod).contains(stored.key)
    }
  }

  // MARK: bound claims

  private func bound() -> Plan {
    let name = claim.spec.volumeName ?? ""
    guard let object = store.get(.persistentVolumes, name) else {
      return markLost("ClaimLost", "the volume \"\(name)\" of this claim is gone, and what was on it")
    }
    let volume = object.view(PersistentVolume.self)
    if volume.spec.claimRef.isAbsent { return Plan(changes: [VolumeMatch.reserve(object, for: stored)]) }
    guard volume.spec.claimRef.uid == stored.uid else {
      return markLost("ClaimMisbound", "two claims are bound to the volume \"\(name)\"; this one has lost it")
    }
    if claim.status.phase == "Bound" { return expand(object, volume) }
    return Plan(changes: [report(volume.spec.capacity, volume)])
  }

  private func report(_ capacity: TextMap, _ volume: PersistentVolume) -> Change {
    var updated = claim
    updated.status.phase = "Bound"
    updated.status.accessModes = volume.spec.accessModes
    updated.status.capacity = capacity
    return Change(.updateStatus(.persistentVolumeClaims, tree: updated.tree))
  }

  private func markLost(_ reason: String, _ message: String) -> Plan {
    if claim.status.phase == "Lost" { return Plan() }
    var updated = claim
    updated.status.phase = "Lost"
    updated.status.accessModes = List(tree: .null)
    updated.status.capacity = TextMap(tree: .null)
    return Plan(changes: [
      Change(
        .updateStatus(.persistentVolumeClaims, tree: updated.tree),
        succeeded: stored.event(.warning, reason, message))
    ])
  }

  /// A claim that requests more than it has. If its class allows it, a volume of ours is enlarged by writing the new size: its
  /// directory has no size of its own.
  private func expand(_ object: StoredObject, _ volume: PersistentVolume) -> Plan {
    let wanted = VolumeMatch.wanted(stored)
    func amount(_ capacity: TextMap) -> Quantity { capacity[.storage].flatMap { Quantity($0) } ?? Quantity(milli: 0) }
    guard amount(claim.status.capacity) < wanted else { return Plan() }
    if amount(volume.spec.capacity) >= wanted {
      // A volume that was larger from the start is not growing.
      return amount(claim.status.capacity) == amount(volume.spec.capacity)
        ? Plan() : Plan(changes: [report(volume.spec.capacity, volume)])
    }
    let type = claim.spec.storageClassName.flatMap { store.get(.storageClasses, $0)?.view(StorageClass.self) }
    guard type?.allowVolumeExpansion == true else { return Plan() }
    guard volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == VolumeBinder.provisioner else {
      return record(.normal, "ExternalExpanding", "waits for whoever makes volumes of this kind to enlarge it")
    }
    var larger = volume
    larger.spec.capacity[.storage] = claim.spec.resources.requests[.storage]
    let event = stored.event(
      .normal, "VolumeResizeSuccessful", "the volume now has \(claim.spec.resources.requests[.storage] ?? "")")
    return Plan(changes: [
      Change(.update(.persistentVolumes, tree: larger.tree), succeeded: event), report(larger.spec.capacity, larger),
    ])
  }

  // MARK: unbound claims

  /// The claim names its volume.
  private func bindNamed(_ name: String) -> Plan {
    guard let object = store.get(.persistentVolumes, name) else {
      return record(.warning, "FailedBinding", "the volume \"\(name)\" that this claim names is not there")
    }
    let volume = object.view(PersistentVolume.self)
    if VolumeMatch.isReserved(volume, for: stored) { return bind(to: object) }
    guard volume.spec.claimRef.isAbsent else {
      return record(.warning, "FailedBinding", "the volume \"\(name)\" already belongs to another claim")
    }
    if let mismatch = VolumeMatch.mismatch(volume, stored) {
      return record(.warning, "VolumeMismatch", "cannot bind to the volume \"\(name)\" that this claim names: \(mismatch)")
    }
    return bind(to: object)
  }

  /// A volume that is kept for the claim, else a free one that fits, else a new one of our class. A class that waits for the
  /// first consumer leaves the choice among free volumes to the scheduler.
  private func find() -> Plan {
    let type = claim.spec.storageClassName.flatMap { store.get(.storageClasses, $0)?.view(StorageClass.self) }
    let isDelayed = type?.volumeBindingMode == "WaitForFirstConsumer"
    if let reserved = VolumeMatch.reserved(for: stored, store) { return bind(to: reserved) }
    if !isDelayed, let free = VolumeMatch.candidates(for: stored, store).first { return bind(to: free) }
    guard let className = claim.spec.storageClassName else { return assignDefaultClass() }
    if className.isEmpty {
      return record(.normal, "FailedBinding", "no free volume fits this claim, and it names no storage class that could make one")
    }
    guard let type else {
      return record(.warning, "ProvisioningFailed", "storageclass.storage.k8s.io \"\(className)\" not found")
    }
    let node = claim.metadata.annotations["volume.kubernetes.io/selected-node"]
    if isDelayed, (node ?? "").isEmpty {
      return record(.normal, "WaitForFirstConsumer", "a volume is bound once a pod that uses the claim has a node")
    }
    switch type.provisioner {
    case VolumeBinder.provisioner: return provision(type, node)
    case VolumeBinder.noProvisioner:
      return record(.warning, "ProvisioningFailed", "no free volume fits this claim, and its class makes none")
    default:
      return record(
        .normal, "ExternalProvisioning",
        "waits for the provisioner \"\(type.provisioner ?? "")\", which is not part of this cluster")
    }
  }

  private func assignDefaultClass() -> Plan {
    let standard = store.list(.storageClasses).filter {
      $0.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true"
    }.max { ($0.metadata.creationTimestamp ?? "", $1.key.name) < ($1.metadata.creationTimestamp ?? "", $0.key.name) }
    guard let standard else {
      return record(.normal, "FailedBinding", "no free volume fits this claim, and there is no default storage class")
    }
    var updated = claim
    updated.spec.storageClassName = standard.key.name
    return Plan(changes: [Change(.update(.persistentVolumeClaims, tree: updated.tree))])
  }

  private func provision(_ type: StorageClass, _ node: String?) -> Plan {
    let volume = VolumeMatch.provision(for: stored, type, node: node)
    let name = volume.metadata.name ?? ""
    var provisioned = claim
    provisioned.metadata.annotations["volume.kubernetes.io/storage-provisioner"] = VolumeBinder.provisioner
    return Plan(changes: [
      Change(
        .create(.persistentVolumes, namespace: "", tree: volume.tree),
        succeeded: stored.event(.normal, "ProvisioningSucceeded", "made volume \(name)"),
        tolerated: Change.untilThere),
      complete(provisioned, name),
    ])
  }

  private func record(_ kind: EventDraft.Kind, _ reason: String, _ message: String) -> Plan {
    Plan(changes: [.event(kind, reason, message, about: stored)])
  }

  private func bind(to object: StoredObject) -> Plan {
    let isOwn = object.view(PersistentVolume.self).spec.claimRef.uid == stored.uid
    return Plan(changes: (isOwn ? [] : [VolumeMatch.reserve(object, for: stored)]) + [complete(claim, object.key.name)])
  }

  private func complete(_ claim: PersistentVolumeClaim, _ volume: String) -> Change {
    var updated = claim
    // Who chose: a name that a person wrote stays after the volume is let go.
    if (updated.spec.volumeName ?? "").isEmpty { updated.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes" }
    updated.spec.volumeName = volume
    updated.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
    return Change(.update(.persistentVolumeClaims, tree: updated.tree))
  }
}
