import CoreObjects

/// The rolling update. It waits while there is something to make or remove. Source: rollingUpdate, daemon/update.go, v1.36.
extension DaemonSetSync {
  /// Nodes that may have an old and a new pod at once.
  var surge: Int {
    CountOrPercent.resolve(set.spec.updateStrategy.rollingUpdate.maxSurge, of: max(1, wanted.count), roundingUp: true) ?? 0
  }

  private var mostUnavailable: Int {
    let value = set.spec.updateStrategy.rollingUpdate.maxUnavailable
    let count = CountOrPercent.resolve(value, of: wanted.count, roundingUp: true) ?? 1
    return count == 0 && surge == 0 ? 1 : count
  }

  mutating func update() { if surge > 0 { updateWithSurge() } else { updateInPlace() } }

  /// The one new and the one old pod of a node; nil where there are several, which the next look removes.
  private func pair(_ node: String) -> (new: StoredObject?, old: StoredObject?)? {
    let live = (pods[node] ?? []).filter { isLive($0) }
    let new = live.filter { isCurrent($0) }
    let old = live.filter { !isCurrent($0) }
    return new.count > 1 || old.count > 1 ? nil : (new.first, old.first)
  }

  /// Wanted nodes and those that have a pod all the same.
  private var places: [String] {
    let served = Set(wanted.map(\.key.name))
    return nodes.map(\.key.name).filter { served.contains($0) || pods[$0] != nil }
  }

  /// Old pods that do not work go at once, the others as far as maxUnavailable lets.
  private mutating func updateInPlace() {
    var unavailable = 0
    var broken: [StoredObject] = []
    var candidates: [StoredObject] = []
    for node in places {
      switch pair(node) {
      case (nil, let old?)?: if isAvailable(old) { candidates.append(old) } else { broken.append(old) }
      case (let new?, nil)?: if !isAvailable(new) { unavailable += 1 }
      default: unavailable += 1
      }
    }
    podsToDelete += broken + candidates.prefix(max(0, mostUnavailable - unavailable))
  }

  /// A new pod comes beside every old one that does not work, and beside maxSurge of the others; `keepTwo` takes the old ones.
  private mutating func updateWithSurge() {
    var surging = 0
    var broken: [String] = []
    var candidates: [String] = []
    let served = Set(wanted.map(\.key.name))
    for node in places {
      switch pair(node) {
      case (nil, let old?)? where served.contains(node):
        if isAvailable(old) { candidates.append(node) } else { broken.append(node) }
      case (let new?, let old?)?: if isAvailable(new) { podsToDelete.append(old) } else { surging += 1 }
      case nil: surging += 1
      default: break
      }
    }
    nodesToServe += broken + candidates.prefix(max(0, surge - surging))
  }
}
