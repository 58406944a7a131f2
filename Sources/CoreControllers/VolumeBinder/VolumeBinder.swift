import CoreJSON
package import CoreStore
package import CoreTypes

/// Binds claims to volumes, makes volumes of our own class, and lets go of both.
/// Source: pkg/controller/volume/persistentvolume and the protection controllers, v1.36.
package struct VolumeBinder: Controller {
  /// The provisioner of the class `standard`: a directory on the node.
  package static let provisioner = "wavetank.dev/local"
  package let name = "persistentvolume-binder"

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .persistentVolumeClaims:
      let claim = change.object.view(PersistentVolumeClaim.self)
      guard let volume = claim.spec.volumeName else { return [key] }
      return [key, ObjectKey(.persistentVolumes, volume)]
    case .persistentVolumes:
      let reference = change.object.view(PersistentVolume.self).spec.claimRef
      if let name = reference.name {
        return [key, ObjectKey(.persistentVolumeClaims, namespace: reference.namespace ?? "", name)]
      }
      return [key] + unbound(snapshot)
    case .storageClasses: return unbound(snapshot)
    case .pods:
      let pod = change.object.view(Pod.self)
      guard change.kind == .deleted || Scheduler.isOver(pod) else { return [] }
      return pod.spec.volumes.compactMap { volume in
        volume.persistentVolumeClaim.claimName.map { ObjectKey(.persistentVolumeClaims, namespace: key.namespace, $0) }
      }
    default: return []
    }
  }

  private func unbound(_ snapshot: Snapshot) -> [ObjectKey] {
    snapshot.store.list(.persistentVolumeClaims).filter { $0.tree[.spec][.volumeName].isNull }.map(\.key)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    return key.resource == .persistentVolumes ? volume(stored, snapshot.store) : claim(stored, snapshot.store)
  }

  private func claim(_ stored: StoredObject, _ store: Store) -> Plan {
    let claim = stored.view(PersistentVolumeClaim.self)
    if claim.metadata.deletionTimestamp != nil {
      return unprotect(stored, claim.metadata, "kubernetes.io/pvc-protection", isUsed(stored, store))
    }
    guard let name = claim.spec.volumeName, !name.isEmpty else { return find(stored, claim, store) }
    guard let volume = store.get(.persistentVolumes, name)?.view(PersistentVolume.self) else {
      if claim.status.phase == "Lost" || claim.status.phase == "Pending" { return Plan() }
      return setPhase(stored, claim, "Lost", nil)
    }
    guard volume.spec.claimRef.uid == stored.uid || volume.spec.claimRef.isAbsent else { return Plan() }
    if claim.status.phase == "Bound" { return Plan() }
    return setPhase(stored, claim, "Bound", volume)
  }

  private func setPhase(_ stored: StoredObject, _ claim: PersistentVolumeClaim, _ phase: String, _ volume: PersistentVolume?)
    -> Plan
  {
    var updated = claim
    updated.status.phase = phase
    if let volume {
      updated.status.accessModes = volume.spec.accessModes
      updated.status.capacity = volume.spec.capacity
    }
    return Plan(changes: [Change(.updateStatus(.persistentVolumeClaims, tree: updated.tree))])
  }

  private func isUsed(_ claim: StoredObject, _ store: Store) -> Bool {
    store.list(.pods, namespace: claim.key.namespace).contains { stored in
      let pod = stored.view(Pod.self)
      return !Scheduler.isOver(pod) && pod.spec.volumes.contains { $0.persistentVolumeClaim.claimName == claim.key.name }
    }
  }

  private func unprotect(_ stored: StoredObject, _ metadata: ObjectMeta, _ finalizer: String, _ isUsed: Bool) -> Plan {
    guard !isUsed, metadata.finalizers.values.contains(finalizer) else { return Plan() }
    var tree = stored.tree
    tree[.metadata].put(.finalizers, .array(metadata.finalizers.values.filter { $0 != finalizer }.map { .string($0) }))
    return Plan(changes: [Change(.update(stored.key.resource, tree: tree))])
  }

  /// A claim without a volume: a free one that fits, else a new one of our class.
  private func find(_ stored: StoredObject, _ claim: PersistentVolumeClaim, _ store: Store) -> Plan {
    if let free = VolumeMatch.best(for: claim, stored, store) { return bind(stored, claim, to: free) }
    let className = claim.spec.storageClassName ?? ""
    guard let type = store.get(.storageClasses, className)?.view(StorageClass.self) else {
      let message =
        className.isEmpty
        ? "no persistent volume fits this claim and no storage class is set" : "storageclass \"\(className)\" not found"
      return tell(stored, .warning, className.isEmpty ? "FailedBinding" : "ProvisioningFailed", message)
    }
    let node = claim.metadata.annotations["volume.kubernetes.io/selected-node"]
    if type.volumeBindingMode == "WaitForFirstConsumer", node == nil {
      return tell(stored, .normal, "WaitForFirstConsumer", "the volume is made once a pod that uses the claim has a node")
    }
    guard type.provisioner == VolumeBinder.provisioner else {
      return tell(
        stored, .normal, "ExternalProvisioning",
        "waiting for provisioner \"\(type.provisioner ?? "")\", which is not part of this cluster")
    }
    let volume = VolumeMatch.provision(for: stored, claim, type, node: node)
    let message = "made volume \(volume.metadata.name ?? "")"
    return Plan(changes: [
      Change(
        .create(.persistentVolumes, namespace: "", tree: volume.tree),
        succeeded: EventDraft(.normal, reason: "ProvisioningSucceeded", message: message, about: stored.tree),
        tolerated: ["AlreadyExists"]),
      bindClaim(stored, claim, volume.metadata.name ?? ""),
    ])
  }

  private func tell(_ stored: StoredObject, _ kind: EventDraft.Kind, _ reason: String, _ message: String) -> Plan {
    Plan(changes: [Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree))])
  }

  private func bind(_ stored: StoredObject, _ claim: PersistentVolumeClaim, to free: StoredObject) -> Plan {
    var volume = free.view(PersistentVolume.self)
    volume.spec.claimRef = VolumeMatch.reference(to: stored)
    volume.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
    return Plan(changes: [Change(.update(.persistentVolumes, tree: volume.tree)), bindClaim(stored, claim, free.key.name)])
  }

  private func bindClaim(_ stored: StoredObject, _ claim: PersistentVolumeClaim, _ volume: String) -> Change {
    var updated = claim
    updated.spec.volumeName = volume
    updated.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
    updated.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
    return Change(.update(.persistentVolumeClaims, tree: updated.tree))
  }

  private func volume(_ stored: StoredObject, _ store: Store) -> Plan {
    let volume = stored.view(PersistentVolume.self)
    let reference = volume.spec.claimRef
    let claim = store.get(.persistentVolumeClaims, namespace: reference.namespace ?? "", reference.name ?? "")
    let isBound = claim != nil && claim?.uid == reference.uid
    if volume.metadata.deletionTimestamp != nil {
      return unprotect(stored, volume.metadata, "kubernetes.io/pv-protection", isBound)
    }
    if reference.isAbsent || (reference.uid ?? "").isEmpty { return setPhase(stored, volume, "Available") }
    if isBound { return setPhase(stored, volume, "Bound") }
    switch volume.spec.persistentVolumeReclaimPolicy {
    case "Delete" where volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == VolumeBinder.provisioner:
      return Plan(changes: [
        Change(.delete(stored.key, uid: stored.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"])
      ])
    default: return setPhase(stored, volume, "Released")
    }
  }

  private func setPhase(_ stored: StoredObject, _ volume: PersistentVolume, _ phase: String) -> Plan {
    if volume.status.phase == phase { return Plan() }
    var updated = volume
    updated.status.phase = phase
    return Plan(changes: [Change(.updateStatus(.persistentVolumes, tree: updated.tree))])
  }
}
