import CoreObjects

/// The pods that wait for a node. The engine brings their keys in the order in which they came; a pod lets those of higher priority
/// pass.
struct SchedulingQueue: Sendable {
  /// Pods that fitted nowhere, with their priorities: tried again when there may be room.
  private var waiting: [ObjectKey: Int] = [:]
  /// Those of them that may fit as soon as another pod is placed, changes its labels or begins to end.
  private var neighbourly: Set<ObjectKey> = []
  /// Pods that are to be scheduled now, and how many of each priority there are.
  private var active: [ObjectKey: Int] = [:]
  private var levels: [Int: Int] = [:]

  mutating func activate(_ key: ObjectKey, priority: Int) {
    deactivate(key)
    active[key] = priority
    levels[priority, default: 0] += 1
  }

  var hasWaiting: Bool { !waiting.isEmpty }

  /// All that wait, by priority, then by key: they are to be scheduled now.
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
  func isReported(_ key: ObjectKey) -> Bool { waiting[key] != nil && active[key] == nil }

  /// A pod of higher priority is to be scheduled now.
  func isOutranked(_ key: ObjectKey) -> Bool {
    guard levels.count > 1, let own = active[key] else { return false }
    return levels.keys.contains { $0 > own }
  }

  mutating func wait(_ attempt: SchedulingAttempt) {
    waiting[attempt.stored.key] = attempt.priority
    if attempt.isNeighbourly { neighbourly.insert(attempt.stored.key) }
  }

  /// It is being looked at.
  mutating func begin(_ key: ObjectKey) { deactivate(key) }

  /// It needs no node any more.
  mutating func remove(_ key: ObjectKey) {
    if waiting.removeValue(forKey: key) != nil { neighbourly.remove(key) }
    deactivate(key)
  }

  private mutating func deactivate(_ key: ObjectKey) {
    guard let priority = active.removeValue(forKey: key) else { return }
    let count = levels[priority, default: 1] - 1
    levels[priority] = count > 0 ? count : nil
  }
}
