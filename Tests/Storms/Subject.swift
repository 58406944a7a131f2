package import CoreObjects
package import Simulation

/// What a storm goes over: the objects of one controller, what a user does to them, and what must hold.
package protocol Subject: Sendable {
  /// In one word, as the replay command names it.
  static var name: String { get }

  init(random: inout RandomSource)

  /// The first is the control plane, which nothing cuts off.
  static var nodes: [String] { get }
  /// Nodes that are cut off together at the most.
  static var lostAtMost: Int { get }
  /// Of 20 incidents so many cut a node off or bring one back.
  static var losses: Int { get }
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
  package static var nodes: [String] { ["n0", "n1", "n2"] }
  package static var lostAtMost: Int { 1 }
  package static var losses: Int { 2 }
  package var programs: [String: VirtualProgram] { ["app": .idle(memoryBytes: 8 << 20)] }
}
