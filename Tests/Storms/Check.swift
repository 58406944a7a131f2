package import CoreObjects

/// One thing that must hold, judged from what the API shows and from nothing else.
package protocol Check: Sendable {
  /// As a sentence of what must hold.
  var name: String { get }

  /// After each write; `facts` has it already.
  /// - Returns: what is wrong
  mutating func note(_ change: StoreChange, _ facts: Facts) -> String?

  /// Time has passed, and nothing was written since then.
  mutating func passed(_ facts: Facts, since: Instant) -> String?

  /// Once nothing has gone wrong for a while.
  func settled(_ facts: Facts) -> String?
}

extension Check {
  package mutating func note(_ change: StoreChange, _ facts: Facts) -> String? { nil }
  package mutating func passed(_ facts: Facts, since: Instant) -> String? { nil }
  package func settled(_ facts: Facts) -> String? { nil }
}

package struct Violation: Sendable, CustomStringConvertible {
  package var check: String
  package var text: String
  package var description: String { "\(check): \(text)" }
}
