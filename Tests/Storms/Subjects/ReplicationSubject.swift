package import CoreObjects

/// A ReplicaSet or a ReplicationController whose pods are relabelled, so that it adopts and releases.
package struct ReplicationSubject: Subject {
  package static let name = "ReplicaSet"
  private let isController: Bool
  private var replicas: Int
  private var key: ObjectKey {
    ObjectKey(isController ? .replicationControllers : .replicaSets, namespace: "default", "r")
  }

  package init(random: inout RandomSource) {
    isController = random.below(3) == 0
    replicas = 1 + random.below(5)
  }

  package var manifests: [JSON] { [manifest] }

  private var manifest: JSON {
    let labels: JSON = ["app": "r"]
    return [
      "apiVersion": isController ? "v1" : "apps/v1", "kind": isController ? "ReplicationController" : "ReplicaSet",
      "metadata": ["name": "r", "namespace": "default"],
      "spec": [
        "replicas": .int(Int64(replicas)), "selector": isController ? labels : ["matchLabels": labels],
        "template": Templates.pod("r"),
      ],
    ]
  }

  package var checks: [any Check] { [NoPodTooMany(), SurplusGoesInOrder(), ReplicasAtRest(), NoPodWaitsInVain()] }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(manifest) }
    let pods = facts.list(.pods)
    guard !pods.isEmpty, random.below(3) > 0 else {
      if random.below(5) == 0 { return .delete(key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)]) }
      replicas = random.below(7)
      return .patch(key, ["spec": ["replicas": .int(Int64(replicas))]], subresource: random.below(2) == 0 ? "scale" : "")
    }
    let pod = pods[random.below(pods.count)].key
    if random.below(2) == 0 { return .delete(pod, graceSeconds: random.below(2) == 0 ? 0 : nil) }
    return .patch(pod, ["metadata": ["labels": ["app": random.below(2) == 0 ? "r" : "released"]]])
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    [.create(manifest), .patch(key, ["spec": ["replicas": .int(Int64(replicas))]])]
      + facts.list(.pods).filter { $0.metadata.labels["app"] == "released" }.map { .delete($0.key) }
  }
}
