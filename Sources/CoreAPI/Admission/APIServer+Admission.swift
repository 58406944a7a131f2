import CoreJSON
import CoreStore
import CoreTypes

/// What is looked at and filled in between defaults and validation. The plugins that upstream enables, as far as they concern us.
extension APIServer {
  /// Namespace lifecycle: the namespace exists and is not on its way out.
  func admitNamespace(_ namespace: String, _ id: ResourceID, _ name: String) throws(APIError) {
    guard let found = store.get(.namespaces, namespace) else { throw .notFound(.namespaces, namespace) }
    guard found.tree[.metadata][.deletionTimestamp].isNull, !found.tree[.status][.phase].isText("Terminating") else {
      var error = APIError.forbidden(
        id, name, "unable to create new content in namespace \(namespace) because it is being terminated")
      error.causes = [
        APIError.Cause(
          reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated", field: "metadata.namespace")
      ]
      throw error
    }
  }

  mutating func admitCreate(_ tree: inout JSON, _ id: ResourceID, namespace: String, _ options: WriteOptions) throws(APIError) {
    switch id {
    case .pods:
      var pod = Pod(tree: tree)
      tree = .null
      try PriorityAdmission.admit(&pod, store)
      LimitRangeAdmission.admit(&pod, store.list(.limitRanges, namespace: namespace))
      try ServiceAccountAdmission.admit(&pod, namespace: namespace, store, suffix: options.isDryRun ? "xxxxx" : random.suffix())
      TolerationAdmission.admit(&pod)
      tree = pod.tree
    case .persistentVolumeClaims: StorageClassAdmission.admit(&tree, store)
    default: break
    }
  }

  func admitUpdate(_ tree: inout JSON, _ old: JSON, _ id: ResourceID, _ options: WriteOptions) throws(APIError) {
    guard id == .pods else { return }
    // Resolved at creation; a client that applies its manifest again does not know them.
    for key in [Key.priority, .preemptionPolicy] where tree[.spec][key].isNull { tree[.spec].put(key, old[.spec][key]) }
  }
}
