import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// A number of like pods.
struct ReplicaSetResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .replicaSets, kind: "ReplicaSet", singular: "replicaset", served: [ServedVersion("apps", "v1", type: "apps.v1.ReplicaSet")],
      isNamespaced: true)
    definition.shortNames = ["rs"]
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
    var set = ReplicaSet(tree: object)
    PodSpecDefaults.template(&set.spec.template.spec)
    if set.spec.replicas == nil { set.spec.replicas = 1 }
    object = set.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = ReplicaSet(tree: object).spec
    return FieldRules.atLeast(0, spec.replicas, "spec.replicas")
      + FieldRules.atLeast(0, spec.minReadySeconds, "spec.minReadySeconds")
      + FieldRules.selector(spec.selector, template: spec.template, "spec.selector")
      + PodSpecRules.validate(spec.template.spec, "spec.template.spec") + WorkloadRules.restartsAlways(spec.template.spec)
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    FieldRules.immutable(object[.spec][.selector], old[.spec][.selector], "spec.selector")
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let set = ReplicaSet(tree: object)
    return [
      TableCells.name(object), .int(Int64(set.spec.replicas ?? 0)), .int(Int64(set.status.replicas ?? 0)),
      .int(Int64(set.status.readyReplicas ?? 0)), TableCells.age(object, now),
    ] + TableCells.containers(set.spec.template.spec) + [TableCells.selector(set.spec.selector)]
  }
}
