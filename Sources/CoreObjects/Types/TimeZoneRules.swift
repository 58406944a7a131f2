/// How far a place's clock is from UTC, and when that changes.
package struct TimeZoneRules: Sendable, Equatable {
  package static let utc = TimeZoneRules(transitions: [], initialOffset: 0)

  package struct Transition: Sendable, Equatable {
    package var at: Int64
    /// Seconds east of UTC from then on.
    package var offset: Int
  }
  private let transitions: [Transition]
  private let initialOffset: Int
  /// After the last transition.
  private let tail: PosixTimeZone?

  package init(transitions: [Transition], initialOffset: Int, tail: PosixTimeZone? = nil) {
    self.transitions = transitions
    self.initialOffset = initialOffset
    self.tail = tail
  }

  /// Seconds east of UTC.
  package func offset(at instant: Instant) -> Int {
    let seconds = instant.seconds
    let passed = transitionsPassed(at: seconds)
    if passed == transitions.count, let tail { return tail.offset(at: seconds) }
    return passed == 0 ? initialOffset : transitions[passed - 1].offset
  }

  private func transitionsPassed(at seconds: Int64) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the clock is put neither forward nor back after `start`, up to `end`: both in seconds since 1970.
  func isSteady(after start: Int64, through end: Int64) -> Bool {
    let passed = transitionsPassed(at: start)
    guard passed == transitionsPassed(at: end) else { return false }
    guard passed == transitions.count, let tail else { return true }
    return tail.isSteady(after: start, through: end)
  }

  /// The moment at which the clock shows `local`: the first of two, and for a time that is skipped the moment after the gap.
  package func instant(of local: CivilTime) -> Instant {
    let wall = local.secondsSince1970
    let before = offset(at: Instant(seconds: wall - 86_400))
    let after = offset(at: Instant(seconds: wall + 86_400))
    let byBefore = Instant(seconds: wall - Int64(before))
    let byAfter = Instant(seconds: wall - Int64(after))
    let holds = [(byBefore, before), (byAfter, after)].filter { offset(at: $0.0) == $0.1 }.map(\.0)
    return holds.min() ?? max(byBefore, byAfter)
  }
}
