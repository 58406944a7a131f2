import CoreJSON
import CoreStore
import CoreTypes

/// A scope for names.
struct NamespaceResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .namespaces, kind: "Namespace", singular: "namespace", served: [ServedVersion("", "v1", type: "core.v1.Namespace")],
      isNamespaced: false)
    definition.shortNames = ["ns"]
    definition.hasStatus = true
    definition.subresources.append(Subresource("finalize", kind: "Namespace", verbs: ["update"]))
    definition.verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    definition.nameRule = .dnsLabel
    definition.columns = [
      TableCells.name, TableColumn("Status"), TableCells.age,
    ]
    return definition
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var namespace = Namespace(tree: object)
    namespace.status = NamespaceStatus()
    namespace.status.phase = "Active"
    if !namespace.spec.finalizers.values.contains("kubernetes") {
      namespace.spec.finalizers = List(namespace.spec.finalizers.values + ["kubernetes"])
    }
    namespace.metadata.labels["kubernetes.io/metadata.name"] = namespace.metadata.name
    object = namespace.tree
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.spec, old[.spec])
    object.put(.status, old[.status])
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.status][.phase], TableCells.age(object, now)]
  }

  func selectableField(_ path: String, of object: JSON) -> String? {
    path == "status.phase" ? object[.status][.phase].string ?? "" : nil
  }
}
