import CoreStore
import CoreTypes

/// Autoscalers whose looks would say the same as the last one until something that they read changes: their target, a pod, its
/// usage. They are not looked at before; what that saves is nearly all of the work of a cluster at rest.
struct RestingAutoscalers: Sendable {
  /// What a resting autoscaler has read.
  struct Sources: Sendable {
    var target: ObjectKey
    var podUIDs: [String]
    /// When time alone ends the rest.
    var until: Instant?
  }
  private var sources: [ObjectKey: Sources] = [:]
  private var byTarget: [ObjectKey: ObjectKey] = [:]
  private var byPod: [String: ObjectKey] = [:]

  func contains(_ key: ObjectKey) -> Bool { sources[key] != nil }

  /// No two that rest share a target or a pod: those say AmbiguousSelector, again and again.
  mutating func put(_ key: ObjectKey, _ read: Sources) {
    remove(key)
    sources[key] = read
    byTarget[read.target] = key
    for uid in read.podUIDs { byPod[uid] = key }
  }

  /// - Returns: what it had read; nil if it did not rest
  @discardableResult
  mutating func remove(_ key: ObjectKey) -> Sources? {
    guard let read = sources.removeValue(forKey: key) else { return nil }
    byTarget[read.target] = nil
    for uid in read.podUIDs { byPod[uid] = nil }
    return read
  }

  func key(ofTarget target: ObjectKey) -> ObjectKey? { byTarget.isEmpty ? nil : byTarget[target] }

  func keys(ofPods uids: [String]) -> [ObjectKey] { byPod.isEmpty ? [] : uids.compactMap { byPod[$0] } }

  /// Those that a change of a pod may concern.
  func keys(affectedBy change: StoreChange, _ selectors: SelectorIndex) -> [ObjectKey] {
    if sources.isEmpty { return [] }
    let known = byPod[change.object.uid]
    let labels = change.object.metadata.labels
    if change.kind == .modified, change.previous?.metadata.labels == labels { return known.map { [$0] } ?? [] }
    return (known.map { [$0] } ?? []) + selectors.keys(matching: labels, namespace: change.object.key.namespace).filter(contains)
  }

  /// Sorted.
  func keys(in namespace: String) -> [ObjectKey] { sources.keys.filter { $0.namespace == namespace }.sorted() }
}
