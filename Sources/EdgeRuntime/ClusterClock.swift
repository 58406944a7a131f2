package import CoreObjects
import EdgeLinux

/// Cluster time: it starts at a moment and runs `speed` times as fast as the wall's clock. The same in every process of a machine.
package struct ClusterClock: Sendable {
  package let speed: Double
  let origin: Instant
  /// Monotonic nanoseconds at `origin`.
  let started: Int64

  package init(speed: Double, origin: Instant? = nil) {
    self.init(speed: speed, origin: origin ?? ClusterClock.wallTime, started: ClusterClock.monotonic)
  }

  init(speed: Double, origin: Instant, started: Int64) {
    (self.speed, self.origin, self.started) = (speed, origin, started)
  }

  package var now: Instant { Instant(nanoseconds: origin.nanoseconds + Int64(Double(ClusterClock.monotonic - started) * speed)) }

  /// How long to wait on the wall's clock until a moment of cluster time; never negative.
  package func wait(until instant: Instant) -> Duration {
    .nanoseconds(max(0, Int64(Double(instant.nanoseconds - now.nanoseconds) / speed)))
  }

  /// The next of the moments that lie whole periods after one of them: what is done at each may take as long as it does.
  package func next(after moment: Instant, everySeconds period: Int64) -> Instant {
    let passed = max(0, (now.nanoseconds - moment.nanoseconds) / (period * 1_000_000_000))
    return moment + .seconds((passed + 1) * period)
  }

  package static var wallTime: Instant { Instant(nanoseconds: SystemClock.wall) }
  package static var monotonic: Int64 { SystemClock.monotonic }
}
