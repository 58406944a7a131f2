import CoreObjects

/// A new object without a class gets the default one.
/// Source: plugin/pkg/admission/storage/storageclass/setdefault and plugin/pkg/admission/network/defaultingressclass, v1.36.
struct DefaultClassAdmission {
  static let storage = DefaultClassAdmission(
    classes: .storageClasses, field: .storageClassName, mark: "storageclass.kubernetes.io/is-default-class",
    legacy: "volume.beta.kubernetes.io/storage-class")
  static let ingress = DefaultClassAdmission(
    classes: .ingressClasses, field: .ingressClassName, mark: "ingressclass.kubernetes.io/is-default-class",
    legacy: "kubernetes.io/ingress.class")

  let classes: ResourceID
  /// Of the spec: the name of the class.
  let field: Key
  /// The annotation that makes a class the default one.
  let mark: Key
  /// The annotation that named the class before the field was there.
  let legacy: Key

  func admit(_ tree: inout JSON, _ store: Store) {
    guard tree[.spec][field].isNull, tree[.metadata][.annotations][legacy].isNull else { return }
    let defaults = store.list(classes).filter { $0.tree[.metadata][.annotations][mark].string == "true" }
    // The youngest wins, then the name.
    let chosen = defaults.min { left, right in
      let (a, b) = (left.metadata.creationTimestamp ?? "", right.metadata.creationTimestamp ?? "")
      return a == b ? left.key.name < right.key.name : a > b
    }
    if let chosen { tree[.spec].put(field, .string(chosen.key.name)) }
  }
}
