import CoreJSON
import CoreStore
import CoreTypes

/// Whom a pod acts as.
struct ServiceAccountResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .serviceAccounts, kind: "ServiceAccount", singular: "serviceaccount",
      served: [ServedVersion("", "v1", type: "core.v1.ServiceAccount")], isNamespaced: true)
    definition.shortNames = ["sa"]
    definition.subresources.append(
      Subresource("token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"]))
    definition.columns = [
      TableCells.name, TableCells.age,
    ]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), TableCells.age(object, now)]
  }
}
