package import CoreObjects

/// One DaemonSet on three nodes, of which one is tainted.
package struct DaemonSetSubject: Subject {
  package static let name = "DaemonSet"
  private let strategy: JSON
  private let isSelective: Bool
  private let toleratesControlPlane: Bool
  private let minReadySeconds: Int
  private let key = ObjectKey(.daemonSets, namespace: "default", "d")

  package init(random: inout RandomSource) {
    switch random.below(6) {
    case 0: strategy = ["type": "OnDelete"]
    case 1, 2: strategy = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]
    case 3: strategy = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 2]]
    default: strategy = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1]]
    }
    isSelective = random.below(3) == 0
    toleratesControlPlane = random.below(2) == 0
    minReadySeconds = random.below(3) == 0 ? 6 : 0
  }

  package var manifests: [JSON] { [manifest] }

  private var manifest: JSON {
    var template = Templates.pod("d")
    if isSelective { template[.spec].put(.nodeSelector, ["daemon": "yes"]) }
    if toleratesControlPlane {
      template[.spec].put(
        .tolerations, [["key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"]])
    }
    return [
      "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["name": "d", "namespace": "default"],
      "spec": [
        "selector": ["matchLabels": ["app": "d"]], "updateStrategy": strategy, "template": template,
        "minReadySeconds": .int(Int64(minReadySeconds)),
      ],
    ]
  }

  package var checks: [any Check] { [OneDaemonPerNode(), DaemonsStayAvailable(), DaemonSetAtRest()] }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(manifest) }
    let pods = facts.list(.pods)
    switch random.below(10) {
    case 0...3: return .patch(key, Templates.annotation(random.below(3)))
    case 4, 5:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 6: return .delete(key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    case 7: return .patch(key, Templates.image(random.below(2) == 0 ? "app" : "missing"))
    case 8:
      return .patch(
        ObjectKey(.nodes, "n\(random.below(3))"), ["metadata": ["labels": ["daemon": random.below(2) == 0 ? "yes" : "no"]]])
    default: return .patch(ObjectKey(.nodes, "n\(1 + random.below(2))"), ["spec": ["unschedulable": .bool(random.below(2) == 0)]])
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    var acts: [StormAct] = [.create(manifest), .patch(key, Templates.image("app"))]
    acts += facts.list(.nodes).map {
      .patch($0.key, ["spec": ["unschedulable": false], "metadata": ["labels": ["daemon": "yes"]]])
    }
    // With OnDelete nothing replaces a pod that cannot run.
    acts += facts.list(.pods).filter { $0.view(Pod.self).spec.containers.first?.image == "missing" }.map { .delete($0.key) }
    return acts
  }
}
