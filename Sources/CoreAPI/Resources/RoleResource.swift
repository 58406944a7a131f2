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

  /// Source: ValidatePolicyRule, pkg/apis/rbac/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, rule) in Role(tree: object).rules.enumerated() {
      let at = FieldPath("rules").index(index)
      let parts = [(rule.apiGroups, at.child("apiGroups")), (rule.resources, at.child("resources"))]
      if rule.verbs.isEmpty { errors.add(.required, at.child("verbs"), "verbs must contain at least one value") }
      if rule.nonResourceURLs.isEmpty {
        for (part, path) in parts where part.isEmpty { errors.add(.required, path, "a rule of resources names it") }
      } else if definition.isNamespaced || !rule.resourceNames.isEmpty || parts.contains(where: { !$0.0.isEmpty }) {
        let detail = "paths have rules of their own, in ClusterRoles"
        errors.add(.invalid, at.child("nonResourceURLs"), value: rule.nonResourceURLs.tree, detail)
      }
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
