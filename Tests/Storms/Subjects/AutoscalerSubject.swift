package import CoreObjects

/// An autoscaler over a StatefulSet or a Deployment, under a load that goes up and down.
package struct AutoscalerSubject: Subject {
  package static let name = "HorizontalPodAutoscaler"
  private let isSet: Bool
  private let window: Int?
  private let least: Int
  private var most: Int
  private var target: ObjectKey { ObjectKey(isSet ? .statefulSets : .deployments, namespace: "default", "w") }
  private let key = ObjectKey(.horizontalPodAutoscalers, namespace: "default", "w")

  package init(random: inout RandomSource) {
    isSet = random.below(2) == 0
    let windows: [Int?] = [nil, 60, 150, 300]
    window = windows[random.below(4)]
    least = 1 + random.below(2)
    most = least + 1 + random.below(4)
  }

  package var manifests: [JSON] { [workload, autoscaler] }

  private var workload: JSON {
    var spec: JSON = [
      "replicas": 1, "selector": ["matchLabels": ["app": "w"]], "template": Templates.pod("w", memory: "100Mi", isProbed: false),
    ]
    if isSet { spec.put(.podManagementPolicy, "Parallel") }
    return [
      "apiVersion": "apps/v1", "kind": isSet ? "StatefulSet" : "Deployment", "metadata": ["name": "w", "namespace": "default"],
      "spec": spec,
    ]
  }

  private var autoscaler: JSON {
    let usage: JSON = ["type": "Utilization", "averageUtilization": 60]
    var spec: JSON = [
      "scaleTargetRef": ["apiVersion": "apps/v1", "kind": isSet ? "StatefulSet" : "Deployment", "name": "w"],
      "minReplicas": .int(Int64(least)), "maxReplicas": .int(Int64(most)),
      "metrics": [["type": "Resource", "resource": ["name": "memory", "target": usage]]],
    ]
    if let window { spec.put(.behavior, ["scaleDown": ["stabilizationWindowSeconds": .int(Int64(window))]]) }
    return [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "w", "namespace": "default"],
      "spec": spec,
    ]
  }

  package var checks: [any Check] {
    [BoundsAreKept(), WindowIsKept(), AutoscalerAtRest(), StatefulSetAtRest(), DeploymentAtRest()]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(autoscaler) }
    guard facts.get(target) != nil else { return .create(workload) }
    let pods = facts.list(.pods)
    switch random.below(12) {
    case 0...5: return .load(mebibytes: [5, 20, 40, 57, 62, 80, 120, 200][random.below(8)])
    case 6: return .patch(target, ["spec": ["replicas": .int(Int64(random.below(most + 2)))]], subresource: "scale")
    case 7:
      most = least + random.below(5)
      return .patch(key, ["spec": ["maxReplicas": .int(Int64(most))]])
    case 8: return .delete(random.below(2) == 0 ? key : target)
    default: return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key)
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    [.create(workload), .create(autoscaler), .patch(target, ["spec": ["replicas": .int(Int64(least))]])]
  }
}
