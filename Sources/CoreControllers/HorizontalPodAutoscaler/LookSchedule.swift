import CoreObjects

/// When an autoscaler is looked at: every 15 s, on a beat that a rest does not change.
struct LookSchedule: Sendable {
  private static let beat = HorizontalPodAutoscalerController.syncPeriod + HorizontalPodAutoscalerController.syncWork

  private(set) var next: Instant
  /// Where `RestingAutoscalers` keeps it; nil before its first rest.
  var restPlace: Int?

  init(next: Instant) { self.next = next }

  /// For a look that is done now.
  mutating func advance(at now: Instant) {
    let due = next + Self.beat
    next = due > now ? due : now + HorizontalPodAutoscalerController.syncPeriod
  }

  /// Ends a rest: the next look is on the beat that there was before.
  /// - Parameter isDue: the rest ends by itself, with the look whose beat is now
  /// - Returns: the last moment of a look that was left out
  mutating func resume(at now: Instant, isDue: Bool) -> Instant? {
    guard var last = lastBeat(at: now) else { return nil }
    if isDue { last = last - Self.beat }
    let isFirst = last < next
    next = last + Self.beat
    return isFirst ? nil : last
  }

  /// The first beat that is not before `instant`.
  func beat(from instant: Instant) -> Instant {
    lastBeat(at: instant).map { $0 == instant ? $0 : $0 + Self.beat } ?? next
  }

  /// The last moment of a look that was left out; one at `now` came before what ends the rest.
  func lastBeat(at now: Instant) -> Instant? {
    if now < next { return nil }
    let beats = (now - next).nanoseconds / Self.beat.nanoseconds
    return next + .nanoseconds(beats * Self.beat.nanoseconds)
  }
}
