import CoreObjects

/// A way to make volumes.
struct StorageClassResource: Resource {
  let definition = ResourceDefinition(
    id: .storageClasses, kind: "StorageClass", isNamespaced: false, shortNames: ["sc"],
    columns: [.name, "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", .age])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let type = StorageClass(tree: object)
    let isDefault = type.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true"
    return [
      .string((type.metadata.name ?? "") + (isDefault ? " (default)" : "")), .string(type.provisioner ?? ""),
      .string(type.reclaimPolicy ?? "Delete"),
      .string(type.volumeBindingMode ?? "Immediate"), .bool(type.allowVolumeExpansion ?? false), TableCells.age(object, now),
    ]
  }
}
