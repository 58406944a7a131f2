/// A moment of cluster time: nanoseconds since 1970-01-01T00:00:00Z. The core never asks what time it is; it is told.
package struct Instant: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  package init(seconds: Int64) { nanoseconds = seconds * 1_000_000_000 }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int64 { nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : -((-nanoseconds + 999_999_999) / 1_000_000_000) }

  package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
  package static func + (left: Instant, right: Duration) -> Instant { Instant(nanoseconds: left.nanoseconds + right.nanoseconds) }
  package static func - (left: Instant, right: Duration) -> Instant { Instant(nanoseconds: left.nanoseconds - right.nanoseconds) }
  package static func - (left: Instant, right: Instant) -> Duration { .nanoseconds(left.nanoseconds - right.nanoseconds) }
}

extension Duration {
  /// The whole duration in nanoseconds; exact within ±292 years.
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
