import CoreObjects

/// Which volume fits a claim. Source: FindMatchingVolume, k8s.io/component-helpers/storage/volume/pv_helpers.go, v0.36.
enum VolumeMatch {
  static func wanted(_ claim: StoredObject) -> Quantity {
    claim.view(PersistentVolumeClaim.self).spec.resources.requests[.storage].flatMap { Quantity($0) } ?? Quantity(milli: 0)
  }

  private static func size(_ volume: PersistentVolume) -> Quantity {
    volume.spec.capacity[.storage].flatMap { Quantity($0) } ?? Quantity(milli: 0)
  }

  /// Whether a volume names this claim as its own, with its UID or, written by hand, without.
  static func isReserved(_ volume: PersistentVolume, for claim: StoredObject) -> Bool {
    let reference = volume.spec.claimRef
    guard reference.name == claim.key.name, reference.namespace == claim.key.namespace else { return false }
    return (reference.uid ?? "").isEmpty || reference.uid == claim.uid
  }

  /// The volume that names the claim and is large enough; its class and modes are for whoever wrote the name.
  static func reserved(for claim: StoredObject, _ store: Store) -> StoredObject? {
    store.list(.persistentVolumes).first { candidate in
      let volume = candidate.view(PersistentVolume.self)
      return isReserved(volume, for: claim) && volume.metadata.deletionTimestamp == nil && size(volume) >= wanted(claim)
    }
  }

  /// Available volumes of the class with the modes, the labels and at least the size; the smallest first.
  static func candidates(for claim: StoredObject, _ store: Store) -> [StoredObject] {
    store.list(.persistentVolumes).filter { candidate in
      let volume = candidate.view(PersistentVolume.self)
      return volume.spec.claimRef.isAbsent && volume.status.phase == "Available" && volume.metadata.deletionTimestamp == nil
        && mismatch(volume, claim) == nil
    }.map { (volume: $0, size: size($0.view(PersistentVolume.self))) }
      .sorted { ($0.size, $0.volume.key) < ($1.size, $1.volume.key) }.map(\.volume)
  }

  /// What keeps a volume from serving a claim.
  static func mismatch(_ volume: PersistentVolume, _ stored: StoredObject) -> String? {
    let claim = stored.view(PersistentVolumeClaim.self)
    if size(volume) < wanted(stored) { return "the volume is smaller than the claim asks for" }
    if (volume.spec.storageClassName ?? "") != (claim.spec.storageClassName ?? "") { return "the storage classes differ" }
    if (volume.spec.volumeMode ?? "Filesystem") != (claim.spec.volumeMode ?? "Filesystem") { return "the volume modes differ" }
    if (volume.spec.volumeAttributesClassName ?? "") != (claim.spec.volumeAttributesClassName ?? "") {
      return "the volume attributes classes differ"
    }
    let modes = volume.spec.accessModes.values
    if !claim.spec.accessModes.values.allSatisfy({ modes.contains($0) }) { return "the volume lacks an access mode" }
    if !claim.spec.selector.isAbsent, !claim.spec.selector.matches(volume.metadata.labels) {
      return "the claim's selector does not match the volume's labels"
    }
    return nil
  }

  /// Writes a claim into a volume: nobody else gets it.
  static func reserve(_ stored: StoredObject, for claim: StoredObject) -> Change {
    var volume = stored.view(PersistentVolume.self)
    if volume.spec.claimRef.isAbsent { volume.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes" }
    volume.spec.claimRef = reference(to: claim)
    return Change(.update(.persistentVolumes, tree: volume.tree))
  }

  static func reference(to claim: StoredObject) -> ObjectReference {
    .make(
      apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: claim.key.namespace, name: claim.key.name, uid: claim.uid)
  }

  /// A new volume of our class: a directory on the selected node.
  static func provision(for stored: StoredObject, _ type: StorageClass, node: String?) -> PersistentVolume {
    let claim = stored.view(PersistentVolumeClaim.self)
    var volume = PersistentVolume()
    volume.apiVersion = "v1"
    volume.kind = "PersistentVolume"
    volume.metadata.name = "pvc-" + stored.uid
    volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] = VolumeBinder.provisioner
    volume.spec.accessModes = claim.spec.accessModes
    volume.spec.capacity[.storage] = claim.spec.resources.requests[.storage]
    volume.spec.claimRef = reference(to: stored)
    volume.spec.persistentVolumeReclaimPolicy = type.reclaimPolicy ?? "Delete"
    volume.spec.storageClassName = type.metadata.name
    volume.spec.volumeMode = claim.spec.volumeMode ?? "Filesystem"
    volume.spec.mountOptions = type.mountOptions
    volume.spec.hostPath.path = "/var/lib/wavetank/volumes/pvc-" + stored.uid
    volume.spec.hostPath.type = "DirectoryOrCreate"
    if let node {
      volume.spec.nodeAffinity.required = NodeSelector(tree: [
        "nodeSelectorTerms": [
          ["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": [.string(node)]]]]
        ]
      ])
    }
    return volume
  }
}
