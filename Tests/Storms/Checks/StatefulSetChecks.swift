import CoreObjects

extension StatefulSet {
  var range: Range<Int> {
    let start = spec.ordinals.start ?? 0
    return start..<(start + (spec.replicas ?? 1))
  }
  var isOrdered: Bool { spec.podManagementPolicy != "Parallel" }
}

extension Facts {
  /// The set that controls a pod, while it is not being deleted itself.
  func liveSet(of pod: PodFacts) -> StoredObject? {
    list(.statefulSets, namespace: pod.object.key.namespace)
      .first { $0.uid == pod.controllerUID && $0.metadata.deletionTimestamp == nil }
  }
  /// A pod that is deleted, but not for its workload's sake.
  func isDisrupted(_ pod: PodFacts) -> Bool {
    guard let now = get(pod.object.key) ?? Optional(pod.object) else { return false }
    return now.view(Pod.self).status.conditions.contains { $0.type == "DisruptionTarget" && $0.status == "True" }
  }
}

/// A pod of a set is named after its ordinal, says so in its label, and mounts the claim of this ordinal.
struct OnePodAndClaimPerOrdinal: Check {
  let name = "one pod and one claim per ordinal"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.madePod, let set = facts.liveSet(of: pod) else { return nil }
    guard let ordinal = pod.ordinal, pod.name == "\(set.key.name)-\(ordinal)",
      pod.label("apps.kubernetes.io/pod-index") == "\(ordinal)"
    else { return "\(pod.name) is not named after an ordinal of \(set.key.name)" }
    let twins = facts.pods(of: set).filter { $0.label("apps.kubernetes.io/pod-index") == "\(ordinal)" }
    if twins.count > 1 { return "\(twins.map(\.name)) have the same ordinal" }
    let claims = pod.object.view(Pod.self).spec.volumes.compactMap { $0.persistentVolumeClaim.claimName }
    let wanted = set.view(StatefulSet.self).spec.volumeClaimTemplates.map { "\($0.metadata.name ?? "")-\(pod.name)" }
    return claims == wanted ? nil : "\(pod.name) mounts \(claims), not \(wanted)"
  }
}

/// OrderedReady: a pod is made once all below it are available.
struct OrderedReadiness: Check {
  let name = "a pod is made only when all lower ordinals are ready"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.madePod, let stored = facts.liveSet(of: pod), let ordinal = pod.ordinal else { return nil }
    let set = stored.view(StatefulSet.self)
    guard set.isOrdered else { return nil }
    let pods = facts.pods(of: stored)
    for lower in set.range where lower < ordinal {
      let isThere = pods.contains { $0.ordinal == lower && $0.isAvailable(set.spec.minReadySeconds ?? 0, facts.now) }
      if !isThere { return "\(pod.name) was made while ordinal \(lower) was not ready" }
    }
    return nil
  }
}

/// Scaling down takes the highest ordinal first, and when ordered the next one only when it is gone.
struct OrderedScaleDown: Check {
  let name = "scaling down takes the highest ordinal first, one at a time"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.leavingPod, !facts.isUsers, !facts.isDisrupted(pod), !pod.isOver, let stored = facts.liveSet(of: pod),
      let ordinal = pod.ordinal, case let set = stored.view(StatefulSet.self), set.isOrdered, !set.range.contains(ordinal)
    else { return nil }
    let higher = facts.pods(of: stored).filter { $0.name != pod.name && ($0.ordinal ?? 0) > ordinal }
    return higher.isEmpty ? nil : "\(pod.name) was deleted before \(higher.map(\.name))"
  }
}

/// A rolling update takes no good pod while one above it is not available, and none below the partition.
struct RollsFromTheTop: Check {
  let name = "a rolling update goes from the highest ordinal down to the partition"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard let pod = change.leavingPod, !facts.isUsers, !facts.isDisrupted(pod), pod.isReady, let stored = facts.liveSet(of: pod),
      let ordinal = pod.ordinal, case let set = stored.view(StatefulSet.self), set.range.contains(ordinal)
    else { return nil }
    if set.spec.updateStrategy.type == "OnDelete" { return "\(pod.name) was deleted by an update OnDelete" }
    let partition = set.range.lowerBound + (set.spec.updateStrategy.rollingUpdate.partition ?? 0)
    if ordinal < partition { return "\(pod.name) was deleted below the partition \(partition)" }
    let pods = facts.pods(of: stored)
    for higher in set.range where higher > ordinal {
      let isThere = pods.contains { $0.ordinal == higher && $0.isAvailable(set.spec.minReadySeconds ?? 0, facts.now) }
      if !isThere { return "\(pod.name) was deleted while ordinal \(higher) was not available" }
    }
    return nil
  }
}

/// Claims go only as the set's retention policy says.
struct ClaimsAreRetained: Check {
  let name = "claims are kept as the retention policy says"
  let whenScaled: String
  let whenDeleted: String

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .persistentVolumeClaims, !facts.isUsers, let previous = change.previous,
      previous.metadata.deletionTimestamp == nil, change.kind == .deleted || change.object.metadata.deletionTimestamp != nil
    else { return nil }
    if whenScaled == "Delete" { return nil }
    let sets = Set(facts.list(.statefulSets).filter { $0.metadata.deletionTimestamp == nil }.map(\.uid))
    let isOrphan = previous.metadata.ownerReferences.contains { $0.kind == "StatefulSet" && !sets.contains($0.uid ?? "") }
    if whenDeleted == "Delete", isOrphan { return nil }
    return "\(previous.key.name) was deleted, though whenScaled is \(whenScaled) and whenDeleted \(whenDeleted)"
  }
}

/// At rest a set has what it asks for, and says so.
struct StatefulSetAtRest: Check {
  let name = "a set at rest has its pods, claims and status"
  /// Names of pods that the set itself scaled away; of others it may not have seen that they went.
  private var condemned: Set<String> = []

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    if let pod = change.madePod { condemned.remove(pod.name) }
    guard let pod = change.leavingPod, let set = facts.liveSet(of: pod)?.view(StatefulSet.self) else { return nil }
    if facts.isUsers || set.range.contains(pod.ordinal ?? 0) { condemned.remove(pod.name) } else { condemned.insert(pod.name) }
    return nil
  }

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.statefulSets) { if let text = unrest(of: stored, facts) { return "\(stored.key.name): \(text)" } }
    return nil
  }

  private func unrest(of stored: StoredObject, _ facts: Facts) -> String? {
    let set = stored.view(StatefulSet.self)
    let pods = facts.pods(of: stored)
    let ordinals = pods.compactMap(\.ordinal).sorted()
    if ordinals != Array(set.range) { return "pods \(ordinals) for \(set.range)" }
    if let pod = pods.first(where: { !$0.isAvailable(set.spec.minReadySeconds ?? 0, facts.now) }) {
      return "\(pod.name) is not available"
    }
    let status = set.status
    if status.observedGeneration != stored.metadata.generation {
      return "generation \(status.observedGeneration ?? 0) was observed"
    }
    let count = set.range.count
    let told = [status.replicas, status.readyReplicas, status.availableReplicas].map { $0 ?? 0 }
    if told != [count, count, count] { return "its status tells of \(told) pods, not \(count)" }
    if set.spec.updateStrategy.type != "OnDelete", (set.spec.updateStrategy.rollingUpdate.partition ?? 0) == 0 {
      let stale = pods.filter { $0.label("controller-revision-hash") != status.updateRevision }
      if !stale.isEmpty { return "\(stale.map(\.name)) are of an old revision" }
      if status.currentRevision != status.updateRevision { return "the current revision is not the wanted one" }
      if status.updatedReplicas ?? 0 != count { return "\(status.updatedReplicas ?? 0) of \(count) are told as updated" }
    }
    let revisions = facts.list(.controllerRevisions).filter { $0.metadata.ownerReferences.contains { $0.uid == stored.uid } }
    let live = Set(
      pods.map { $0.label("controller-revision-hash") } + [status.currentRevision ?? "", status.updateRevision ?? ""])
    let old = revisions.filter { !live.contains($0.key.name) }
    if old.count > set.spec.revisionHistoryLimit ?? 10 { return "\(old.count) revisions that no pod has are kept" }
    return claims(of: stored, set, facts)
  }

  private func claims(of stored: StoredObject, _ set: StatefulSet, _ facts: Facts) -> String? {
    for template in set.spec.volumeClaimTemplates {
      let prefix = "\(template.metadata.name ?? "")-\(stored.key.name)-"
      let claims = facts.list(.persistentVolumeClaims).filter { $0.key.name.hasPrefix(prefix) }
      let ordinals = claims.compactMap { Int($0.key.name.dropFirst(prefix.count)) }
      if !Set(ordinals).isSuperset(of: set.range) { return "claims \(ordinals.sorted()) for \(set.range)" }
      let extra = ordinals.filter { !set.range.contains($0) && condemned.contains("\(stored.key.name)-\($0)") }
      if set.spec.persistentVolumeClaimRetentionPolicy.whenScaled == "Delete", !extra.isEmpty {
        return "claims of \(extra.sorted()) are left behind"
      }
    }
    return nil
  }
}
