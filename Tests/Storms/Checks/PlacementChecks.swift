import CoreObjects

extension StoreChange {
  /// The pod that this write gives a node.
  fileprivate var boundPod: PodFacts? {
    guard object.key.resource == .pods, kind == .modified, let previous, PodFacts(previous).node.isEmpty,
      case let pod = PodFacts(object), !pod.node.isEmpty
    else { return nil }
    return pod
  }
}

extension PodFacts {
  fileprivate var spec: PodSpec { object.view(Pod.self).spec }
  fileprivate var priority: Int { spec.priority ?? 0 }
  fileprivate var nominated: String { object.view(Pod.self).status.nominatedNodeName ?? "" }
  fileprivate var claims: [String] { spec.volumes.compactMap(\.persistentVolumeClaim.claimName) }
  /// The value of `app` that it does not want beside it.
  fileprivate var avoided: String? {
    spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.first?.labelSelector.matchLabels["app"]
  }
  fileprivate var isFree: Bool { spec.affinity.isAbsent && spec.topologySpreadConstraints.isEmpty && spec.volumes.isEmpty }
}

extension Facts {
  fileprivate func placed(on node: String? = nil) -> [PodFacts] {
    list(.pods).map(PodFacts.init).filter { !$0.node.isEmpty && !$0.isOver && (node == nil || $0.node == node) }
  }
}

/// Anti-affinity holds for the new pod and for those that are there.
struct PodsStayApart: Check {
  let name = "a pod is bound only to a node where anti-affinity lets it in"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.boundPod else { return nil }
    for other in facts.placed(on: pod.node) where other.name != pod.name {
      if pod.avoided == other.label("app") { return "\(pod.name) was bound beside \(other.name), which it avoids" }
      if other.avoided == pod.label("app") { return "\(pod.name) was bound beside \(other.name), which avoids it" }
    }
    return nil
  }
}

/// No node gets more than one pod above the emptiest that the pod may run on.
struct PodsAreSpread: Check {
  let name = "a pod with a spread constraint is bound only where it keeps the numbers even"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.boundPod, !pod.spec.topologySpreadConstraints.isEmpty else { return nil }
    var counts: [String: Int] = [:]
    for node in facts.list(.nodes) where !node.refuses(pod.object) { counts[node.key.name] = 0 }
    for other in facts.placed() where other.label("app") == pod.label("app") && !other.isLeaving { counts[other.node]? += 1 }
    let least = counts.values.min() ?? 0
    return (counts[pod.node] ?? 0) - least > 1
      ? "\(pod.name) was bound to \(pod.node): \(counts.sorted { $0.key < $1.key })" : nil
  }
}

/// Whoever is sent away makes room for somebody of higher rank.
struct OnlyLowerPodsGo: Check {
  let name = "preemption takes only pods of lower rank than one that the room is promised to"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.kind == .modified, change.object.key.resource == .pods else { return nil }
    func isTarget(_ object: StoredObject?) -> Bool {
      object?.view(Pod.self).status.conditions.contains { $0.type == "DisruptionTarget" && $0.reason == "PreemptionByScheduler" }
        == true
    }
    guard isTarget(change.object), !isTarget(change.previous) else { return nil }
    let victim = PodFacts(change.object)
    let takers = facts.list(.pods).map(PodFacts.init).filter { $0.nominated == victim.node && $0.node.isEmpty }
    if takers.contains(where: { $0.priority > victim.priority && $0.spec.preemptionPolicy != "Never" }) { return nil }
    return
      "\(victim.name) of rank \(victim.priority) is sent away from \(victim.node) for \(takers.map { "\($0.name) \($0.priority)" })"
  }
}

/// Room that is being made for a pod goes to no lower one.
struct PromisedRoomIsKept: Check {
  let name = "the room promised to a pod is not given to a lower one"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.boundPod, let node = facts.get(.nodes, pod.node) else { return nil }
    let promised = facts.list(.pods).map(PodFacts.init).filter {
      $0.node.isEmpty && !$0.isOver && !$0.isLeaving && $0.nominated == pod.node && $0.priority > pod.priority
    }
    let needs = promised.map { PodNeeds($0.object) }.reduce(PodNeeds(on: pod.node, facts), +)
    return promised.isEmpty || needs.fits(node)
      ? nil : "\(pod.name) was bound to \(pod.node) in the room of \(promised.map(\.name))"
  }
}

/// Nobody of higher rank waits for room that lower pods have. Of pods without other rules.
struct NoHigherPodWaits: Check {
  let name = "no pod waits while lower ones have the room that it needs"

  func settled(_ facts: Facts) -> String? {
    for pod in facts.list(.pods).map(PodFacts.init) where pod.node.isEmpty && !pod.isOver && !pod.isLeaving && pod.isFree {
      for node in facts.list(.nodes) where !node.refuses(pod.object) {
        let others = facts.placed(on: node.key.name)
        if others.contains(where: { $0.avoided == pod.label("app") }) { continue }
        let stays = others.filter { pod.spec.preemptionPolicy == "Never" || $0.priority >= pod.priority }
        let needs = (stays.map(\.object) + [pod.object]).map { PodNeeds($0) }.reduce(PodNeeds(), +)
        if needs.fits(node) { return "\(pod.name) of rank \(pod.priority) waits, and \(node.key.name) has room or lower pods" }
      }
    }
    return nil
  }
}

/// A pod runs only where its volumes are, and alone where a claim says so.
struct VolumesAreWhereTheirPodsAre: Check {
  let name = "a pod is bound only once its claims are, and where their volumes can be reached"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.boundPod else { return nil }
    for name in pod.claims {
      guard let claim = facts.get(.persistentVolumeClaims, namespace: "default", name)?.view(PersistentVolumeClaim.self),
        claim.status.phase == "Bound", let volume = facts.get(.persistentVolumes, claim.spec.volumeName ?? "")
      else { return "\(pod.name) was bound, but its claim \(name) was not" }
      let term = volume.view(PersistentVolume.self).spec.nodeAffinity.required.nodeSelectorTerms.first?.matchExpressions.first
      if let term, !term.values.values.contains(pod.node) {
        return "\(pod.name) was bound to \(pod.node), its volume is elsewhere"
      }
      let users = facts.placed().filter { $0.claims.contains(name) }.map(\.name)
      if claim.spec.accessModes.values == ["ReadWriteOncePod"], users.count > 1 { return "\(users) share the claim \(name)" }
    }
    return nil
  }

  func settled(_ facts: Facts) -> String? {
    for object in facts.list(.persistentVolumes) {
      let volume = object.view(PersistentVolume.self)
      let claim = facts.get(.persistentVolumeClaims, namespace: "default", volume.spec.claimRef.name ?? "")
      let isOwn = claim != nil && claim?.uid == volume.spec.claimRef.uid
      let wanted = volume.spec.claimRef.isAbsent ? "Available" : isOwn ? "Bound" : "Released"
      if volume.status.phase != wanted { return "the volume \(object.key.name) is \(volume.status.phase ?? "-"), not \(wanted)" }
    }
    for object in facts.list(.persistentVolumeClaims) {
      let claim = object.view(PersistentVolumeClaim.self)
      let volume = facts.get(.persistentVolumes, claim.spec.volumeName ?? "")?.view(PersistentVolume.self)
      let isBound = volume?.spec.claimRef.uid == object.uid
      if isBound != (claim.status.phase == "Bound") { return "the claim \(object.key.name) is \(claim.status.phase ?? "-")" }
    }
    return nil
  }
}
