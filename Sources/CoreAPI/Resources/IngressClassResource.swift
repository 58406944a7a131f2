import CoreObjects

/// A kind of Ingresses, and who serves them.
struct IngressClassResource: Resource {
  let definition = ResourceDefinition(
    id: .ingressClasses, kind: "IngressClass", isNamespaced: false, countsChanges: true,
    columns: [.name, "Controller", "Parameters", .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    IngressRules.validate(IngressClass(tree: object).spec)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = IngressClass(tree: object).spec
    let parameters = spec.parameters
    let kind = (parameters.kind ?? "") + (parameters.apiGroup.map { "." + $0 } ?? "")
    return [
      TableCells.name(object), .string(spec.controller ?? ""),
      .string(parameters.isAbsent ? "<none>" : kind + "/" + (parameters.name ?? "")), TableCells.age(object, now),
    ]
  }
}
