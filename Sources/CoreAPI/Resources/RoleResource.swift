import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// What may be done.
struct RoleResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .roles, kind: "Role", singular: "role", served: [ServedVersion("rbac.authorization.k8s.io", "v1", type: "rbac.v1.Role")],
      isNamespaced: true)
    definition.nameRule = .pathSegment
    definition.columns = [TableCells.name, TableColumn("Created At", type: "date")]
    return definition
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var errors: [FieldError] = []
    let rules = Role(tree: object).rules
    for index in rules.indices where rules[index].verbs.isEmpty {
      errors.append(
        FieldError(.required, FieldPath("rules").index(index).child("verbs"), detail: "verbs must contain at least one value"))
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
