import CoreJSON
import CoreStore
import CoreTypes

/// Which volume fits a claim, and what a new one looks like.
enum VolumeMatch {
  /// The smallest available volume of the class with the modes and at least the size.
  static func best(for claim: PersistentVolumeClaim, _ stored: StoredObject, _ store: Store) -> StoredObject? {
    let wanted = claim.spec.resources.requests[.storage].flatMap { Quantity($0) } ?? Quantity(milli: 0)
    let modes = claim.spec.accessModes.values
    var best: (object: StoredObject, size: Quantity)?
    for candidate in store.list(.persistentVolumes) {
      let volume = candidate.view(PersistentVolume.self)
      let reference = volume.spec.claimRef
      let isReserved = reference.name == stored.key.name && reference.namespace == stored.key.namespace
      if !reference.isAbsent, !isReserved || (reference.uid != nil && reference.uid != stored.uid) { continue }
      guard volume.metadata.deletionTimestamp == nil, isReserved || volume.status.phase != "Released",
        (volume.spec.storageClassName ?? "") == (claim.spec.storageClassName ?? ""),
        (volume.spec.volumeMode ?? "Filesystem") == (claim.spec.volumeMode ?? "Filesystem"),
        modes.allSatisfy({ volume.spec.accessModes.values.contains($0) }),
        claim.spec.selector.isAbsent || claim.spec.selector.matches(volume.metadata.labels),
        let size = volume.spec.capacity[.storage].flatMap({ Quantity($0) }), size >= wanted
      else { continue }
      if isReserved { return candidate }
      if best == nil || size < best!.size { best = (candidate, size) }
    }
    return best?.object
  }

  static func reference(to claim: StoredObject) -> ObjectReference {
    var reference = ObjectReference()
    reference.apiVersion = "v1"
    reference.kind = "PersistentVolumeClaim"
    reference.namespace = claim.key.namespace
    reference.name = claim.key.name
    reference.uid = claim.uid
    return reference
  }

  /// A new volume of our class: a directory on the selected node.
  static func provision(for stored: StoredObject, _ claim: PersistentVolumeClaim, _ type: StorageClass, node: String?)
    -> PersistentVolume
  {
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
