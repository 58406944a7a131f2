/// A moment of cluster time: nanoseconds since 1970-01-01T00:00:00Z. The core never reads a clock: time is a parameter.
///
/// `@inlinable`, since times are compared on hot paths of other modules.
@usableFromInline package struct Instant: Hashable, Comparable, Sendable {
  @usableFromInline package var nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// Seconds out of range give the nearest moment within it.
  @inlinable package init(seconds: Int64) {
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds < 0 ? .min : .max) : scaled
  }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  @inlinable package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
  /// Stops at the last moment that can be held (the year 2262): durations come from users.
  @inlinable package static func + (left: Instant, right: Duration) -> Instant { left.moved(by: right.nanoseconds) }
  @inlinable package static func - (left: Instant, right: Duration) -> Instant {
    left.moved(by: right.nanoseconds == .min ? .max : -right.nanoseconds)
  }
  @inlinable package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
  }

  @inlinable func moved(by distance: Int64) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(distance)
    return Instant(nanoseconds: overflow ? (distance < 0 ? .min : .max) : sum)
  }
}

extension Duration {
  /// The whole duration in nanoseconds; exact within ±292 years, beyond that the nearest of the two ends.
  @inlinable package var nanoseconds: Int64 {
    // Within 292 years the machine divides at once; a division of 128 bits takes many times as long.
    let magnitude = attoseconds.magnitude
    let high = UInt64(truncatingIfNeeded: magnitude >> 64)
    guard high < 500_000_000 else { return Int64(clamping: attoseconds / 1_000_000_000) }
    let quotient = (1_000_000_000 as UInt64).dividingFullWidth((high, UInt64(truncatingIfNeeded: magnitude))).quotient
    return attoseconds < 0 ? -Int64(quotient) : Int64(quotient)
  }
}
