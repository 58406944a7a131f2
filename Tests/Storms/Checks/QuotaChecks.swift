import CoreObjects

/// What a namespace uses of a quota, counted from its objects. Of the bounds that the storm sets.
struct QuotaTally {
  private let quota: StoredObject
  private let facts: Facts

  init(_ quota: StoredObject, _ facts: Facts) {
    self.quota = quota
    self.facts = facts
  }

  var bounds: [(name: String, hard: Quantity)] {
    quota.view(ResourceQuota.self).spec.hard.sorted.compactMap { name, text in Quantity(text).map { (name, $0) } }
  }

  func used(_ bound: String) -> Quantity {
    let objects = facts.list(Self.resource(of: bound), namespace: quota.key.namespace)
    return objects.reduce(Quantity(value: 0)) { $0 + share($1, of: bound) }
  }

  static func resource(of bound: String) -> ResourceID {
    switch bound {
    case "count/configmaps": .configMaps
    case "count/deployments.apps": .deployments
    case "persistentvolumeclaims", "requests.storage": .persistentVolumeClaims
    case "services", "services.nodeports": .services
    default: .pods
    }
  }

  /// What one object takes.
  func share(_ object: StoredObject, of bound: String) -> Quantity {
    guard object.key.namespace == quota.key.namespace, object.key.resource == Self.resource(of: bound) else {
      return Quantity(value: 0)
    }
    switch bound {
    case "pods": return Quantity(value: counts(object) ? 1 : 0)
    case "requests.memory": return Quantity(value: counts(object) ? PodNeeds(object).bytes : 0)
    case "requests.storage":
      let asked = object.view(PersistentVolumeClaim.self).spec.resources.requests["storage"]
      return asked.flatMap { Quantity($0) } ?? Quantity(value: 0)
    case "services.nodeports":
      let spec = object.view(Service.self).spec
      return Quantity(value: spec.type == "NodePort" ? Int64(spec.ports.count) : 0)
    default: return Quantity(value: 1)
    }
  }

  /// A pod that has ended does not count, nor one that should be gone twice as long as it was given to end.
  private func counts(_ object: StoredObject) -> Bool {
    let pod = object.view(Pod.self)
    if PodFacts(object).isOver { return false }
    if let deletion = object.metadata.deletionTimestamp.flatMap({ Instant(rfc3339: $0) }),
      let grace = object.metadata.deletionGracePeriodSeconds, facts.now > deletion + .seconds(grace)
    {
      return false
    }
    let isBestEffort = pod.spec.containers.allSatisfy { $0.resources.requests.isEmpty && $0.resources.limits.isEmpty }
    return quota.view(ResourceQuota.self).spec.scopes.values.allSatisfy { $0 == "BestEffort" ? isBestEffort : !isBestEffort }
  }
}

/// Nothing comes, and nothing grows, beyond what a quota allows. What a lowered quota finds may stay.
struct QuotaIsNotCrossed: Check {
  let name = "nothing comes that crosses a quota"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    guard change.kind != .deleted, object.key.resource != .resourceQuotas else { return nil }
    for quota in facts.list(.resourceQuotas, namespace: object.key.namespace) {
      let tally = QuotaTally(quota, facts)
      for (bound, hard) in tally.bounds where QuotaTally.resource(of: bound) == object.key.resource {
        let before = change.previous.map { tally.share($0, of: bound) } ?? Quantity(value: 0)
        guard tally.share(object, of: bound) > before, case let used = tally.used(bound), used > hard else { continue }
        return "\(object.key) came: \(quota.key.name) allows \(hard) \(bound), now there are \(used)"
      }
    }
    return nil
  }
}

/// What comes is counted with its own write, so that a quota never tells of less than is there.
struct QuotaTellsEnough: Check {
  let name = "a counted quota tells of no less than is used"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    for stored in facts.list(.resourceQuotas, namespace: change.object.key.namespace) {
      let quota = stored.view(ResourceQuota.self)
      guard quota.status.hard == quota.spec.hard else { continue }
      let tally = QuotaTally(stored, facts)
      for (bound, _) in tally.bounds {
        guard let told = quota.status.used[bound].flatMap({ Quantity($0) }) else {
          return "\(stored.key.name) does not tell of \(bound)"
        }
        let used = tally.used(bound)
        if told < used { return "\(stored.key.name) tells of \(told) \(bound), there are \(used)" }
      }
    }
    return nil
  }
}

/// At rest a quota tells exactly what is there, and what it allows is there if somebody wants it.
struct QuotaAtRest: Check {
  let name = "a quota at rest tells what is used, and is used as far as it is wanted"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.resourceQuotas) {
      let quota = stored.view(ResourceQuota.self)
      if quota.status.hard != quota.spec.hard { return "\(stored.key.name) has not taken over its bounds" }
      let tally = QuotaTally(stored, facts)
      for (bound, _) in tally.bounds {
        let told = quota.status.used[bound].flatMap { Quantity($0) }
        let used = tally.used(bound)
        if told != used { return "\(stored.key.name) tells of \(told?.description ?? "no") \(bound), there are \(used)" }
      }
    }
    for set in facts.list(.replicaSets) where !isRollingOut(set, facts) {
      let pods = facts.pods(of: set).filter { !$0.isOver }
      guard pods.count < set.tree[.spec][.replicas].int ?? 1 else { continue }
      if !isFull(for: set, facts) { return "\(set.key.name) has \(pods.count) pods, and the quotas allow more" }
    }
    return nil
  }

  /// A rollout under a full quota waits a back-off of up to 1,000 s for each pod, longer than the calm.
  private func isRollingOut(_ set: StoredObject, _ facts: Facts) -> Bool {
    guard let owner = facts.liveController(of: set, .deployments) else { return false }
    return facts.owned(by: owner, .replicaSets).count { $0.tree[.spec][.replicas].int ?? 1 > 0 } > 1
  }

  /// Whether one more pod of the set would cross a quota.
  private func isFull(for set: StoredObject, _ facts: Facts) -> Bool {
    let pod = StoredObject(
      key: ObjectKey(.pods, namespace: set.key.namespace, ""), uid: "", revision: 0, tree: set.tree[.spec][.template],
      encoded: nil)
    return facts.list(.resourceQuotas, namespace: set.key.namespace).contains { quota in
      let tally = QuotaTally(quota, facts)
      return tally.bounds.contains { bound, hard in
        let share = tally.share(pod, of: bound)
        return share > Quantity(value: 0) && tally.used(bound) + share > hard
      }
    }
  }
}
