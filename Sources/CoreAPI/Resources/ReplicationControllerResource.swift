import CoreObjects

/// The forerunner of the ReplicaSet.
struct ReplicationControllerResource: Resource {
  let definition = ResourceDefinition(
    id: .replicationControllers, kind: "ReplicationController", shortNames: ["rc"], categories: ["all"], hasStatus: true,
    namesHosts: true, template: ["spec", "template"], subresources: [.scale], columns: TableCells.replicaColumns,
    selectable: ["status.replicas": { .int(Int64($0[.status][.replicas].int ?? 0)) }])

  func setDefaults(_ object: inout JSON) {
    var controller = ReplicationController(tree: object)
    PodSpecDefaults.template(&controller.spec.template.spec)
    if controller.spec.selector.isEmpty { controller.spec.selector = controller.spec.template.metadata.labels }
    if controller.metadata.labels.isEmpty { controller.metadata.labels = controller.spec.template.metadata.labels }
    object = controller.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = ReplicationController(tree: object).spec
    let selector = LabelSelector(tree: spec.selector.isEmpty ? .null : ["matchLabels": spec.selector.tree])
    return WorkloadRules.validate(selector, spec.template)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let controller = ReplicationController(tree: object)
    return TableCells.replicas(object, controller.spec.template.spec, at: now) + [TableCells.labels(controller.spec.selector)]
  }
}
