package import CoreObjects

/// Pods with ranks, and with rules about each other and about volumes; more than the nodes can hold.
package struct PlacementSubject: Subject {
  package static let name = "Placement"
  private static let host = "kubernetes.io/hostname"
  private var made = 0
  private var first: [JSON] = []

  package init(random: inout RandomSource) {
    for _ in 0..<10 { first.append(pod(&random)) }
  }

  package var manifests: [JSON] {
    let local: JSON = [
      "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "local"],
      "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer",
    ]
    return [local, priority("low", 10), priority("high", 1000), volume("v1", "n1"), volume("v2", "n2")]
      + (0..<4).map { claim($0) } + first
  }

  private func priority(_ name: String, _ value: Int64) -> JSON {
    [
      "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": .string(name)], "value": .int(value),
    ]
  }

  private func volume(_ name: String, _ node: String) -> JSON {
    let term: JSON = ["matchExpressions": [["key": .string(Self.host), "operator": "In", "values": [.string(node)]]]]
    return [
      "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(name)],
      "spec": [
        "capacity": ["storage": "1Gi"], "accessModes": [name == "v1" ? "ReadWriteOnce" : "ReadWriteOncePod"],
        "storageClassName": "local", "persistentVolumeReclaimPolicy": "Retain", "hostPath": ["path": "/v"],
        "nodeAffinity": ["required": ["nodeSelectorTerms": [term]]],
      ],
    ]
  }

  /// Two of our class and two of local volumes; every second one serves one pod at a time.
  private func claim(_ index: Int) -> JSON {
    [
      "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string("c\(index)"), "namespace": "default"],
      "spec": [
        "accessModes": [index % 2 == 0 ? "ReadWriteOnce" : "ReadWriteOncePod"],
        "storageClassName": index < 2 ? "standard" : "local",
        "resources": ["requests": ["storage": "10Mi"]],
      ],
    ]
  }

  package var checks: [any Check] {
    [
      PodsStayApart(), PodsAreSpread(), OnlyLowerPodsGo(), PromisedRoomIsKept(), NoHigherPodWaits(),
      VolumesAreWhereTheirPodsAre(),
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let pods = facts.list(.pods)
    switch random.below(12) {
    case 0: return .patch(ObjectKey(.nodes, "n\(random.below(3))"), ["spec": ["unschedulable": .bool(random.below(2) == 0)]])
    case 1, 2:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 3:
      let index = random.below(4)
      let key = ObjectKey(.persistentVolumeClaims, namespace: "default", "c\(index)")
      return facts.get(key) == nil ? .create(claim(index)) : .delete(key)
    default: return .create(pod(&random))
    }
  }

  private mutating func pod(_ random: inout RandomSource) -> JSON {
    made += 1
    let app = ["a", "b"][random.below(2)]
    let template = Templates.pod(app, cpu: ["500m", "3", "5"][random.below(3)], memory: "1Gi", isProbed: false)
    var spec = template[.spec]
    switch random.below(5) {
    case 0:
      let term: JSON = [
        "labelSelector": ["matchLabels": ["app": .string(["a", "b"][random.below(2)])]], "topologyKey": .string(Self.host),
      ]
      spec.put(.affinity, ["podAntiAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [term]]])
    case 1:
      spec.put(
        .topologySpreadConstraints,
        [
          [
            "maxSkew": 1, "topologyKey": .string(Self.host), "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": "Honor",
            "labelSelector": ["matchLabels": ["app": .string(app)]],
          ]
        ])
    case 2:
      let claim = JSON.string("c\(random.below(4))")
      spec.put(.volumes, [["name": "v", "persistentVolumeClaim": ["claimName": claim]]])
    default: break
    }
    let rank = random.below(4)
    if rank < 2 { spec.put(.priorityClassName, .string(["low", "high"][rank])) }
    if random.below(6) == 0 { spec.put(.preemptionPolicy, "Never") }
    return [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": .string("p-\(made)"), "namespace": "default", "labels": ["app": .string(app)]], "spec": spec,
    ]
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    facts.list(.nodes).map { .patch($0.key, ["spec": ["unschedulable": false]]) }
  }
}
