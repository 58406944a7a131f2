import CoreObjects

/// Replicas that follow a metric. Stored as autoscaling/v2; v1 keeps what it has no field for in annotations.
struct HorizontalPodAutoscalerResource: Resource {
  let definition = ResourceDefinition(
    id: .horizontalPodAutoscalers, kind: "HorizontalPodAutoscaler",
    served: [
      ServedVersion(group: "autoscaling", version: "v2", typeName: "autoscaling.v2.HorizontalPodAutoscaler"),
      ServedVersion(group: "autoscaling", version: "v1", typeName: "autoscaling.v1.HorizontalPodAutoscaler"),
    ], shortNames: ["hpa"], categories: ["all"], hasStatus: true,
    columns: [.name, "Reference", "Targets", "MinPods", "MaxPods", "Replicas", .age])

  /// Source: pkg/apis/autoscaling/v2/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    var autoscaler = HorizontalPodAutoscaler(tree: object)
    if autoscaler.spec.metrics.isEmpty {
      autoscaler.spec.metrics = List([
        MetricSpec(tree: [
          "type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
        ])
      ])
    }
    if !autoscaler.spec.behavior.isAbsent {
      autoscaler.spec.behavior.scaleUp = HPABehaviorDefaults.up(autoscaler.spec.behavior.scaleUp)
      autoscaler.spec.behavior.scaleDown = HPABehaviorDefaults.down(autoscaler.spec.behavior.scaleDown)
    }
    object = autoscaler.tree
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) { object.remove(.status) }

  private func allowsZero(_ object: JSON, _ context: WriteContext) -> Bool {
    context.store.get(ObjectKey(definition.id, of: object))?.view(HorizontalPodAutoscaler.self).spec.minReplicas == 0
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = HorizontalPodAutoscaler(tree: object).spec
    var errors: [FieldError] = []
    // Those that were made while the feature was on keep what they have.
    let floor = context.featureGates.contains(.hpaScaleToZero) || allowsZero(object, context) ? 0 : 1
    if let least = spec.minReplicas, least < floor {
      errors.add(.invalid, "spec.minReplicas", value: least, "must be greater than or equal to \(floor)")
    }
    if spec.minReplicas == 0, !spec.metrics.contains(where: { $0.type == "Object" || $0.type == "External" }) {
      errors.add(.forbidden, "spec.metrics", "without a pod only a metric of type Object or External can be read")
    }
    let most = spec.maxReplicas ?? 0
    if most == 0 { errors.add(.required, "spec.maxReplicas") }
    errors += FieldRules.atLeast(0, most, "spec.maxReplicas")
    if let least = spec.minReplicas, most < least {
      errors.add(.invalid, "spec.maxReplicas", value: most, "must be greater than or equal to `minReplicas`")
    }
    let target = spec.scaleTargetRef
    errors += MetricRules.reference(target, "spec.scaleTargetRef")
    // Those that were made before v1.35 stay as they are.
    let stored = context.store.get(ObjectKey(definition.id, of: object))?.view(HorizontalPodAutoscaler.self)
    if !MetricRules.namesGroup(target), stored.map({ MetricRules.namesGroup($0.spec.scaleTargetRef) }) != false {
      errors.add(
        .invalid, "spec.scaleTargetRef.apiVersion", value: target.apiVersion ?? "", "name the group and its version: apps/v1")
    }
    for index in spec.metrics.indices {
      errors += MetricRules.validate(spec.metrics[index], FieldPath("spec.metrics").index(index))
    }
    let behavior = FieldPath("spec.behavior")
    errors += MetricRules.validate(spec.behavior.scaleUp, behavior.child("scaleUp"))
    return errors + MetricRules.validate(spec.behavior.scaleDown, behavior.child("scaleDown"))
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let autoscaler = HorizontalPodAutoscaler(tree: object)
    let target = autoscaler.spec.scaleTargetRef
    return [
      TableCells.name(object), .string("\(target.kind ?? "")/\(target.name ?? "")"), .string(AutoscalerTargets.text(autoscaler)),
      .string(autoscaler.spec.minReplicas.map(String.init) ?? "<unset>"), TableCells.number(autoscaler.spec.maxReplicas),
      TableCells.number(autoscaler.status.currentReplicas), TableCells.age(object, now),
    ]
  }

  func convert(_ object: JSON, from: ServedVersion, to: ServedVersion) -> JSON {
    if from.version == to.version { return object }
    return to.version == "v1" ? AutoscalerConversion.toV1(object) : AutoscalerConversion.fromV1(object)
  }
}

/// What a direction without rules does. Source: pkg/apis/autoscaling/v2/defaults.go, v1.36.
enum HPABehaviorDefaults {
  private static let percent = HPAScalingPolicy.make(type: "Percent", value: 100, periodSeconds: 15)

  static func up(_ given: HPAScalingRules) -> HPAScalingRules {
    var rules = given
    if rules.stabilizationWindowSeconds == nil { rules.stabilizationWindowSeconds = 0 }
    if rules.selectPolicy == nil { rules.selectPolicy = "Max" }
    if rules.policies.isAbsent { rules.policies = List([.make(type: "Pods", value: 4, periodSeconds: 15), percent]) }
    return rules
  }

  static func down(_ given: HPAScalingRules) -> HPAScalingRules {
    var rules = given
    if rules.selectPolicy == nil { rules.selectPolicy = "Max" }
    if rules.policies.isAbsent { rules.policies = List([percent]) }
    return rules
  }
}
