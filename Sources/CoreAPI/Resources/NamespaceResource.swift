import CoreObjects

/// A scope for names.
struct NamespaceResource: Resource {
  let definition = ResourceDefinition(
    id: .namespaces, kind: "Namespace", isNamespaced: false, shortNames: ["ns"],
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"], hasStatus: true,
    subresources: [Subresource(name: "finalize", kind: "Namespace", verbs: ["update"])],
    columns: [.name, "Status", .age],
    selectable: ["status.phase": { $0[.status][.phase] }], nameRule: .dnsLabel)

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var namespace = Namespace(tree: object)
    namespace.status = NamespaceStatus()
    namespace.status.phase = "Active"
    if !namespace.spec.finalizers.values.contains("kubernetes") {
      namespace.spec.finalizers = List(namespace.spec.finalizers.values + ["kubernetes"])
    }
    object = namespace.tree
    putName(&object)
  }

  /// Selectors of namespaces find each by its name, whatever its owner writes. Source: pkg/apis/core/v1/defaults.go, v1.36.
  private func putName(_ object: inout JSON) {
    var namespace = Namespace(tree: object)
    namespace.metadata.labels["kubernetes.io/metadata.name"] = namespace.metadata.name
    object = namespace.tree
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.spec, old[.spec])
    object.put(.status, old[.status])
    putName(&object)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.status][.phase], TableCells.age(object, now)]
  }
}
