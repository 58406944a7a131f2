import CoreObjects

/// What each side says first.
struct ShimGreeting: Codable, Sendable {
  /// Of these messages. A shim of another one is not spoken to.
  static let version = 2

  var version = ShimGreeting.version
  /// How cluster time runs, as `ClusterClock` has it.
  private var speed: Double
  private var originNanoseconds: Int64
  private var started: Int64
  /// Monotonic nanoseconds at which the shim began: tells it from others that have had its process number.
  var began: Int64

  init(_ clock: ClusterClock, began: Int64 = 0) {
    (speed, originNanoseconds, started) = (clock.speed, clock.origin.nanoseconds, clock.started)
    self.began = began
  }

  var clock: ClusterClock {
    ClusterClock(speed: speed, origin: Instant(nanoseconds: originNanoseconds), started: started)
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
