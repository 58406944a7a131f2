import CoreObjects

/// What a pod asks of its node.
struct PodNeeds: Equatable {
  var millicores: Int64 = 0
  var bytes: Int64 = 0
  var pods = 0

  init() {}

  init(_ pod: StoredObject) {
    pods = 1
    for container in pod.view(Pod.self).spec.containers {
      millicores += container.resources.requests["cpu"].flatMap { Quantity($0) }?.milliValue ?? 0
      bytes += container.resources.requests["memory"].flatMap { Quantity($0) }?.value ?? 0
    }
  }

  static func + (left: PodNeeds, right: PodNeeds) -> PodNeeds {
    var sum = left
    sum.millicores += right.millicores
    sum.bytes += right.bytes
    sum.pods += right.pods
    return sum
  }

  /// What the pods of a node that have not ended ask for together.
  init(on node: String, _ facts: Facts) {
    self = facts.list(.pods).filter { PodFacts($0).node == node && !PodFacts($0).isOver }.map { PodNeeds($0) }.reduce(
      PodNeeds(), +)
  }

  func fits(_ node: StoredObject) -> Bool {
    let allocatable = node.view(Node.self).status.allocatable
    func quantity(_ name: String) -> Quantity { allocatable[name].flatMap { Quantity($0) } ?? Quantity(value: 0) }
    return millicores <= quantity("cpu").milliValue && bytes <= quantity("memory").value && pods <= Int(quantity("pods").value)
  }
}

extension StoredObject {
  /// Taints that keep new pods away from a node and that the pod does not tolerate.
  func refuses(_ pod: StoredObject) -> Bool {
    let tolerations = pod.view(Pod.self).spec.tolerations
    return view(Node.self).spec.taints.contains { taint in
      if taint.effect != "NoSchedule", taint.effect != "NoExecute" { return false }
      return !tolerations.contains { toleration in
        let isSameKey = toleration.key == taint.key || ((toleration.key ?? "").isEmpty && toleration.operator == "Exists")
        let isSameEffect = (toleration.effect ?? "").isEmpty || toleration.effect == taint.effect
        let isSameValue = toleration.operator == "Exists" || (toleration.value ?? "") == (taint.value ?? "")
        return isSameKey && isSameEffect && isSameValue
      }
    }
  }

  func hasLabels(of selector: TextMap) -> Bool { selector.sorted.allSatisfy { metadata.labels[$0.name] == $0.value } }
}

/// A pod is bound only where there is room for it and where it may be.
struct NodesAreNotOverfilled: Check {
  let name = "a pod is bound only to a node that has room for it and lets it in"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .pods, change.kind == .modified, let previous = change.previous,
      PodFacts(previous).node.isEmpty, case let pod = PodFacts(change.object), !pod.node.isEmpty
    else { return nil }
    guard let node = facts.get(.nodes, pod.node) else { return "\(pod.name) was bound to \(pod.node), which is not there" }
    if !PodNeeds(on: pod.node, facts).fits(node) { return "\(pod.name) was bound to \(pod.node), which has no room for it" }
    if node.refuses(pod.object) { return "\(pod.name) was bound to \(pod.node) against its taints" }
    if !node.hasLabels(of: pod.object.view(Pod.self).spec.nodeSelector) {
      return "\(pod.name) was bound to \(pod.node) against its selector"
    }
    return nil
  }
}

/// No pod that has room somewhere is left waiting. Of pods without volumes.
struct NoPodWaitsInVain: Check {
  let name = "no pod waits while a node has room for it"

  func settled(_ facts: Facts) -> String? {
    for object in facts.list(.pods) {
      let pod = PodFacts(object)
      guard pod.node.isEmpty, !pod.isOver, object.view(Pod.self).spec.volumes.isEmpty else { continue }
      for node in facts.list(.nodes) where !node.refuses(object) && node.hasLabels(of: object.view(Pod.self).spec.nodeSelector) {
        if (PodNeeds(on: node.key.name, facts) + PodNeeds(object)).fits(node) {
          return "\(pod.name) waits, and \(node.key.name) has room"
        }
      }
    }
    return nil
  }
}

/// A volume belongs to one claim. Others may name it and wait.
struct OneClaimPerVolume: Check {
  let name = "a volume belongs to one claim"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.kind != .deleted, change.object.key.resource == .persistentVolumeClaims,
      let volume = change.object.view(PersistentVolumeClaim.self).spec.volumeName, !volume.isEmpty
    else { return nil }
    let claims = facts.list(.persistentVolumeClaims).filter {
      $0.view(PersistentVolumeClaim.self).spec.volumeName == volume
        && $0.metadata.annotations["pv.kubernetes.io/bind-completed"] != nil
    }
    return claims.count <= 1 ? nil : "\(volume) belongs to \(claims.map(\.key.name))"
  }
}
