import CoreObjects

/// Whom a pod acts as.
struct ServiceAccountResource: Resource {
  let definition = ResourceDefinition(
    id: .serviceAccounts, kind: "ServiceAccount", shortNames: ["sa"],
    subresources: [
      Subresource(name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"])
    ],
    columns: [.name, .age])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), TableCells.age(object, now)]
  }
}
