import CoreObjects

/// Something that controllers put right with a delay: it may be wrong for so long and no longer, storm or not.
struct Delay: Sendable {
  /// Conflicts and their back-offs are over by then, and so is a restart.
  private let bound: Duration
  /// Virtual time between two looks, so that looking costs little.
  private static let pause = Duration.seconds(5)
  private var last: Instant?
  private var wrong: [String: Instant] = [:]

  init(bound: Duration = .seconds(60)) { self.bound = bound }

  /// - Parameters:
  ///   - since: when the last write made things as they are
  ///   - differences: what is wrong now, in words that stay the same while it is
  mutating func look(_ facts: Facts, since: Instant, _ differences: (Facts) -> [String]) -> String? {
    if let last, facts.now - last < Delay.pause { return nil }
    last = facts.now
    var kept: [String: Instant] = [:]
    for text in differences(facts) { kept[text] = wrong[text] ?? since }
    wrong = kept
    let longest = wrong.min { ($0.value, $0.key) < ($1.value, $1.key) }
    return longest.flatMap { facts.now - $0.value > bound ? "\($0.key), since \($0.value.rfc3339)" : nil }
  }
}
