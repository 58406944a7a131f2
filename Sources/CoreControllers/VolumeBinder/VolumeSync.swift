import CoreObjects

/// One volume: its phase, and its end by the reclaim policy.
/// Source: syncVolume, pkg/controller/volume/persistentvolume/pv_controller.go, v1.36.
struct VolumeSync {
  private let stored: StoredObject
  private let volume: PersistentVolume
  private let store: Store
  private let now: Instant

  init(_ stored: StoredObject, _ store: Store, _ now: Instant) {
    self.stored = stored
    volume = stored.view(PersistentVolume.self)
    self.store = store
    self.now = now
  }

  func plan() -> Plan {
    let reference = volume.spec.claimRef
    let claim = store.get(.persistentVolumeClaims, namespace: reference.namespace ?? "", reference.name ?? "")
    let own = claim?.uid == reference.uid ? claim?.view(PersistentVolumeClaim.self) : nil
    if volume.metadata.deletionTimestamp != nil {
      return own == nil ? VolumeBinder.unprotect(stored, "kubernetes.io/pv-protection") : Plan()
    }
    // Without a UID it is kept for a claim that may come.
    if reference.isAbsent || (reference.uid ?? "").isEmpty { return Plan(changes: setPhase("Available")) }
    guard let own else { return reclaim() }
    switch own.spec.volumeName ?? "" {
    case stored.key.name: return Plan(changes: setPhase("Bound"))
    case "": return Plan()
    default: return letGo()
    }
  }

  /// The claim has taken another volume.
  private func letGo() -> Plan {
    if isOurs, volume.spec.persistentVolumeReclaimPolicy == "Delete" { return Plan(changes: [delete]) }
    guard volume.metadata.annotations["pv.kubernetes.io/bound-by-controller"] != nil else {
      // Written by hand: kept for the claim of that name.
      var kept = volume
      kept.spec.claimRef.uid = nil
      return Plan(changes: [Change(.update(.persistentVolumes, tree: kept.tree))])
    }
    var free = volume
    free.spec.claimRef = ObjectReference(tree: .null)
    free.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = nil
    return Plan(changes: [Change(.update(.persistentVolumes, tree: free.tree))])
  }

  private func reclaim() -> Plan {
    guard volume.spec.persistentVolumeReclaimPolicy == "Delete" else { return Plan(changes: setPhase("Released")) }
    if isOurs { return Plan(changes: setPhase("Released") + [delete]) }
    let message = "nothing in this cluster deletes volumes of this kind; set the reclaim policy to Retain or delete it by hand"
    var changes = setPhase("Failed", message)
    if !changes.isEmpty {
      changes[0].succeeded = stored.event(.warning, "VolumeFailedDelete", message)
    }
    return Plan(changes: changes)
  }

  private var isOurs: Bool { volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == VolumeBinder.provisioner }

  private var delete: Change {
    .delete(stored)
  }

  private func setPhase(_ phase: String, _ message: String? = nil) -> [Change] {
    if volume.status.phase == phase { return [] }
    var updated = volume
    updated.status.phase = phase
    updated.status.message = message
    updated.status.lastPhaseTransitionTime = now.rfc3339
    return [Change(.updateStatus(.persistentVolumes, tree: updated.tree))]
  }
}
