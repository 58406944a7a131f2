import CoreObjects

/// Autoscalers whose looks would say the same as the last one until something that they read changes: their target, a pod, its
/// usage. They are not looked at before; what that saves is nearly all of the work of a cluster at rest.
struct RestingAutoscalers: Sendable {
  /// What a resting autoscaler has read.
  struct Sources: Sendable {
    var target: ObjectKey
    var podUIDs: [String]
    /// When time alone ends the rest.
    var until: Instant?

    func isSame(as other: Sources) -> Bool { target == other.target && podUIDs == other.podUIDs }
  }
  /// One that rests or has rested: most come back to rest with the same sources.
  private struct Rest: Sendable {
    var key: ObjectKey
    var sources: Sources
    var isResting = true
    /// Whether all of its sources lead to it: another one may have read some of them since.
    var isWhole = true
    /// The last question that it was among the answers to.
    var question: UInt64 = 0
  }
  private var rests = Slots<ObjectKey, Rest>()
  private var byTarget: [ObjectKey: Int] = [:]
  private var byPod = Slots<String, Int>()
  private var question: UInt64 = 0

  func contains(_ key: ObjectKey) -> Bool { rests.place(of: key).map { rests[$0].isResting } ?? false }

  /// No two that rest share a target or a pod: those say AmbiguousSelector, again and again.
  /// - Parameter place: where it rested before, if that is known
  /// - Returns: its place, which it keeps until it is removed
  @discardableResult
  mutating func put(_ key: ObjectKey, _ read: Sources, at place: Int? = nil) -> Int {
    if let place = place ?? rests.place(of: key) {
      rests[place].isResting = true
      if rests[place].isWhole, rests[place].sources.isSame(as: read) {
        rests[place].sources.until = read.until
        return place
      }
      unlink(place, rests[place].sources)
      rests[place].sources = read
      link(place, read)
      return place
    }
    let place = rests.reserve(key, Rest(key: key, sources: read))
    link(place, read)
    return place
  }

  private mutating func link(_ place: Int, _ read: Sources) {
    rests[place].isWhole = true
    if let other = byTarget.updateValue(place, forKey: read.target), other != place { rests[other].isWhole = false }
    for uid in read.podUIDs {
      let pod = byPod.reserve(uid, place)
      if byPod[pod] != place { rests[byPod[pod]].isWhole = false }
      byPod[pod] = place
    }
  }

  private mutating func unlink(_ place: Int, _ read: Sources) {
    if byTarget[read.target] == place { byTarget[read.target] = nil }
    for uid in read.podUIDs {
      if let pod = byPod.place(of: uid), byPod[pod] == place { byPod.remove(uid, leaving: -1) }
    }
  }

  /// - Parameter place: where it rests, if that is known
  /// - Returns: what it had read; nil if it did not rest
  mutating func wake(_ key: ObjectKey, at place: Int? = nil) -> Sources? {
    guard let place = place ?? rests.place(of: key), rests[place].isResting else { return nil }
    rests[place].isResting = false
    return rests[place].sources
  }

  /// For one that is gone.
  mutating func remove(_ key: ObjectKey) {
    guard let place = rests.place(of: key) else { return }
    let sources = rests[place].sources
    unlink(place, sources)
    rests.remove(key, leaving: Rest(key: key, sources: sources, isResting: false))
  }

  func key(ofTarget target: ObjectKey) -> ObjectKey? { byTarget[target].flatMap(key) }

  /// Each once, in the order of their first pods.
  mutating func keys(ofPods uids: [String]) -> [ObjectKey] {
    question += 1
    var keys: [ObjectKey] = []
    var pod = -1
    for uid in uids {
      guard let found = byPod.place(of: uid, after: pod) else { continue }
      pod = found
      let place = byPod[pod]
      guard rests[place].isResting, rests[place].question != question else { continue }
      rests[place].question = question
      keys.append(rests[place].key)
    }
    return keys
  }

  private func key(at place: Int) -> ObjectKey? { rests[place].isResting ? rests[place].key : nil }

  /// Those that a change of a pod may concern.
  func keys(affectedBy change: StoreChange, _ selectors: SelectorIndex) -> [ObjectKey] {
    if rests.isEmpty { return [] }
    let known = byPod.place(of: change.object.uid).flatMap { key(at: byPod[$0]) }
    let labels = change.object.metadata.labels
    if change.kind == .modified, change.previous?.metadata.labels == labels { return known.map { [$0] } ?? [] }
    return (known.map { [$0] } ?? []) + selectors.keys(matching: labels, namespace: change.object.key.namespace).filter(contains)
  }

  /// Sorted.
  func keys(in namespace: String) -> [ObjectKey] {
    rests.all.lazy.filter { $0.isResting && $0.key.namespace == namespace }.map(\.key).sorted()
  }
}
