import CoreObjects

/// A number of pods, or a percentage of the replicas.
enum PodCount {
  static func resolve(_ value: JSON, of replicas: Int, roundingUp: Bool) -> Int {
    if let number = value.int { return number }
    let percent = Int(value.string?.dropLast() ?? "") ?? 0
    return roundingUp ? (percent * replicas + 99) / 100 : percent * replicas / 100
  }
}

extension Facts {
  /// The object that controls another one, while it is not being deleted itself.
  func liveController(of object: StoredObject, _ resource: ResourceID) -> StoredObject? {
    guard let owner = object.metadata.ownerReferences.first(where: { $0.controller == true }) else { return nil }
    let found = get(resource, namespace: object.key.namespace, owner.name ?? "")
    return found?.uid == owner.uid && found?.metadata.deletionTimestamp == nil ? found : nil
  }

  func owned(by owner: StoredObject, _ resource: ResourceID) -> [StoredObject] {
    list(resource, namespace: owner.key.namespace).filter {
      $0.metadata.ownerReferences.contains { $0.uid == owner.uid && $0.controller == true }
    }
  }
}

/// A ReplicaSet or ReplicationController makes no pod beyond its count.
struct NoPodTooMany: Check {
  let name = "no pod is made beyond the wanted count"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.madePod else { return nil }
    for resource in [ResourceID.replicaSets, .replicationControllers] {
      guard let owner = facts.liveController(of: pod.object, resource) else { continue }
      let count = facts.pods(of: owner).filter { !$0.isLeaving && !$0.isOver }.count
      let wanted = owner.tree[.spec][.replicas].int ?? 1
      if count > wanted { return "\(pod.name) is pod number \(count) of \(owner.key.name), which wants \(wanted)" }
    }
    return nil
  }
}

/// At rest a ReplicaSet or ReplicationController has its pods and says so.
struct ReplicasAtRest: Check {
  let name = "a set of replicas at rest has its pods and its status"

  func settled(_ facts: Facts) -> String? {
    for owner in facts.list(.replicaSets) + facts.list(.replicationControllers) {
      let wanted = owner.tree[.spec][.replicas].int ?? 1
      let pods = facts.pods(of: owner).filter { !$0.isOver }
      if pods.count != wanted { return "\(owner.key.name) has \(pods.count) pods of \(wanted)" }
      if let pod = pods.first(where: { !$0.isReady }) { return "\(pod.name) is not ready" }
      let status = owner.tree[.status]
      let told = [status[.replicas], status[.readyReplicas], status[.availableReplicas]].map { $0.int ?? 0 }
      if told != [wanted, wanted, wanted] { return "\(owner.key.name) tells of \(told) pods, not \(wanted)" }
    }
    return nil
  }
}

/// A Deployment raises no ReplicaSet beyond its surge, and with Recreate none while old pods are there.
struct SurgeIsKept: Check {
  let name = "no more than maxSurge pods are asked for beyond the wanted count"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let set = change.object
    guard set.key.resource == .replicaSets, change.kind != .deleted, !facts.isUsers,
      let stored = facts.liveController(of: set, .deployments)
    else { return nil }
    let before = change.previous?.tree[.spec][.replicas].int ?? 0
    let after = set.tree[.spec][.replicas].int ?? 0
    // A set that is adopted brings its pods along.
    if after <= before || change.previous.map({ facts.liveController(of: $0, .deployments) == nil }) ?? false { return nil }
    let deployment = stored.view(Deployment.self)
    let sets = facts.owned(by: stored, .replicaSets)
    // A paused Deployment only scales: the newest set goes to the whole count, whatever is left of the others.
    if deployment.spec.paused == true { return nil }
    if deployment.spec.strategy.type == "Recreate" {
      let old = sets.filter { $0.uid != set.uid }.flatMap { facts.pods(of: $0) }.filter { !$0.isOver }
      return old.isEmpty ? nil : "\(set.key.name) was raised to \(after) while \(old.map(\.name)) were there"
    }
    let replicas = deployment.spec.replicas ?? 1
    let surge = PodCount.resolve(deployment.tree[.spec][.strategy][.rollingUpdate][.maxSurge], of: replicas, roundingUp: true)
    let total = sets.reduce(0) { $0 + ($1.tree[.spec][.replicas].int ?? 0) }
    return total <= replicas + surge
      ? nil : "\(set.key.name) was raised to \(after), \(total) in all; allowed are \(replicas) and \(surge)"
  }
}

/// A rollout takes no available pod below the floor. Not looked at while the user changes the count.
struct AvailabilityIsKept: Check {
  let name = "a rollout takes no more than maxUnavailable pods away"
  /// UIDs of Deployments whose count was changed, until they are complete.
  private var scaling: Set<String> = []

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    if object.key.resource == .deployments {
      let deployment = object.view(Deployment.self)
      if change.previous?.tree[.spec][.replicas] != object.tree[.spec][.replicas] { scaling.insert(object.uid) }
      let status = deployment.status
      let counts = [status.replicas, status.updatedReplicas, status.availableReplicas].map { $0 ?? 0 }
      if status.observedGeneration == object.metadata.generation, counts.allSatisfy({ $0 == deployment.spec.replicas ?? 1 }) {
        scaling.remove(object.uid)
      }
      return nil
    }
    guard object.key.resource == .replicaSets, change.kind == .modified, !facts.isUsers, let previous = change.previous,
      let stored = facts.liveController(of: object, .deployments), !scaling.contains(stored.uid)
    else { return nil }
    let deployment = stored.view(Deployment.self)
    guard deployment.spec.strategy.type == "RollingUpdate", deployment.spec.paused != true else { return nil }
    let after = object.tree[.spec][.replicas].int ?? 0
    if after >= previous.tree[.spec][.replicas].int ?? 0 { return nil }
    let replicas = deployment.spec.replicas ?? 1
    let rolling = deployment.tree[.spec][.strategy][.rollingUpdate]
    let surge = PodCount.resolve(rolling[.maxSurge], of: replicas, roundingUp: true)
    var unavailable = PodCount.resolve(rolling[.maxUnavailable], of: replicas, roundingUp: false)
    if surge == 0, unavailable == 0 { unavailable = 1 }
    let minimum = deployment.spec.minReadySeconds ?? 0
    func available(_ set: StoredObject) -> Int { facts.pods(of: set).filter { $0.isAvailable(minimum, facts.now) }.count }
    let others = facts.owned(by: stored, .replicaSets).filter { $0.uid != object.uid }
    let rest = others.reduce(0) { $0 + min(available($1), $1.tree[.spec][.replicas].int ?? 0) }
    let now = available(object)
    let left = rest + min(now, after)
    if min(now, after) < now, left < replicas - unavailable {
      return "\(object.key.name) was lowered to \(after), which leaves \(left) available pods of \(replicas)"
    }
    return nil
  }
}

/// At rest a Deployment has one ReplicaSet with pods, the one of its template.
struct DeploymentAtRest: Check {
  let name = "a Deployment at rest runs its template and says so"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.deployments) { if let text = unrest(of: stored, facts) { return "\(stored.key.name): \(text)" } }
    return nil
  }

  private func unrest(of stored: StoredObject, _ facts: Facts) -> String? {
    let deployment = stored.view(Deployment.self)
    let wanted = deployment.spec.replicas ?? 1
    let sets = facts.owned(by: stored, .replicaSets)
    let live = sets.filter { ($0.tree[.spec][.replicas].int ?? 0) > 0 }
    if live.count != (wanted == 0 ? 0 : 1) { return "\(live.count) ReplicaSets have pods" }
    if let set = live.first {
      if set.tree[.spec][.replicas].int != wanted { return "\(set.key.name) wants another count than \(wanted)" }
      let template = stored.tree[.spec][.template]
      let made = set.tree[.spec][.template]
      if template[.spec] != made[.spec] || template[.metadata][.annotations] != made[.metadata][.annotations] {
        return "\(set.key.name) runs another template"
      }
    }
    let status = deployment.status
    if status.observedGeneration != stored.metadata.generation {
      return "generation \(status.observedGeneration ?? 0) was observed"
    }
    let told = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas].map { $0 ?? 0 }
    if told != [wanted, wanted, wanted, wanted] { return "its status tells of \(told) pods, not \(wanted)" }
    if sets.count - live.count > (deployment.spec.revisionHistoryLimit ?? 10) + 1 { return "\(sets.count) ReplicaSets are kept" }
    let progressing = deployment.status.conditions.first { $0.type == "Progressing" }
    if progressing?.status != "True" { return "its condition Progressing is \(progressing?.reason ?? "not there")" }
    return nil
  }
}

/// At rest the endpoints of a service are its ready pods.
struct EndpointsAtRest: Check {
  let name = "the endpoints of a service are its ready pods"

  func settled(_ facts: Facts) -> String? {
    for service in facts.list(.services) {
      let selector = service.view(Service.self).spec.selector
      if selector.isEmpty { continue }
      let ready = facts.list(.pods, namespace: service.key.namespace).filter {
        $0.hasLabels(of: selector) && PodFacts($0).isReady
      }
      let wanted = ready.compactMap { $0.view(Pod.self).status.podIP }.sorted()
      let endpoints = facts.get(.endpoints, namespace: service.key.namespace, service.key.name)?.view(Endpoints.self)
      let told = (endpoints?.subsets.flatMap { $0.addresses.map { $0.ip ?? "" } } ?? []).sorted()
      if told != wanted { return "\(service.key.name) has \(told), and ready are \(wanted)" }
      let slices = facts.list(.endpointSlices).filter { $0.metadata.labels["kubernetes.io/service-name"] == service.key.name }
      let sliced = slices.flatMap { slice in
        slice.view(EndpointSlice.self).endpoints.filter { $0.conditions.ready == true }.flatMap { $0.addresses.values }
      }.sorted()
      if sliced != wanted { return "the slices of \(service.key.name) have \(sliced), and ready are \(wanted)" }
    }
    return nil
  }
}
