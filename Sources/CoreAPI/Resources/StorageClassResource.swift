import CoreObjects

/// A way to make volumes.
struct StorageClassResource: Resource {
  let definition = ResourceDefinition(
    id: .storageClasses, kind: "StorageClass", isNamespaced: false, shortNames: ["sc"],
    columns: [.name, "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", .age])

  /// Source: ValidateStorageClass, pkg/apis/storage/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let provisioner = object[.provisioner].string ?? ""
    if !provisioner.isEmpty, let problem = NameRules.qualifiedNameProblem(provisioner.lowercased()) {
      rules.refuse(.invalid, "provisioner", object[.provisioner], problem)
    }
    if let policy = object[.reclaimPolicy].string, !["Delete", "Retain"].contains(policy) {
      rules.add([.notSupported("reclaimPolicy", value: policy, supported: ["Delete", "Retain"])])
    }
    return rules.errors
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
