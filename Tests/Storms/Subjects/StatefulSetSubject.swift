package import CoreObjects

/// One StatefulSet, ordered or parallel, with or without claims.
package struct StatefulSetSubject: Subject {
  package static let name = "StatefulSet"
  private let isOrdered: Bool
  private let hasClaims: Bool
  private let isOnDelete: Bool
  private let whenScaled: String
  private let whenDeleted: String
  private let start: Int
  private let minReadySeconds: Int
  private var replicas: Int
  private let key = ObjectKey(.statefulSets, namespace: "default", "s")

  package init(random: inout RandomSource) {
    isOrdered = random.below(3) > 0
    hasClaims = random.below(3) > 0
    isOnDelete = random.below(8) == 0
    whenScaled = random.below(3) == 0 ? "Delete" : "Retain"
    whenDeleted = random.below(3) == 0 ? "Delete" : "Retain"
    start = random.below(4) == 0 ? 3 : 0
    minReadySeconds = random.below(3) == 0 ? 8 : 0
    replicas = 1 + random.below(4)
  }

  package var manifests: [JSON] { [manifest] }

  private var manifest: JSON {
    var set: JSON = [
      "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "s", "namespace": "default"],
      "spec": [
        "replicas": .int(Int64(replicas)), "serviceName": "s", "selector": ["matchLabels": ["app": "s"]],
        "podManagementPolicy": .string(isOrdered ? "OrderedReady" : "Parallel"), "ordinals": ["start": .int(Int64(start))],
        "minReadySeconds": .int(Int64(minReadySeconds)), "revisionHistoryLimit": 2,
        "updateStrategy": isOnDelete ? ["type": "OnDelete"] : ["type": "RollingUpdate"],
        "persistentVolumeClaimRetentionPolicy": ["whenScaled": .string(whenScaled), "whenDeleted": .string(whenDeleted)],
        "template": Templates.pod("s", mounting: hasClaims ? "data" : nil),
      ],
    ]
    if hasClaims { set[.spec].put(.volumeClaimTemplates, [Templates.claim("data")]) }
    return set
  }

  package var checks: [any Check] {
    [
      OnePodAndClaimPerOrdinal(), OrderedReadiness(), OrderedScaleDown(), RollsFromTheTop(),
      ClaimsAreRetained(whenScaled: whenScaled, whenDeleted: whenDeleted), StatefulSetAtRest(),
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(manifest) }
    let pods = facts.list(.pods)
    switch random.below(12) {
    case 0...3:
      replicas = random.below(6)
      return .patch(key, ["spec": ["replicas": .int(Int64(replicas))]], subresource: random.below(2) == 0 ? "scale" : "")
    case 4, 5: return .patch(key, Templates.annotation(random.below(3)))
    case 6:
      if isOnDelete { return nil }
      let partition = Int64(random.below(3))
      return .patch(key, ["spec": ["updateStrategy": ["rollingUpdate": ["partition": .int(partition)]]]])
    case 7, 8:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 9: return .delete(key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    case 10:
      let claims = facts.list(.persistentVolumeClaims)
      return claims.isEmpty ? nil : .delete(claims[random.below(claims.count)].key)
    default: return .patch(key, Templates.image(random.below(3) == 0 ? "app" : "missing"))
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    replicas = max(1, replicas)
    var acts: [StormAct] = [.create(manifest), .patch(key, Templates.image("app"))]
    acts.append(.patch(key, ["spec": ["replicas": .int(Int64(replicas))]]))
    if !isOnDelete { acts.append(.patch(key, ["spec": ["updateStrategy": ["rollingUpdate": ["partition": 0]]]])) }
    // A pod of a revision that cannot run, or one that keeps a deleted claim, is replaced by hand.
    let leaving = Set(facts.list(.persistentVolumeClaims).filter { $0.metadata.deletionTimestamp != nil }.map(\.key.name))
    for pod in facts.list(.pods) {
      let spec = pod.view(Pod.self).spec
      let isBroken = spec.containers.contains { $0.image == "missing" }
      let isBound = spec.volumes.contains { leaving.contains($0.persistentVolumeClaim.claimName ?? "") }
      if isBroken || isBound { acts.append(.delete(pod.key)) }
    }
    return acts
  }
}
