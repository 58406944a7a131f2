import CoreObjects

/// A claim without a class gets the default one. Source: plugin/pkg/admission/storage/storageclass/setdefault, v1.36.
enum StorageClassAdmission {
  private static let mark = Key("storageclass.kubernetes.io/is-default-class")
  private static let legacy = Key("volume.beta.kubernetes.io/storage-class")

  static func admit(_ tree: inout JSON, _ store: Store) {
    guard tree[.spec][.storageClassName].isNull, tree[.metadata][.annotations][legacy].isNull else { return }
    let defaults = store.list(.storageClasses).filter { $0.tree[.metadata][.annotations][mark].string == "true" }
    // The youngest wins, then the name.
    let chosen = defaults.min { left, right in
      let (a, b) = (left.metadata.creationTimestamp ?? "", right.metadata.creationTimestamp ?? "")
      return a == b ? left.key.name < right.key.name : a > b
    }
    if let chosen { tree[.spec].put(.storageClassName, .string(chosen.key.name)) }
  }
}
