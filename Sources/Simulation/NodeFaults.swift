package import CoreObjects

/// What goes wrong on simulated nodes, drawn from a seed.
package struct NodeFaults: Sendable {
  package enum Start: Sendable {
    case none
    /// The runtime does not start the container.
    case refused
    /// It starts that much later.
    case late(Duration)
    case crash(afterSeconds: Int, code: Int)
    /// It starts, and its probes fail for that long.
    case sick(Duration)
  }

  /// Of a hundred starts of a container.
  package var refused = 0
  package var late = 0
  package var crashing = 0
  package var sick = 0
  /// Of a hundred pods, those whose samples are missing for some minutes.
  package var unmeasured = 0
  private var random: RandomSource
  private let salt: UInt64

  package init(random: RandomSource) {
    self.random = random
    salt = self.random.next()
  }

  mutating func draw() -> Start {
    let number = random.below(100)
    if number < refused { return .refused }
    if number < refused + late { return .late(.seconds(1 + random.below(40))) }
    if number < refused + late + crashing { return .crash(afterSeconds: random.below(90), code: 1 + random.below(3)) }
    if number < refused + late + crashing + sick {
      return .sick(random.below(3) == 0 ? .seconds(86_400) : .seconds(1 + random.below(120)))
    }
    return .none
  }

  /// Whether a pod has no samples now; the same pods for four minutes each.
  func misses(_ podUID: String, _ now: Instant) -> Bool {
    if unmeasured == 0 { return false }
    var draw = RandomSource(seed: FNV.hash(podUID, salt &+ UInt64(bitPattern: now.seconds / 240)))
    return draw.below(100) < unmeasured
  }
}
