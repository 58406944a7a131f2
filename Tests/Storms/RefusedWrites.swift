package import CoreControllers
package import CoreObjects

/// A controller some of whose writes are refused with Conflict, as when another write came first.
package struct RefusedWrites: Controller {
  private var real: any Controller
  private var random: RandomSource
  private let percent: Int
  private let end: Instant
  package var name: String { real.name }

  /// - Parameters:
  ///   - percent: of the plans that write something
  ///   - end: nothing is refused from here on
  package init(_ real: any Controller, percent: Int, until end: Instant, random: RandomSource) {
    self.real = real
    self.percent = percent
    self.end = end
    self.random = random
  }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    real.keys(affectedBy: change, in: snapshot)
  }

  package var resources: Set<ResourceID>? { real.resources }
  package mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { real.keys(affectedByUsageOf: podUIDs) }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    var plan = real.plan(key, in: snapshot, at: now)
    guard now < end, !plan.changes.isEmpty, random.below(100) < percent else { return plan }
    let index = random.below(plan.changes.count)
    if case .nothing = plan.changes[index].write { return plan }
    // A deletion of an object by another uid than its own is a Conflict, whatever the object.
    plan.changes[index].write = .delete(
      ObjectKey(.namespaces, "default"), uid: "of another object", graceSeconds: nil, propagation: nil)
    return plan
  }
}
