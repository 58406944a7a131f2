import CoreObjects

/// What may be done, in a namespace or in the whole cluster.
struct RoleResource: Resource {
  static let namespaced = RoleResource(.roles, kind: "Role", isNamespaced: true)
  static let cluster = RoleResource(.clusterRoles, kind: "ClusterRole", isNamespaced: false)
  let definition: ResourceDefinition

  private init(_ id: ResourceID, kind: String, isNamespaced: Bool) {
    definition = ResourceDefinition(
      id: id, kind: kind, isNamespaced: isNamespaced, columns: [.name, TableColumn(name: "Created At", type: "date")],
      nameRule: .pathSegment)
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var errors: [FieldError] = []
    let rules = Role(tree: object).rules
    for index in rules.indices where rules[index].verbs.isEmpty {
      errors.add(.required, FieldPath("rules").index(index).child("verbs"), "verbs must contain at least one value")
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
