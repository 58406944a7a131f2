import Glibc

/// The machine's clocks, in nanoseconds.
package enum SystemClock {
  /// Since 1970. It can be set, also back.
  package static var wall: Int64 { read(CLOCK_REALTIME) }
  /// Never goes back; its origin means nothing.
  package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
