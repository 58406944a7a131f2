import CoreObjects

/// A wish for storage.
struct PersistentVolumeClaimResource: Resource {
  let definition = ResourceDefinition(
    id: .persistentVolumeClaims, kind: "PersistentVolumeClaim", shortNames: ["pvc"], hasStatus: true,
    columns: [
      .name, "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", .age, .wide("VolumeMode"),
    ])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let claim = PersistentVolumeClaim(tree: object)
    let bound = claim.spec.volumeName != nil
    let phase = claim.metadata.deletionTimestamp != nil ? "Terminating" : claim.status.phase ?? ""
    return [
      TableCells.name(object), .string(phase), .string(claim.spec.volumeName ?? ""),
      .string(bound ? claim.status.capacity[.storage] ?? "" : ""),
      .string(bound ? TableCells.accessModes(claim.status.accessModes) : ""),
      .string(claim.spec.storageClassName ?? ""), .string(claim.spec.volumeAttributesClassName ?? "<unset>"),
      TableCells.age(object, now),
      .string(claim.spec.volumeMode ?? "<unset>"),
    ]
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var claim = PersistentVolumeClaim(tree: object)
    claim.status = PersistentVolumeClaimStatus()
    claim.status.phase = "Pending"
    normalizeSources(&claim.spec)
    if !claim.metadata.finalizers.values.contains("kubernetes.io/pvc-protection") {
      claim.metadata.finalizers = List(claim.metadata.finalizers.values + ["kubernetes.io/pvc-protection"])
    }
    object = claim.tree
  }

  /// The two names of where the data comes from say the same. Source: NormalizeDataSources, pkg/registry/core/persistentvolumeclaim.
  private func normalizeSources(_ spec: inout PersistentVolumeClaimSpec) {
    if !spec.dataSource.isAbsent, spec.dataSourceRef.isAbsent {
      spec.dataSourceRef = TypedObjectReference(tree: spec.dataSource.tree)
    } else if spec.dataSource.isAbsent, !spec.dataSourceRef.isAbsent, spec.dataSourceRef.namespace == nil {
      spec.dataSource = TypedLocalObjectReference(tree: spec.dataSourceRef.tree)
    }
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.status, old[.status])
    try admitExpansion(PersistentVolumeClaim(tree: object), PersistentVolumeClaim(tree: old), context.store)
  }

  /// A claim grows once it is bound, if its class allows that. Source: plugin/pkg/admission/storage/persistentvolume/resize, v1.36.
  private func admitExpansion(_ claim: PersistentVolumeClaim, _ old: PersistentVolumeClaim, _ store: Store) throws(APIError) {
    func size(_ claim: PersistentVolumeClaim) -> Quantity? { claim.spec.resources.requests[.storage].flatMap { Quantity($0) } }
    guard let wanted = size(claim), let present = size(old), wanted > present else { return }
    let name = claim.metadata.name ?? ""
    guard old.status.phase == "Bound" else {
      throw .forbidden(.persistentVolumeClaims, name, "only a bound claim can be made larger")
    }
    let type = old.spec.storageClassName.flatMap { store.get(.storageClasses, $0)?.view(StorageClass.self) }
    guard type?.allowVolumeExpansion == true else {
      throw .forbidden(
        .persistentVolumeClaims, name,
        "storage class \"\(old.spec.storageClassName ?? "")\" does not allow claims to be made larger (allowVolumeExpansion)")
    }
  }

  func warnings(_ object: JSON) -> [String] { VolumeWarnings.claim(object) }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let claim = PersistentVolumeClaim(tree: object)
    var errors: [FieldError] = []
    if claim.spec.accessModes.isEmpty { errors.add(.required, "spec.accessModes", "at least 1 access mode is required") }
    errors += VolumeRules.access(claim.spec.accessModes.values, claim.spec.storageClassName)
    guard let size = claim.spec.resources.requests[.storage] else {
      return errors + [FieldError(.required, "spec.resources[storage]", detail: "say how much storage is wanted")]
    }
    if let amount = Quantity(size), amount <= Quantity(milli: 0) {
      errors.add(.invalid, "spec.resources.requests[storage]", value: size, "must be greater than zero")
    }
    return errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var new = PersistentVolumeClaim(tree: object)
    let before = PersistentVolumeClaim(tree: old)
    let (size, was) = (new.spec.resources.requests[.storage], before.spec.resources.requests[.storage])
    if before.spec.volumeName == nil { new.spec.volumeName = nil }
    if before.spec.storageClassName == nil { new.spec.storageClassName = nil }
    if before.status.phase == "Bound" {
      new.spec.resources.requests[.storage] = was
      new.spec.volumeAttributesClassName = before.spec.volumeAttributesClassName
    }
    var errors: [FieldError] = []
    if new.spec != before.spec { errors.add(.forbidden, "spec", "spec is immutable after creation except resources.requests") }
    // A growth that failed may be taken back, down to what is there.
    let there = before.status.capacity[.storage].flatMap { Quantity($0) } ?? Quantity(value: 0)
    if let size, let was, let now = Quantity(size), let then = Quantity(was), now < then, now <= there {
      errors.add(.forbidden, "spec.resources.requests.storage", "a claim does not shrink below its capacity of \(there)")
    }
    return errors
  }
}
