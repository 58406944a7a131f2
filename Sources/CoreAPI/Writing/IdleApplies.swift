import CoreObjects

/// The last apply of each object that changed nothing: while the object stays as it is, the same bytes change nothing again, and are
/// not read. Tools that keep a cluster as it is written down send little else.
struct IdleApplies: Sendable {
  /// All that the outcome depends on.
  struct Apply: Equatable, Sendable {
    let revision: UInt64
    let manager: String
    let apiVersion: String
    let scope: WriteScope
    let validation: FieldValidation
    let body: [UInt8]
  }

  /// Of the bodies that are kept.
  private static let byteLimit = 16 << 20
  private var known: [ObjectKey: (apply: Apply, warnings: [String])] = [:]
  private var byteCount = 0

  /// What the apply was warned of; nil for one that is not known to change nothing.
  func warnings(_ key: ObjectKey, _ apply: Apply) -> [String]? {
    guard let found = known[key], found.apply == apply else { return nil }
    return found.warnings
  }

  mutating func add(_ key: ObjectKey, _ apply: Apply, warnings: [String]) {
    if byteCount + apply.body.count > IdleApplies.byteLimit { self = IdleApplies() }
    byteCount += apply.body.count - (known.updateValue((apply, warnings), forKey: key)?.apply.body.count ?? 0)
  }
}
