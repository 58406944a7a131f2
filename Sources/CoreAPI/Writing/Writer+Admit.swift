import CoreObjects

/// What is filled in and looked at between decoding and validation: defaults, and the plugins that upstream enables, as far as they
/// concern us.
extension Writer {
  func admitNamespace(_ draft: Draft) throws(APIError) {
    if draft.served.definition.isNamespaced { try admitNamespace(draft.namespace, draft.resource, draft.name) }
  }

  /// Namespace lifecycle: the namespace exists and is not on its way out.
  func admitNamespace(_ namespace: String, _ resource: ResourceID, _ name: String) throws(APIError) {
    guard let found = store.get(.namespaces, namespace) else { throw .notFound(.namespaces, namespace) }
    guard found.tree[.metadata][.deletionTimestamp].isNull, !found.tree[.status][.phase].isText("Terminating") else {
      var error = APIError.forbidden(
        resource, name, "unable to create new content in namespace \(namespace) because it is being terminated")
      error.causes = [
        APIError.Cause(
          reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated", field: "metadata.namespace")
      ]
      throw error
    }
  }

  /// The schema's defaults and those of the kind.
  func setDefaults(_ draft: inout Draft) {
    if let type = draft.schema { Schema.shared.setDefaults(&draft.tree, type) }
    draft.served.resource.setDefaults(&draft.tree)
  }

  /// What the kind always has, however little was given.
  func writeZeros(_ draft: inout Draft) { if let type = draft.schema { Schema.shared.writeZeros(&draft.tree, type) } }

  /// The same for a status alone.
  func writeZeros(ofStatus status: inout JSON, _ draft: Draft) {
    if let type = draft.schema?.field(.status)?.shape.elementType { Schema.shared.writeZeros(&status, type) }
  }

  mutating func admitCreate(_ draft: inout Draft) throws(APIError) {
    switch draft.resource {
    case .pods:
      var pod = Pod(tree: draft.takeTree())
      try PriorityAdmission.admit(&pod, store)
      try RuntimeClassAdmission.admit(&pod, store)
      LimitRangeAdmission.admit(&pod, store.list(.limitRanges, namespace: draft.namespace))
      let suffix = draft.actor.isDryRun ? "xxxxx" : random.suffix()
      try ServiceAccountAdmission.admit(&pod, namespace: draft.namespace, store, suffix: suffix)
      TolerationAdmission.admit(&pod)
      draft.tree = pod.tree
    case .secrets: fillTokenSecret(&draft)
    case .persistentVolumeClaims: DefaultClassAdmission.storage.admit(&draft.tree, store)
    case .ingresses: DefaultClassAdmission.ingress.admit(&draft.tree, store)
    default: break
    }
  }

  /// Only a RuntimeClass gives a pod an overhead.
  /// Source: validateOverhead, plugin/pkg/admission/runtimeclass/admission.go, v1.36.
  func checkOverhead(_ draft: Draft) throws(APIError) {
    let spec = draft.tree[.spec]
    guard draft.resource == .pods, !spec[.overhead].members.isEmpty, spec[.runtimeClassName].isNull else { return }
    throw .forbidden(draft.served.requestID, draft.name, "the overhead of a pod comes from its RuntimeClass, and it names none")
  }

  mutating func admitReplace(_ draft: inout Draft, _ old: StoredObject) {
    if draft.resource == .secrets { fillTokenSecret(&draft) }
    guard draft.resource == .pods, draft.scope == .object else { return }
    // Resolved at creation; a client that applies its manifest again does not know them.
    for key in [Key.priority, .preemptionPolicy] where draft.tree[.spec][key].isNull {
      draft.tree[.spec].put(key, old.tree[.spec][key])
    }
  }
}
