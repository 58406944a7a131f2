package import CoreObjects

/// One Deployment behind a Service.
package struct DeploymentSubject: Subject {
  package static let name = "Deployment"
  private let strategy: JSON
  private let minReadySeconds: Int
  private var replicas: Int
  private let key = ObjectKey(.deployments, namespace: "default", "d")

  package init(random: inout RandomSource) {
    let steps: [(JSON, JSON)] = [(1, 0), (0, 1), (1, 1), (2, 0), ("25%", "25%"), ("50%", 0)]
    let (surge, unavailable) = steps[random.below(steps.count)]
    strategy =
      random.below(6) == 0
      ? ["type": "Recreate"] : ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": surge, "maxUnavailable": unavailable]]
    minReadySeconds = random.below(3) == 0 ? 6 : 0
    replicas = 1 + random.below(5)
  }

  package var manifests: [JSON] {
    let ports: JSON = [["port": 80]]
    let service: JSON = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "d", "namespace": "default"],
      "spec": ["selector": ["app": "d"], "ports": ports],
    ]
    return [service, manifest]
  }

  private var manifest: JSON {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d", "namespace": "default"],
      "spec": [
        "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": "d"]], "strategy": strategy,
        "minReadySeconds": .int(Int64(minReadySeconds)), "revisionHistoryLimit": 2, "progressDeadlineSeconds": 120,
        "template": Templates.pod("d"),
      ],
    ]
  }

  package var checks: [any Check] {
    [
      NoPodTooMany(), SurgeIsKept(), AvailabilityIsKept(), ReplicasAtRest(), DeploymentAtRest(), EndpointsAtRest(),
      NoPodWaitsInVain(),
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(manifest) }
    let pods = facts.list(.pods)
    switch random.below(14) {
    case 0, 1, 2:
      replicas = random.below(6)
      return .patch(key, ["spec": ["replicas": .int(Int64(replicas))]], subresource: random.below(2) == 0 ? "scale" : "")
    case 3...7: return .patch(key, Templates.annotation(random.below(3)))
    case 8, 9:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 10: return .delete(key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    case 11: return .patch(key, ["spec": ["paused": .bool(random.below(2) == 0)]])
    case 12: return .patch(key, Templates.image(random.below(2) == 0 ? "app" : "missing"))
    default:
      guard let pod = pods.first else { return nil }
      return .patch(pod.key, ["metadata": ["labels": ["app": random.below(2) == 0 ? "d" : "released"]]])
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    var acts: [StormAct] = [.create(manifest), .patch(key, Templates.image("app"))]
    acts.append(.patch(key, ["spec": ["paused": false, "replicas": .int(Int64(replicas))]]))
    // What was released runs on, and what is broken and not the Deployment's any more stays so: the user takes it away.
    for pod in facts.list(.pods) where pod.metadata.labels["app"] == "released" { acts.append(.delete(pod.key)) }
    return acts
  }
}
