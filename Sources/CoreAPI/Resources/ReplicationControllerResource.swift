import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// The forerunner of the ReplicaSet.
struct ReplicationControllerResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .replicationControllers, kind: "ReplicationController", singular: "replicationcontroller",
      served: [ServedVersion("", "v1", type: "core.v1.ReplicationController")], isNamespaced: true)
    definition.shortNames = ["rc"]
    definition.categories = ["all"]
    definition.hasStatus = true
    definition.subresources.append(
      Subresource("scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"]))
    definition.columns = [
      TableCells.name, TableColumn("Desired", type: "integer"), TableColumn("Current", type: "integer"),
      TableColumn("Ready", type: "integer"), TableCells.age, TableColumn("Containers", priority: 1),
      TableColumn("Images", priority: 1), TableColumn("Selector", priority: 1),
    ]
    return definition
  }

  func setDefaults(_ object: inout JSON) {
    var controller = ReplicationController(tree: object)
    PodSpecDefaults.template(&controller.spec.template.spec)
    if controller.spec.replicas == nil { controller.spec.replicas = 1 }
    if controller.spec.selector.isEmpty { controller.spec.selector = controller.spec.template.metadata.labels }
    if controller.metadata.labels.isEmpty { controller.metadata.labels = controller.spec.template.metadata.labels }
    object = controller.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = ReplicationController(tree: object).spec
    let selector = LabelSelector(tree: spec.selector.isEmpty ? .null : ["matchLabels": spec.selector.tree])
    return FieldRules.atLeast(0, spec.replicas, "spec.replicas")
      + FieldRules.atLeast(0, spec.minReadySeconds, "spec.minReadySeconds")
      + FieldRules.selector(selector, template: spec.template, "spec.selector")
      + PodSpecRules.validate(spec.template.spec, "spec.template.spec") + WorkloadRules.restartsAlways(spec.template.spec)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let controller = ReplicationController(tree: object)
    return [
      TableCells.name(object), .int(Int64(controller.spec.replicas ?? 0)), .int(Int64(controller.status.replicas ?? 0)),
      .int(Int64(controller.status.readyReplicas ?? 0)), TableCells.age(object, now),
    ] + TableCells.containers(controller.spec.template.spec) + [TableCells.labels(controller.spec.selector)]
  }
}
