import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// A way to make volumes.
struct StorageClassResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .storageClasses, kind: "StorageClass", singular: "storageclass",
      served: [ServedVersion("storage.k8s.io", "v1", type: "storage.v1.StorageClass")], isNamespaced: false)
    definition.shortNames = ["sc"]
    definition.columns = [
      TableCells.name, TableColumn("Provisioner"), TableColumn("ReclaimPolicy"), TableColumn("VolumeBindingMode"),
      TableColumn("AllowVolumeExpansion"), TableCells.age,
    ]
    return definition
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    FieldRules.immutable(object[.provisioner], old[.provisioner], "provisioner")
      + FieldRules.immutable(object[.reclaimPolicy], old[.reclaimPolicy], "reclaimPolicy")
      + FieldRules.immutable(object[.volumeBindingMode], old[.volumeBindingMode], "volumeBindingMode")
  }

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
