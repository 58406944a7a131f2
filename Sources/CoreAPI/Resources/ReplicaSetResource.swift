import CoreObjects

/// A number of like pods.
struct ReplicaSetResource: Resource {
  let definition = ResourceDefinition(
    id: .replicaSets, kind: "ReplicaSet", shortNames: ["rs"], categories: ["all"], hasStatus: true,
    namesHosts: true, template: ["spec", "template"], subresources: [.scale],
    columns: TableCells.replicaColumns)

  func setDefaults(_ object: inout JSON) {
    var set = ReplicaSet(tree: object)
    PodSpecDefaults.template(&set.spec.template.spec)
    object = set.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = ReplicaSet(tree: object).spec
    return WorkloadRules.validate(spec.selector, spec.template)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let set = ReplicaSet(tree: object)
    return TableCells.replicas(object, set.spec.template.spec, at: now) + [TableCells.selector(set.spec.selector)]
  }
}
