import CoreObjects

/// How many pods each ReplicaSet has.
extension DeploymentSync {
  /// One step of a rolling update: the new set grows, or the old ones shrink. Source: rolling.go, v1.36.
  mutating func roll() {
    guard let new = newSet else { return }
    let size = new.replicas > wanted ? wanted : newSetSize
    if new.stored == nil || size != new.replicas {
      newSet!.replicas = size
      return
    }
    if shrinkOldSets() { return }
    if isComplete(deployment.status) { trimHistory() }
  }

  /// Takes pods from old sets: first those that do not work, then as many as availability allows.
  private mutating func shrinkOldSets() -> Bool {
    guard oldSets.contains(where: { $0.replicas > 0 }), let new = newSet else { return false }
    let least = wanted - pace.unavailable
    let total = replicas
    var room = total - least - max(0, new.replicas - new.available)
    guard room > 0 else { return false }
    var isChanged = false
    for index in oldSets.indices where room > 0 {
      let broken = min(room, oldSets[index].replicas - oldSets[index].available)
      guard oldSets[index].replicas > 0, broken > 0 else { continue }
      oldSets[index].replicas -= broken
      room -= broken
      isChanged = true
    }
    // The status of a set that has been lowered still counts pods that are about to be deleted: they are left out.
    var spare = allSets.reduce(0) { $0 + min($1.available, $1.replicas) } - least
    for index in oldSets.indices where spare > 0 {
      let taken = min(oldSets[index].replicas, spare)
      if taken == 0 { continue }
      oldSets[index].replicas -= taken
      spare -= taken
      isChanged = true
    }
    return isChanged
  }

  /// Brings the sets to a changed number of replicas, in proportion while an update is under way. Source: scale, sync.go, v1.36.
  mutating func scale() {
    if let index = activeOrLatest {
      setReplicas(index, wanted)
      return
    }
    if let new = newSet, new.desired == wanted, new.replicas == wanted, new.available == wanted {
      for index in oldSets.indices { oldSets[index].replicas = 0 }
      return
    }
    if isRolling { scaleInProportion() }
  }

  private mutating func setReplicas(_ index: Int, _ replicas: Int) {
    if index == oldSets.count { newSet!.replicas = max(0, replicas) } else { oldSets[index].replicas = max(0, replicas) }
  }

  /// The only set with pods, or the newest where none has; an index in `allSets`. Source: FindActiveOrLatest.
  private var activeOrLatest: Int? {
    let all = allSets
    let active = all.indices.filter { all[$0].replicas > 0 }
    if active.count > 1 || all.isEmpty { return nil }
    return active.first ?? all.count - 1
  }

  private mutating func scaleInProportion() {
    let all = allSets
    let surge = pace.surge
    let allowed = wanted > 0 ? wanted + surge : 0
    let toAdd = allowed - all.reduce(0) { $0 + $1.replicas }
    // The largest first; of equal ones the newer when growing, the older when shrinking.
    let order = all.indices.filter { all[$0].replicas > 0 }.sorted { a, b in
      if all[a].replicas != all[b].replicas { return all[a].replicas > all[b].replicas }
      return toAdd > 0 ? all[a].age > all[b].age : all[a].age < all[b].age
    }
    var sizes = order.map { all[$0].replicas }
    var added = 0
    if toAdd != 0 {
      for (place, index) in order.enumerated() {
        let share = fraction(all[index], surge)
        let limited = toAdd > 0 ? min(share, toAdd - added) : max(share, toAdd - added)
        sizes[place] += limited
        added += limited
      }
      if !sizes.isEmpty { sizes[0] = max(0, sizes[0] + toAdd - added) }
    }
    for (place, index) in order.enumerated() { setReplicas(index, sizes[place]) }
  }

  /// What a set should gain so that it keeps its share. Source: getReplicaSetFraction, deployment_util.go, v1.36.
  private func fraction(_ set: RevisionSet, _ surge: Int) -> Int {
    if wanted == 0 { return -set.replicas }
    let before = set.most.flatMap { $0 > 0 ? $0 : nil } ?? deployment.status.replicas ?? 0
    guard before > 0 else { return 0 }
    let size = Double(set.replicas) * Double(wanted + surge) / Double(before)
    return Int(size.rounded(.toNearestOrAwayFromZero)) - set.replicas
  }
}
