import CoreObjects

/// How many pods may be away by choice.
struct PodDisruptionBudgetResource: Resource {
  let definition = ResourceDefinition(
    id: .podDisruptionBudgets, kind: "PodDisruptionBudget", shortNames: ["pdb"], hasStatus: true,
    columns: [.name, "Min Available", "Max Unavailable", .number("Allowed Disruptions"), .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = PodDisruptionBudget(tree: object).spec
    var errors: [FieldError] = []
    if !spec.minAvailable.isNull, !spec.maxUnavailable.isNull {
      errors.add(.invalid, "spec", value: spec.tree, "minAvailable and maxUnavailable cannot be both set")
    }
    return errors + FieldRules.countOrPercent(spec.minAvailable, "spec.minAvailable", isPart: true)
      + FieldRules.countOrPercent(spec.maxUnavailable, "spec.maxUnavailable", isPart: true)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let budget = PodDisruptionBudget(tree: object)
    func text(_ value: JSON) -> JSON { value.string.map { .string($0) } ?? value.int.map { .string(String($0)) } ?? "N/A" }
    return [
      TableCells.name(object), text(budget.spec.minAvailable), text(budget.spec.maxUnavailable),
      TableCells.number(budget.status.disruptionsAllowed), TableCells.age(object, now),
    ]
  }
}
