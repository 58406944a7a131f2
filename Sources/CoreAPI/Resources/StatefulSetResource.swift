import CoreObjects

/// Pods with a stable name, an order and storage of their own.
struct StatefulSetResource: Resource {
  let definition = ResourceDefinition(
    id: .statefulSets, kind: "StatefulSet", shortNames: ["sts"], categories: ["all"], hasStatus: true,
    template: ["spec", "template"], subresources: [.scale],
    columns: [.name, "Ready", .age, .wide("Containers"), .wide("Images")])

  func setDefaults(_ object: inout JSON) {
    var set = StatefulSet(tree: object)
    PodSpecDefaults.template(&set.spec.template.spec)
    // Who names the strategy says all of it. Source: SetDefaults_StatefulSet, pkg/apis/apps/v1/defaults.go, v1.36.
    let isUnsaid = (set.spec.updateStrategy.type ?? "").isEmpty
    if isUnsaid { set.spec.updateStrategy.type = "RollingUpdate" }
    if isUnsaid || !set.spec.updateStrategy.rollingUpdate.isAbsent, set.spec.updateStrategy.type == "RollingUpdate",
      set.spec.updateStrategy.rollingUpdate.partition == nil
    {
      set.spec.updateStrategy.rollingUpdate.partition = 0
    }
    // Only the gate MaxUnavailableStatefulSet keeps the field, and it is off. Source: dropStatefulSetDisabledFields, v1.36.
    if !set.spec.updateStrategy.rollingUpdate.maxUnavailable.isNull {
      set.spec.updateStrategy.rollingUpdate.tree.remove(.maxUnavailable)
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
    var errors = FieldRules.selector(spec.selector, template: spec.template, "spec.selector")
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
      errors.add(.invalid, "spec.serviceName", value: name, FieldRules.labelText)
    }
    let strategy = spec.updateStrategy
    if !["OnDelete", "RollingUpdate"].contains(strategy.type) {
      errors.add(.invalid, "spec.updateStrategy", value: strategy.tree, "must be of type RollingUpdate or OnDelete")
    }
    if strategy.type == "OnDelete", !strategy.rollingUpdate.isAbsent {
      errors.add(.invalid, "spec.updateStrategy.rollingUpdate", value: strategy.rollingUpdate.tree, "is for RollingUpdate only")
    }
    if let policy = spec.podManagementPolicy, !["OrderedReady", "Parallel"].contains(policy) {
      errors.add(.invalid, "spec.podManagementPolicy", value: policy, "must be OrderedReady or Parallel")
    }
    return errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    let mayChange = [
      Key.replicas, .ordinals, .template, .updateStrategy, .revisionHistoryLimit, .persistentVolumeClaimRetentionPolicy,
      .minReadySeconds,
    ]
    var spec = object[.spec]
    for key in mayChange { spec.put(key, old[.spec][key]) }
    return FieldRules.onlyMayChange(mayChange.map(\.name).joined(separator: ", "), spec, old[.spec])
  }

  func warnings(_ object: JSON) -> [String] {
    let claims = object[.spec][.volumeClaimTemplates].elements.enumerated()
    return PodWarnings(object[.spec][.template], "spec.template").texts
      + claims.flatMap { VolumeWarnings.claim($1, FieldPath("spec.volumeClaimTemplates").index($0)) }
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let set = StatefulSet(tree: object)
    return [
      TableCells.name(object), .string("\(set.status.readyReplicas ?? 0)/\(set.spec.replicas ?? 0)"), TableCells.age(object, now),
    ]
      + TableCells.containers(set.spec.template.spec)
  }
}
