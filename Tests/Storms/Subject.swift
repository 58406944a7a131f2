package import CoreJSON
package import CoreTypes
package import Simulation

/// What a storm goes over: the objects of one controller, what a user does to them, and what must hold.
package protocol Subject: Sendable {
  /// In one word, as the replay command names it.
  static var name: String { get }

  init(random: inout RandomSource)

  /// Applied in this order at the start.
  var manifests: [JSON] { get }
  /// What the images do.
  var programs: [String: VirtualProgram] { get }
  var checks: [any Check] { get }

  /// The next thing that the user does; nil: nothing this time.
  mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct?
  /// Once faults have stopped: what the user puts right, so that everything can come to rest.
  mutating func calm(_ facts: Facts) -> [StormAct]
}

extension Subject {
  package var programs: [String: VirtualProgram] { ["app": .idle(memoryBytes: 8 << 20)] }
}
