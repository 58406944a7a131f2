import CoreControllers
import CoreObjects

/// A mistake planted into a controller: what it sees or what it plans is altered; its code is not.
package struct Mutant: Sendable {
  package let name: String
  /// The controller that makes the mistake.
  package let controller: String
  package let subject: any Subject.Type
  private let sees: @Sendable (inout Snapshot, ObjectKey, Instant) -> Void
  private let plans: @Sendable (inout Plan, Snapshot, ObjectKey) -> Void

  init(
    _ name: String, in controller: String, _ subject: any Subject.Type,
    sees: @escaping @Sendable (inout Snapshot, ObjectKey, Instant) -> Void = { _, _, _ in },
    plans: @escaping @Sendable (inout Plan, Snapshot, ObjectKey) -> Void = { _, _, _ in }
  ) {
    self.name = name
    self.controller = controller
    self.subject = subject
    self.sees = sees
    self.plans = plans
  }

  func planted(in real: any Controller) -> any Controller {
    real.name == controller ? Mistaken(real: real, mutant: self) : real
  }

  private struct Mistaken: Controller {
    var real: any Controller
    let mutant: Mutant
    var name: String { real.name }
    var resources: Set<ResourceID>? { real.resources }

    mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { real.keys(affectedByUsageOf: podUIDs) }
    mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
      real.keys(affectedBy: change, in: snapshot)
    }

    mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
      var seen = snapshot
      mutant.sees(&seen, key, now)
      var plan = real.plan(key, in: seen, at: now)
      mutant.plans(&plan, snapshot, key)
      return plan
    }
  }
}
