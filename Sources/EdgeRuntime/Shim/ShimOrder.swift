package import CoreObjects
import EdgeLinux

/// How cluster time runs, for a process that has no cluster.
package struct ShimClock: Sendable, Equatable {
  /// Cluster time at a moment of the machine's monotonic clock, in nanoseconds, and how fast it runs from there.
  package var origin: Instant
  package var monotonic: Int64
  package var speed: Double

  package init(origin: Instant, monotonic: Int64, speed: Double) {
    (self.origin, self.monotonic, self.speed) = (origin, monotonic, speed)
  }

  var now: Instant {
    Instant(nanoseconds: origin.nanoseconds + Int64(Double(SystemClock.monotonic - monotonic) * speed))
  }
}

/// What each side says first.
struct ShimGreeting: Codable, Sendable {
  /// Of these messages. A shim of another one is not spoken to.
  static let version = 1

  var version = ShimGreeting.version
  var originNanoseconds: Int64
  var monotonic: Int64
  var speed: Double
  /// Those that the shim has, whether they run or have ended.
  var containers: [String] = []

  init(_ clock: ShimClock, containers: [String] = []) {
    (originNanoseconds, monotonic, speed) = (clock.origin.nanoseconds, clock.monotonic, clock.speed)
    self.containers = containers
  }

  var clock: ShimClock {
    ShimClock(origin: Instant(nanoseconds: originNanoseconds), monotonic: monotonic, speed: speed)
  }
}

/// A container to start, of a bundle that is there.
struct ShimOrder: Codable, Sendable {
  var id: String
  var bundle: String
  /// Where crun keeps its state.
  var state: String
  var log: String
  var stdin: Bool
  var stdinOnce: Bool
  var terminal: Bool
  /// The control group of which nothing may be left when the first process has ended: it has no process namespace of its own, with
  /// which the kernel would end it.
  var group: String?

  var pidFile: String { bundle + "/pid" }
  var errorLog: String { bundle + "/crun.log" }
}

struct ShimExit: Codable, Sendable {
  var code: Int
  /// Nanoseconds of cluster time.
  var at: Int64
}

struct ShimStart: Codable, Sendable {
  var process: Int32
  /// Nanoseconds of cluster time.
  var startedAt: Int64
}
