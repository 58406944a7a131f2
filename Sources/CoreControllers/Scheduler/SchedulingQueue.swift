import CoreStore
import CoreTypes

/// The pods that wait for a node. Those that are to be looked at go by priority: of the keys that the engine brings in the order
/// in which they came, a pod lets all pass that outrank it.
struct SchedulingQueue: Sendable {
  /// Pods that fitted nowhere, to be looked at again when room may have come, with their priorities.
  private var waiting: [ObjectKey: Int] = [:]
  /// Those of them that may fit as soon as another pod is placed, changes its labels or begins to end.
  private var neighbourly: Set<ObjectKey> = []
  /// Pods that are to be looked at now, and how many of each priority there are.
  private var active: [ObjectKey: Int] = [:]
  private var levels: [Int: Int] = [:]

  mutating func activate(_ key: ObjectKey, priority: Int) {
    forgetActive(key)
    active[key] = priority
    levels[priority, default: 0] += 1
  }

  var hasWaiting: Bool { !waiting.isEmpty }

  /// Everybody who waits, by priority, then by key; all are to be looked at now.
  mutating func activateWaiting() -> [ObjectKey] { activate(waiting) }

  mutating func activateNeighbourly() -> [ObjectKey] {
    neighbourly.isEmpty ? [] : activate(waiting.filter { neighbourly.contains($0.key) })
  }

  private mutating func activate(_ pods: [ObjectKey: Int]) -> [ObjectKey] {
    if pods.isEmpty { return [] }
    let keys = pods.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    for (key, priority) in keys { activate(key, priority: priority) }
    return keys.map { $0.0 }
  }

  /// It waits, and nothing has happened since that could help it.
  func isTold(_ key: ObjectKey) -> Bool { waiting[key] != nil && active[key] == nil }

  /// Somebody else who is to be looked at ranks higher.
  func isOutranked(_ key: ObjectKey) -> Bool {
    guard levels.count > 1, let own = active[key] else { return false }
    return levels.keys.contains { $0 > own }
  }

  mutating func wait(_ attempt: SchedulingAttempt) {
    waiting[attempt.stored.key] = attempt.priority
    if attempt.isNeighbourly { neighbourly.insert(attempt.stored.key) }
  }

  /// It is being looked at.
  mutating func take(_ key: ObjectKey) { forgetActive(key) }

  /// It needs no node any more.
  mutating func remove(_ key: ObjectKey) {
    if waiting.removeValue(forKey: key) != nil { neighbourly.remove(key) }
    forgetActive(key)
  }

  private mutating func forgetActive(_ key: ObjectKey) {
    guard let priority = active.removeValue(forKey: key) else { return }
    let count = levels[priority, default: 1] - 1
    levels[priority] = count > 0 ? count : nil
  }
}
