/// How far apart two runs of the same scenario are in the pods of one target: one in virtual time, one on a cluster.
package struct RunDistance: Sendable {
  /// For so long after a change of either run their pods may differ, unless something else is said.
  package static let usualSeconds = 30.0

  /// A change of the wanted count.
  package struct Change: Sendable, Equatable {
    package var second: Double
    package var from: Int
    package var to: Int

    var text: String { "\(from) → \(to)" }
  }
  /// "StatefulSet/app"
  package private(set) var target: String
  /// Names of both runs.
  package let runs: (String, String)
  package let afterChangeSeconds: Double
  /// The most pods apart, outside of the seconds after a change, and the first moment at which they were.
  package private(set) var pods = 0
  package private(set) var podsSecond: Double?
  private var counts = (0, 0)
  /// The most seconds between a change and the nearest one of the other run that passes the same number of pods in the same
  /// direction, and those two.
  package private(set) var seconds = 0.0
  package private(set) var farthest: (Change, Change)?
  /// Changes that the other run has none like, of each run.
  package private(set) var lonely: ([Change], [Change]) = ([], [])

  package init(_ one: AutoscalerRecord, in first: String, _ other: AutoscalerRecord, in second: String, afterChange: Double) {
    target = one.target
    runs = (first, second)
    afterChangeSeconds = afterChange
    let changes = (RunDistance.changes(one.desired), RunDistance.changes(other.desired))
    countPods(one.current, other.current, (changes.0 + changes.1).map(\.second).sorted())
    lonely = (match(changes.0, changes.1) { ($0, $1) }, match(changes.1, changes.0) { ($1, $0) })
  }

  /// Of all targets that both runs have.
  package static func all(_ one: RunRecord, _ other: RunRecord, afterChange: Double = usualSeconds) -> [RunDistance] {
    one.autoscalers.compactMap { record in
      other.autoscalers.first { $0.namespace == record.namespace && $0.target == record.target }.map {
        var distance = RunDistance(record, in: one.name, $0, in: other.name, afterChange: afterChange)
        distance.target = one.target(of: record)
        return distance
      }
    }
  }

  private static func changes(_ desired: RunSeries) -> [Change] {
    let known = zip(desired.seconds, desired.values).filter { !$1.isNaN }
    return zip(known, known.dropFirst()).map { Change(second: $1.0, from: Int($0.1), to: Int($1.1)) }
  }

  private mutating func countPods(_ one: RunSeries, _ other: RunSeries, _ changes: [Double]) {
    let moments = Set(one.seconds + other.seconds + changes.map { $0 + afterChangeSeconds }).sorted()
    var past = 0
    for moment in moments {
      while past < changes.count, changes[past] <= moment { past += 1 }
      if past > 0, moment < changes[past - 1] + afterChangeSeconds { continue }
      guard let left = one.level(at: moment), let right = other.level(at: moment), abs(Int(left - right)) > pods else { continue }
      pods = abs(Int(left - right))
      podsSecond = moment
      counts = (Int(left), Int(right))
    }
  }

  /// - Returns: those without one like them.
  private mutating func match(
    _ changes: [Change], _ others: [Change], inOrder: (Change, Change) -> (Change, Change)
  ) -> [Change] {
    changes.filter { change in
      // One change may go over several counts that the other run takes one by one.
      for passed in min(change.from, change.to)..<max(change.from, change.to) {
        let alike = others.filter {
          ($0.to > $0.from) == (change.to > change.from) && min($0.from, $0.to) <= passed && passed < max($0.from, $0.to)
        }
        guard let nearest = alike.min(by: { abs($0.second - change.second) < abs($1.second - change.second) }) else {
          return true
        }
        if abs(nearest.second - change.second) > seconds {
          seconds = abs(nearest.second - change.second)
          farthest = inOrder(change, nearest)
        }
      }
      return false
    }
  }

  // MARK: In words

  package var sentence: String {
    let after = "outside of the \(Decimal.text(afterChangeSeconds, places: 0)) s after a change"
    let apart = pods == 0 ? "as many pods" : "never more than \(pods) pod\(pods == 1 ? "" : "s") apart"
    return "\(runs.1) and \(runs.0): \(apart) \(after), changes at most \(Decimal.text(seconds, places: 0)) s apart"
      + (farthest.map { " (\(told($0)))" } ?? "") + (lonelyText.map { "; " + $0 } ?? "")
  }

  private func told(_ pair: (Change, Change)) -> String {
    "\(pair.0.text) at \(Elapsed.text(pair.0.second)) in \(runs.0), \(pair.1.text) at \(Elapsed.text(pair.1.second)) in \(runs.1)"
  }

  private var lonelyText: String? {
    let told = [(lonely.0, runs.0, runs.1), (lonely.1, runs.1, runs.0)].compactMap { changes, own, other in
      changes.first.map { "\(own) has a change \($0.text) at \(Elapsed.text($0.second)), and \(other) has none like it" }
    }
    return told.isEmpty ? nil : told.joined(separator: "; ")
  }

  /// When and why they are further apart than that; nil if they are not.
  func failure(pods limit: Int, seconds most: Double) -> (second: Double?, explanation: String)? {
    if pods > limit { return (podsSecond, "there were \(counts.0) pods in \(runs.0) and \(counts.1) in \(runs.1)") }
    if let text = lonelyText { return ((lonely.0.first ?? lonely.1.first)?.second, text) }
    if let farthest, seconds > most { return (farthest.1.second, told(farthest)) }
    return nil
  }
}
