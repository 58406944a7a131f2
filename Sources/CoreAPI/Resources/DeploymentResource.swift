import CoreObjects

/// ReplicaSets that follow one another.
struct DeploymentResource: Resource {
  let definition = ResourceDefinition(
    id: .deployments, kind: "Deployment", shortNames: ["deploy"], categories: ["all"], hasStatus: true,
    namesHosts: true, template: ["spec", "template"], keptByStatus: [.labels], subresources: [.scale],
    columns: [.name, "Ready", "Up-to-date", "Available", .age, .wide("Containers"), .wide("Images"), .wide("Selector")])

  func setDefaults(_ object: inout JSON) {
    var deployment = Deployment(tree: object)
    PodSpecDefaults.template(&deployment.spec.template.spec)
    if deployment.spec.strategy.type == "RollingUpdate" {
      if deployment.spec.strategy.rollingUpdate.maxUnavailable.isNull {
        deployment.spec.strategy.rollingUpdate.maxUnavailable = "25%"
      }
      if deployment.spec.strategy.rollingUpdate.maxSurge.isNull { deployment.spec.strategy.rollingUpdate.maxSurge = "25%" }
    }
    object = deployment.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = Deployment(tree: object).spec
    var errors = WorkloadRules.validate(spec.selector, spec.template)
    let rolling = spec.strategy.rollingUpdate
    errors += FieldRules.countOrPercent(rolling.maxUnavailable, "spec.strategy.rollingUpdate.maxUnavailable", isPart: true)
    errors += FieldRules.countOrPercent(rolling.maxSurge, "spec.strategy.rollingUpdate.maxSurge")
    if let type = spec.strategy.type, !["Recreate", "RollingUpdate"].contains(type) {
      errors.append(.notSupported("spec.strategy", value: type, supported: ["Recreate", "RollingUpdate"]))
    }
    if spec.strategy.type == "Recreate", !rolling.isAbsent {
      errors.add(.forbidden, "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    }
    let zero: [JSON] = [0, "0%"]
    if zero.contains(rolling.maxUnavailable), zero.contains(rolling.maxSurge) {
      errors.add(
        .invalid, "spec.strategy.rollingUpdate.maxUnavailable", value: rolling.maxUnavailable, "may not be 0 when `maxSurge` is 0"
      )
    }
    if let deadline = spec.progressDeadlineSeconds, deadline <= spec.minReadySeconds ?? 0 {
      errors.add(.invalid, "spec.progressDeadlineSeconds", value: deadline, "must be greater than minReadySeconds")
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let deployment = Deployment(tree: object)
    let status = deployment.status
    return [
      TableCells.name(object), .string("\(status.readyReplicas ?? 0)/\(deployment.spec.replicas ?? 0)"),
      TableCells.number(status.updatedReplicas), TableCells.number(status.availableReplicas), TableCells.age(object, now),
    ] + TableCells.containers(deployment.spec.template.spec) + [TableCells.selector(deployment.spec.selector)]
  }
}
