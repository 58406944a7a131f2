package import CoreObjects

/// Claims, volumes of four classes and pods that use them come and go.
package struct VolumeSubject: Subject {
  package static let name = "PersistentVolume"
  private static let classes = ["standard", "now", "shelf", "local"]
  private var made = 0

  package init(random: inout RandomSource) {}

  package var manifests: [JSON] {
    [
      storageClass("now", "wavetank.dev/local", "Immediate"), storageClass("shelf", "kubernetes.io/no-provisioner", "Immediate"),
      storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"), volume(0, "20Mi"), volume(1, "20Mi"),
      volume(2, "40Mi"),
    ]
  }
  package var checks: [any Check] {
    [
      ClaimsAndVolumesAreCouples(), WhatIsUsedStays(), ReclaimPoliciesAreKept(), FirstConsumersAreWaitedFor(), ClaimsAtRest(),
      VolumesAreWhereTheirPodsAre(),
    ]
  }

  private func storageClass(_ name: String, _ provisioner: String, _ mode: String) -> JSON {
    [
      "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": .string(name)],
      "provisioner": .string(provisioner), "volumeBindingMode": .string(mode), "allowVolumeExpansion": .bool(name == "now"),
    ]
  }

  /// Even ones are on the shelf, odd ones on a node.
  private func volume(_ number: Int, _ size: String) -> JSON {
    var spec: JSON = [
      "capacity": ["storage": .string(size)], "accessModes": ["ReadWriteOnce"],
      "storageClassName": number % 2 == 0 ? "shelf" : "local",
      "persistentVolumeReclaimPolicy": "Retain", "hostPath": ["path": "/v"],
    ]
    if number % 2 == 1 {
      let term: JSON = [
        "matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": [number % 4 == 1 ? "n1" : "n2"]]]
      ]
      spec.put(.nodeAffinity, ["required": ["nodeSelectorTerms": [term]]])
    }
    return ["apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string("v\(number)")], "spec": spec]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let pods = facts.list(.pods)
    switch random.below(14) {
    case 0...3: return changeClaim(facts, &random)
    case 4: return changeClaim(facts, &random, others: 2)
    case 5...8: return .create(pod(&random))
    case 9, 10:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 11:
      let released = facts.list(.persistentVolumes).first {
        $0.view(PersistentVolume.self).status.phase == "Released" && $0.key.name.hasPrefix("v")
      }
      return released.map { .patch($0.key, ["spec": ["claimRef": .null]]) }
    default:
      let number = random.below(5)
      let key = ObjectKey(.persistentVolumes, "v\(number)")
      if facts.get(key) == nil { return .create(volume(number, ["10Mi", "20Mi", "40Mi"][random.below(3)])) }
      return random.below(3) == 0 ? .delete(key) : nil
    }
  }

  /// - Parameter others: claims that are made or deleted before anybody can look
  private func changeClaim(_ facts: Facts, _ random: inout RandomSource, others: Int = 0) -> StormAct {
    let number = random.below(6)
    let key = ObjectKey(.persistentVolumeClaims, namespace: "default", "c\(number)")
    var act: StormAct
    if let stored = facts.get(key) {
      let isNow = stored.view(PersistentVolumeClaim.self).spec.storageClassName == "now"
      let isBound = stored.view(PersistentVolumeClaim.self).status.phase == "Bound"
      act =
        isNow && isBound && random.below(3) == 0
        ? .patch(key, ["spec": ["resources": ["requests": ["storage": "60Mi"]]]]) : .delete(key)
    } else {
      act = .create(claim(number, &random))
    }
    if others > 0 { act.then = [changeClaim(facts, &random, others: others - 1)] }
    return act
  }

  private func claim(_ number: Int, _ random: inout RandomSource) -> JSON {
    var spec: JSON = [
      "accessModes": ["ReadWriteOnce"], "storageClassName": .string(Self.classes[random.below(4)]),
      "resources": ["requests": ["storage": .string(["5Mi", "15Mi", "30Mi"][random.below(3)])]],
    ]
    if random.below(8) == 0 {
      let volume = random.below(5)
      spec.put(.storageClassName, volume % 2 == 0 ? "shelf" : "local")
      spec.put(.volumeName, .string("v\(volume)"))
    }
    return [
      "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string("c\(number)"), "namespace": "default"],
      "spec": spec,
    ]
  }

  private mutating func pod(_ random: inout RandomSource) -> JSON {
    made += 1
    var spec = Templates.pod("p", isProbed: false)[.spec]
    spec.put(.volumes, [["name": "v", "persistentVolumeClaim": ["claimName": .string("c\(random.below(6))")]]])
    return [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": .string("p-\(made)"), "namespace": "default", "labels": ["app": "p"]],
      "spec": spec,
    ]
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] { [] }
}
