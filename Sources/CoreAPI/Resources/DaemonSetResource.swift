import CoreObjects

/// One pod on every node.
struct DaemonSetResource: Resource {
  let definition = ResourceDefinition(
    id: .daemonSets, kind: "DaemonSet", shortNames: ["ds"], categories: ["all"], hasStatus: true, template: ["spec", "template"],
    columns: [
      .name, .number("Desired"), .number("Current"), .number("Ready"), .number("Up-to-date"), .number("Available"),
      "Node Selector", .age, .wide("Containers"), .wide("Images"), .wide("Selector"),
    ])

  func setDefaults(_ object: inout JSON) {
    var set = DaemonSet(tree: object)
    PodSpecDefaults.template(&set.spec.template.spec)
    if set.spec.updateStrategy.type == "RollingUpdate" {
      if set.spec.updateStrategy.rollingUpdate.maxUnavailable.isNull { set.spec.updateStrategy.rollingUpdate.maxUnavailable = 1 }
      if set.spec.updateStrategy.rollingUpdate.maxSurge.isNull { set.spec.updateStrategy.rollingUpdate.maxSurge = 0 }
    }
    // Counted up by `prepareForUpdate`.
    if set.metadata.annotations[DaemonSetResource.templateGeneration] == nil {
      set.metadata.annotations[DaemonSetResource.templateGeneration] = "1"
    }
    object = set.tree
  }

  /// Counts the changes of the template in an annotation, as the first API of DaemonSets did in a field.
  /// Source: pkg/apis/apps/v1/conversion.go, v1.36.
  private static let templateGeneration: Key = "deprecated.daemonset.template.generation"

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object.remove(.status)
    object[.metadata].put(.generation, 1)
    object[.metadata][.annotations].put(DaemonSetResource.templateGeneration, "1")
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.status, old[.status])
    keepGeneration(&object, old: old)
    let count = old[.metadata][.annotations][DaemonSetResource.templateGeneration].string.flatMap { Int($0) } ?? 1
    let isChanged = object[.spec][.template] != old[.spec][.template]
    object[.metadata][.annotations].put(DaemonSetResource.templateGeneration, .string(String(isChanged ? count + 1 : count)))
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let set = DaemonSet(tree: object)
    return WorkloadRules.validate(set.spec.selector, set.spec.template, namesSelector: false) + pace(set.spec.updateStrategy)
  }

  /// Source: ValidateRollingUpdateDaemonSet, pkg/apis/apps/validation, v1.36.
  private func pace(_ strategy: DaemonSetUpdateStrategy) -> [FieldError] {
    guard strategy.type == "RollingUpdate" else { return [] }
    let (away, surge) = (strategy.rollingUpdate.maxUnavailable, strategy.rollingUpdate.maxSurge)
    let path = FieldPath("spec.updateStrategy.rollingUpdate")
    var errors = FieldRules.countOrPercent(away, path.child("maxUnavailable"), isPart: true)
    errors += FieldRules.countOrPercent(surge, path.child("maxSurge"), isPart: true)
    let zero: [JSON] = [0, "0%"]
    switch (zero.contains(away), zero.contains(surge)) {
    case (false, false): errors.add(.invalid, path.child("maxSurge"), value: surge, "may not be set while maxUnavailable is")
    case (true, true): errors.add(.required, path.child("maxUnavailable"), "cannot be 0 while maxSurge is")
    default: break
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let set = DaemonSet(tree: object)
    let numbers = [
      set.status.desiredNumberScheduled, set.status.currentNumberScheduled, set.status.numberReady,
      set.status.updatedNumberScheduled, set.status.numberAvailable,
    ].map(TableCells.number)
    return [TableCells.name(object)] + numbers + [
      TableCells.labels(set.spec.template.spec.nodeSelector), TableCells.age(object, now),
    ]
      + TableCells.containers(set.spec.template.spec) + [TableCells.selector(set.spec.selector)]
  }
}
