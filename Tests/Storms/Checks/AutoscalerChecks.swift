import CoreObjects

extension Facts {
  func autoscaler(of target: StoredObject) -> StoredObject? {
    list(.horizontalPodAutoscalers, namespace: target.key.namespace).first {
      let reference = $0.view(HorizontalPodAutoscaler.self).spec.scaleTargetRef
      return reference.name == target.key.name && reference.kind == target.tree[.kind].string
    }
  }
}

extension StoreChange {
  /// A change of spec.replicas of a workload: before and after.
  var scaling: (from: Int, to: Int)? {
    guard [ResourceID.statefulSets, .deployments].contains(object.key.resource), kind == .modified, let previous,
      let from = previous.tree[.spec][.replicas].int, let to = object.tree[.spec][.replicas].int, from != to
    else { return nil }
    return (from, to)
  }
}

/// What an autoscaler sets and says it wants is between its bounds.
struct BoundsAreKept: Check {
  let name = "min ≤ desired ≤ max"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    if facts.isUsers { return nil }
    if let scaling = change.scaling, let stored = facts.autoscaler(of: change.object) {
      let spec = stored.view(HorizontalPodAutoscaler.self).spec
      let range = (spec.minReplicas ?? 1)...max(spec.minReplicas ?? 1, spec.maxReplicas ?? 1)
      return range.contains(scaling.to) ? nil : "\(change.object.key.name) was scaled to \(scaling.to), outside \(range)"
    }
    guard change.object.key.resource == .horizontalPodAutoscalers, change.kind == .modified else { return nil }
    let autoscaler = change.object.view(HorizontalPodAutoscaler.self)
    let desired = autoscaler.status.desiredReplicas ?? 0
    let (least, most) = (autoscaler.spec.minReplicas ?? 1, autoscaler.spec.maxReplicas ?? 1)
    // 0: nothing is known yet, or the target is switched off.
    if desired == 0 || change.previous?.tree[.status][.desiredReplicas] == change.object.tree[.status][.desiredReplicas] {
      return nil
    }
    return (least...max(least, most)).contains(desired) ? nil : "desired is \(desired), outside \(least)...\(most)"
  }
}

/// What an autoscaler raised it does not lower again within the stabilisation window of scaling down.
struct WindowIsKept: Check {
  let name = "nothing is scaled down before the window allows it"
  /// The last time that each workload was raised by its autoscaler, by UID.
  private var raised: [String: (at: Instant, to: Int)] = [:]
  /// When somebody else scaled a workload: the autoscaler may put back what it recommended before, which it need not hold longer.
  private var disturbed: [String: Instant] = [:]

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    if change.object.key.resource == .horizontalPodAutoscalers {
      // Another autoscaler or other rules: what was raised before is no longer held.
      if change.kind != .modified || change.previous?.tree[.spec] != change.object.tree[.spec] { raised = [:] }
      return nil
    }
    // What is made anew under the name is put where the one before it was.
    if change.kind == .added, [ResourceID.statefulSets, .deployments].contains(change.object.key.resource) {
      disturbed[change.object.uid] = facts.now
    }
    guard let scaling = change.scaling else { return nil }
    guard !facts.isUsers, let stored = facts.autoscaler(of: change.object) else {
      raised[change.object.uid] = nil
      disturbed[change.object.uid] = facts.now
      return nil
    }
    let spec = stored.view(HorizontalPodAutoscaler.self).spec
    let window = spec.behavior.scaleDown.stabilizationWindowSeconds ?? 300
    let last = raised[change.object.uid]
    if scaling.to > scaling.from {
      // A count below the minimum is put right without a recommendation.
      let isOwn =
        scaling.from >= spec.minReplicas ?? 1 && disturbed[change.object.uid].map { $0 + .seconds(window) < facts.now } ?? true
      raised[change.object.uid] = isOwn ? (facts.now, scaling.to) : nil
      return nil
    }
    guard let last, facts.now < last.at + .seconds(window), scaling.to < min(last.to, spec.maxReplicas ?? 1) else { return nil }
    return
      "\(change.object.key.name) was raised to \(last.to) at \(last.at.rfc3339) and lowered to \(scaling.to) after less than \(window) s"
  }
}

/// At rest the count is what the load asks for.
struct AutoscalerAtRest: Check {
  let name = "an autoscaler at rest has scaled as the load asks"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.horizontalPodAutoscalers) {
      let autoscaler = stored.view(HorizontalPodAutoscaler.self)
      let reference = autoscaler.spec.scaleTargetRef
      let resource: ResourceID = reference.kind == "StatefulSet" ? .statefulSets : .deployments
      guard let target = facts.get(resource, namespace: stored.key.namespace, reference.name ?? "") else {
        return "there is no target"
      }
      let count = target.tree[.spec][.replicas].int ?? 0
      let status = autoscaler.status
      if status.currentReplicas != count || status.desiredReplicas != count {
        return "\(status.currentReplicas ?? 0) and \(status.desiredReplicas ?? 0) are told for \(count)"
      }
      if let bad = status.conditions.first(where: { $0.type != "ScalingLimited" && $0.status != "True" }) {
        return "\(bad.type ?? "") is \(bad.status ?? ""): \(bad.reason ?? "")"
      }
      let target60 = autoscaler.spec.metrics.first?.resource.target.averageUtilization ?? 80
      guard let percent = status.currentMetrics.first?.resource.current.averageUtilization else { return "no usage is told" }
      let (least, most) = (autoscaler.spec.minReplicas ?? 1, autoscaler.spec.maxReplicas ?? 1)
      if abs(percent - target60) * 10 <= target60 { continue }
      let wanted = min(max((percent * count + target60 - 1) / target60, least), most)
      if wanted != count { return "\(percent)% of \(target60)% with \(count) pods asks for \(wanted)" }
    }
    return nil
  }
}
