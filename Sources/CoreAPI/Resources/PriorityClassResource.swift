import CoreObjects

/// Which pods go first.
struct PriorityClassResource: Resource {
  let definition = ResourceDefinition(
    id: .priorityClasses, kind: "PriorityClass", isNamespaced: false, shortNames: ["pc"],
    columns: [.name, .number("Value"), TableColumn(name: "Global-Default", type: "boolean"), .age, "PreemptionPolicy"])

  private static let highest = 1_000_000_000
  private static let system = ["system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000]

  /// Source: ValidatePriorityClass, pkg/apis/scheduling/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let (name, value) = (object[.metadata][.name].string ?? "", object[.value].int ?? 0)
    var errors: [FieldError] = []
    if name.hasPrefix("system-") {
      if PriorityClassResource.system[name] != value || object[.globalDefault] == true {
        errors.add(.forbidden, "metadata.name", "names that begin with system- are the system's own")
      }
    } else if value > PriorityClassResource.highest {
      errors.add(.forbidden, "value", "must be \(PriorityClassResource.highest) at the most")
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [
      TableCells.name(object), object[.value].isNull ? 0 : object[.value], .bool(object[.globalDefault].bool ?? false),
      TableCells.age(object, now),
      .string(object[.preemptionPolicy].string ?? "PreemptLowerPriority"),
    ]
  }
}
