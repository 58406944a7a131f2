import CoreObjects

/// A piece of storage.
struct PersistentVolumeResource: Resource {
  let definition = ResourceDefinition(
    id: .persistentVolumes, kind: "PersistentVolume", isNamespaced: false, shortNames: ["pv"], hasStatus: true,
    columns: [
      .name, "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass", "VolumeAttributesClass", "Reason",
      .age, .wide("VolumeMode"),
    ])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let volume = PersistentVolume(tree: object)
    let claim = volume.spec.claimRef
    let phase = volume.metadata.deletionTimestamp != nil ? "Terminating" : volume.status.phase ?? ""
    return [
      TableCells.name(object), .string(volume.spec.capacity[.storage] ?? ""),
      .string(TableCells.accessModes(volume.spec.accessModes)),
      .string(volume.spec.persistentVolumeReclaimPolicy ?? ""), .string(phase),
      .string(claim.isAbsent ? "" : "\(claim.namespace ?? "")/\(claim.name ?? "")"), .string(volume.spec.storageClassName ?? ""),
      .string(volume.spec.volumeAttributesClassName ?? "<unset>"), .string(volume.status.reason ?? ""),
      TableCells.age(object, now),
      .string(volume.spec.volumeMode ?? "<unset>"),
    ]
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var volume = PersistentVolume(tree: object)
    volume.status = PersistentVolumeStatus()
    volume.status.phase = "Pending"
    volume.status.lastPhaseTransitionTime = context.now.rfc3339
    if !volume.metadata.finalizers.values.contains("kubernetes.io/pv-protection") {
      volume.metadata.finalizers = List(volume.metadata.finalizers.values + ["kubernetes.io/pv-protection"])
    }
    object = volume.tree
  }

  /// Source: pkg/registry/core/persistentvolume/strategy.go, v1.36.
  func completeStatus(_ status: inout JSON, old: JSON, at now: Instant) {
    let time = Key.lastPhaseTransitionTime
    guard status[.phase] != old[.phase], status[time].isNull || status[time] == old[time] else { return }
    status.put(time, .string(now.rfc3339))
  }

  func warnings(_ object: JSON) -> [String] { VolumeWarnings.volume(object) }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let volume = PersistentVolume(tree: object)
    var errors: [FieldError] = []
    if volume.spec.accessModes.isEmpty { errors.add(.required, "spec.accessModes", "at least 1 access mode is required") }
    if volume.spec.capacity[.storage] == nil { errors.add(.required, "spec.capacity[storage]", "say how large the volume is") }
    return errors
  }
}
