import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// Pods with a stable name, an order and storage of their own.
struct StatefulSetResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .statefulSets, kind: "StatefulSet", singular: "statefulset",
      served: [ServedVersion("apps", "v1", type: "apps.v1.StatefulSet")], isNamespaced: true)
    definition.shortNames = ["sts"]
    definition.categories = ["all"]
    definition.hasStatus = true
    definition.subresources.append(
      Subresource("scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"]))
    definition.columns = [
      TableCells.name, TableColumn("Ready"), TableCells.age, TableColumn("Containers", priority: 1),
      TableColumn("Images", priority: 1),
    ]
    return definition
  }

  func setDefaults(_ object: inout JSON) {
    var set = StatefulSet(tree: object)
    PodSpecDefaults.template(&set.spec.template.spec)
    if set.spec.updateStrategy.type == nil { set.spec.updateStrategy.type = "RollingUpdate" }
    if set.spec.updateStrategy.type == "RollingUpdate", set.spec.updateStrategy.rollingUpdate.partition == nil {
      set.spec.updateStrategy.rollingUpdate.partition = 0
    }
    // Only the gate MaxUnavailableStatefulSet keeps the field, and it is off. Source: dropStatefulSetDisabledFields, v1.36.
    if !set.spec.updateStrategy.rollingUpdate.maxUnavailable.isNull {
      set.spec.updateStrategy.rollingUpdate.tree.remove(.maxUnavailable)
    }
    if set.spec.persistentVolumeClaimRetentionPolicy.whenDeleted == nil {
      set.spec.persistentVolumeClaimRetentionPolicy.whenDeleted = "Retain"
    }
    if set.spec.persistentVolumeClaimRetentionPolicy.whenScaled == nil {
      set.spec.persistentVolumeClaimRetentionPolicy.whenScaled = "Retain"
    }
    for index in set.spec.volumeClaimTemplates.indices {
      set.spec.volumeClaimTemplates[index].apiVersion = "v1"
      set.spec.volumeClaimTemplates[index].kind = "PersistentVolumeClaim"
      set.spec.volumeClaimTemplates[index].status.phase = "Pending"
    }
    object = set.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = StatefulSet(tree: object).spec
    var errors =
      FieldRules.atLeast(0, spec.replicas, "spec.replicas") + FieldRules.atLeast(0, spec.minReadySeconds, "spec.minReadySeconds")
    errors += FieldRules.atLeast(0, spec.ordinals.start, "spec.ordinals.start")
    errors += FieldRules.atLeast(0, spec.updateStrategy.rollingUpdate.partition, "spec.updateStrategy.rollingUpdate.partition")
    errors += FieldRules.selector(spec.selector, template: spec.template, "spec.selector")
    var template = spec.template.spec
    let names = Set(template.volumes.map { $0.name ?? "" })
    for claim in spec.volumeClaimTemplates where !names.contains(claim.metadata.name ?? "") {
      var volume = Volume()
      volume.name = claim.metadata.name
      volume.emptyDir = EmptyDirVolumeSource()
      template.volumes.append(volume)
    }
    errors += PodSpecRules.validate(template, "spec.template.spec") + WorkloadRules.restartsAlways(template)
    if let name = spec.serviceName, !name.isEmpty, !FieldRules.isSubdomain(name) {
      errors.append(FieldError(.invalid, "spec.serviceName", value: .string(name), detail: FieldRules.labelText))
    }
    return errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var new = StatefulSet(tree: object)
    let before = StatefulSet(tree: old)
    for key in [
      Key.replicas, .ordinals, .template, .updateStrategy, .revisionHistoryLimit, .persistentVolumeClaimRetentionPolicy,
      .minReadySeconds,
    ] {
      new.tree[.spec].put(key, before.tree[.spec][key])
    }
    if new.spec == before.spec { return [] }
    return [
      FieldError(
        .forbidden, "spec",
        detail:
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
      )
    ]
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let set = StatefulSet(tree: object)
    return [
      TableCells.name(object), .string("\(set.status.readyReplicas ?? 0)/\(set.spec.replicas ?? 0)"), TableCells.age(object, now),
    ]
      + TableCells.containers(set.spec.template.spec)
  }
}
