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

  /// In upstream's order.
  private static let sources: [Key] = [
    .hostPath, .gcePersistentDisk, .awsElasticBlockStore, .glusterfs, .flocker, .nfs, .rbd, .quobyte, .cephfs, .iscsi, .cinder,
    .fc, .flexVolume, .azureFile, .vsphereVolume, .photonPersistentDisk, .portworxVolume, .azureDisk, .scaleIO, .local,
    .storageos,
    .csi,
  ]

  /// Source: ValidatePersistentVolumeSpec, pkg/apis/core/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = PersistentVolume(tree: object).spec
    var rules = RuleSheet()
    if spec.accessModes.isEmpty { rules.refuse(.required, "spec.accessModes", nil, "at least 1 access mode is required") }
    rules.add(VolumeRules.access(spec.accessModes.values, spec.storageClassName))
    if spec.capacity.isEmpty { rules.refuse(.required, "spec.capacity", nil, "say how large the volume is") }
    if spec.capacity[.storage] == nil || spec.capacity.count > 1 {
      rules.refuse(.notSupported, "spec.capacity", spec.capacity.tree, "supported values: \"storage\"")
    }
    for (name, amount) in spec.capacity.sorted where Quantity(amount).map({ $0 <= Quantity(milli: 0) }) == true {
      rules.refuse(.invalid, FieldPath("spec.capacity").key(name), .string(amount), "must be greater than zero")
    }
    rules.one(of: PersistentVolumeResource.sources, spec.tree, "spec", excess: .forbidden, nothing: .required)
    if spec.hostPath.path == "/", spec.persistentVolumeReclaimPolicy == "Recycle" {
      rules.refuse(.forbidden, "spec.persistentVolumeReclaimPolicy", nil, "the whole machine is not recycled")
    }
    if !spec.local.isAbsent, spec.nodeAffinity.required.isAbsent {
      rules.refuse(.required, "spec.nodeAffinity", nil, "a local volume is on a node")
    }
    return rules.errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    let (new, before) = (object[.spec], old[.spec])
    guard PersistentVolumeResource.sources.contains(where: { new[$0] != before[$0] }) else { return [] }
    return [FieldError(.forbidden, "spec.persistentvolumesource", detail: "what a volume is made of does not change")]
  }
}
