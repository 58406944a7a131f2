import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// Which pods go first.
struct PriorityClassResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .priorityClasses, kind: "PriorityClass", singular: "priorityclass",
      served: [ServedVersion("scheduling.k8s.io", "v1", type: "scheduling.v1.PriorityClass")], isNamespaced: false)
    definition.shortNames = ["pc"]
    definition.columns = [
      TableCells.name, TableColumn("Value", type: "integer"), TableColumn("Global-Default", type: "boolean"), TableCells.age,
      TableColumn("PreemptionPolicy"),
    ]
    return definition
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    FieldRules.immutable(object[.value], old[.value], "value")
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [
      TableCells.name(object), object[.value].isNull ? 0 : object[.value], .bool(object[.globalDefault].bool ?? false),
      TableCells.age(object, now),
      .string(object[.preemptionPolicy].string ?? "PreemptLowerPriority"),
    ]
  }
}
