import CoreObjects

/// Which pods go first.
struct PriorityClassResource: Resource {
  let definition = ResourceDefinition(
    id: .priorityClasses, kind: "PriorityClass", isNamespaced: false, shortNames: ["pc"],
    columns: [.name, .number("Value"), TableColumn(name: "Global-Default", type: "boolean"), .age, "PreemptionPolicy"])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [
      TableCells.name(object), object[.value].isNull ? 0 : object[.value], .bool(object[.globalDefault].bool ?? false),
      TableCells.age(object, now),
      .string(object[.preemptionPolicy].string ?? "PreemptLowerPriority"),
    ]
  }
}
