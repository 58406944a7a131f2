/// A moment of cluster time: nanoseconds since 1970-01-01T00:00:00Z. The core never reads a clock: time is a parameter.
package struct Instant: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// Seconds out of range give the nearest moment within it.
  package init(seconds: Int64) {
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds < 0 ? .min : .max) : scaled
  }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
  /// Stops at the last moment that can be held (the year 2262): durations come from users.
  package static func + (left: Instant, right: Duration) -> Instant { left.moved(by: right.nanoseconds) }
  package static func - (left: Instant, right: Duration) -> Instant {
    left.moved(by: right.nanoseconds == .min ? .max : -right.nanoseconds)
  }
  package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
  }

  private func moved(by distance: Int64) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(distance)
    return Instant(nanoseconds: overflow ? (distance < 0 ? .min : .max) : sum)
  }
}

extension Duration {
  /// The whole duration in nanoseconds; exact within ±292 years, beyond that the nearest of the two ends.
  package var nanoseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000)
  }
}
