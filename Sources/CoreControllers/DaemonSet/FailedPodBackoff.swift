import CoreObjects

/// How long a failed pod of a DaemonSet is left before it is deleted for another: 1 s doubling to 15 min for each node, so that a
/// node that refuses the pod is not tried without end. Source: failedPodsBackoff, daemon_controller.go, v1.36.
struct FailedPodBackoff: Sendable {
  private static let firstSeconds = 1
  private static let lastSeconds = 900
  /// Nodes remembered at the most; the next failure begins anew.
  private static let limit = 100_000

  struct Place: Hashable, Sendable {
    var uid: String
    /// A new template is tried at once.
    var generation: Int
    var node: String
  }
  private struct Entry {
    var seconds: Int
    var at: Instant
  }
  private var entries: [Place: Entry] = [:]

  /// When the next failed pod may go; nil: now, which is taken down.
  mutating func wait(_ place: Place, _ now: Instant) -> Instant? {
    var entry = Entry(seconds: FailedPodBackoff.firstSeconds, at: now)
    if let last = entries[place], now - last.at <= .seconds(2 * FailedPodBackoff.lastSeconds) {
      let due = last.at + .seconds(last.seconds)
      if due > now { return due }
      entry.seconds = min(last.seconds * 2, FailedPodBackoff.lastSeconds)
    }
    if entries.count >= FailedPodBackoff.limit { entries = [:] }
    entries[place] = entry
    return nil
  }

  mutating func remove(_ uid: String) { entries = entries.filter { $0.key.uid != uid } }
}
