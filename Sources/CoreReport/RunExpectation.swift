/// Something that must hold in a run.
package struct RunExpectation: Sendable, Equatable {
  package enum Rule: Sendable, Equatable {
    /// There are never more pods.
    case neverAbove(Int)
    /// There are never fewer ready pods.
    case neverBelow(Int)
    /// So many ready pods or more, within so many seconds after a second.
    case reaches(Int, within: Double, after: Double)
    case changesAtMost(Int)
    /// Share of the load, 0…1.
    case unmetBelow(Double)
    case aboveTargetBelow(seconds: Double)
    case podHoursBelow(Double)
    /// From the metric's crossing of its target until there are as many pods as it asked for.
    case reactsWithin(seconds: Double)
    case noOutOfMemory
    /// So many pods, or fewer.
    case fallsTo(Int, within: Double, after: Double)
    /// Of a run on a cluster and its simulation: never more pods apart, outside of so many seconds after a change, and no change
    /// further from its like.
    case apart(Int, within: Double)
  }
  package var name: String
  /// The autoscaler or its target; nil: every autoscaler.
  package var subject: String?
  /// The runs in which it must hold; empty: all.
  package var runs: [String]
  package var rule: Rule

  package init(name: String? = nil, subject: String? = nil, runs: [String] = [], _ rule: Rule) {
    self.name = name ?? rule.words
    self.subject = subject
    self.runs = runs
    self.rule = rule
  }

  /// What came of it in a run, one result for each autoscaler that it is about.
  package func judge(_ run: RunRecord) -> [ExpectationResult] {
    if isOfTwo || (!runs.isEmpty && !runs.contains(run.name)) { return [] }
    return chosen(run).map { result(run, $0, rule.failure($0, run)) }
  }

  /// It is about a run on a cluster and its simulation.
  package var isOfTwo: Bool { if case .apart = rule { true } else { false } }
  /// It can only be judged where there is a run on a cluster.
  var isOfLive: Bool { isOfTwo || runs == [RunRecord.live] }

  /// Where there is no run on a cluster.
  func unjudged(_ run: RunRecord) -> ExpectationResult {
    var result = ExpectationResult(
      name: name, run: run.name, isMet: true, explanation: "there is no run on a cluster: --live and --context play one")
    result.isJudged = false
    return result
  }

  /// What came of one that is about a run on a cluster and its simulation.
  func judge(_ run: RunRecord, beside simulated: RunRecord) -> [ExpectationResult] {
    guard case .apart(let pods, let within) = rule else { return [] }
    return chosen(run).compactMap { record in
      simulated.autoscalers.first { $0.namespace == record.namespace && $0.target == record.target }.map {
        let distance = RunDistance($0, in: simulated.name, record, in: run.name, afterChange: within)
        return result(run, record, distance.failure(pods: pods, seconds: within))
      }
    }
  }

  private func chosen(_ run: RunRecord) -> [AutoscalerRecord] {
    run.autoscalers.filter { autoscaler in
      guard let subject else { return true }
      let (name, target) = (autoscaler.name, autoscaler.target)
      return [name, "\(autoscaler.namespace)/\(name)", "\(autoscaler.namespace)/\(target)"].contains(subject)
        || target.hasSuffix("/" + subject)
    }
  }

  private func result(
    _ run: RunRecord, _ autoscaler: AutoscalerRecord, _ failure: (second: Double?, explanation: String)?
  ) -> ExpectationResult {
    let name = run.autoscalers.count > 1 && subject == nil ? "\(run.name(of: autoscaler)): \(name)" : name
    return ExpectationResult(
      name: name, run: run.name, isMet: failure == nil, second: failure?.second, explanation: failure?.explanation ?? "")
  }
}

extension RunExpectation.Rule {
  /// The rule as a sentence.
  var words: String {
    switch self {
    case .neverAbove(let count): "never more than \(count) pods"
    case .neverBelow(let count): "never fewer than \(count) ready pods"
    case .reaches(let count, let within, let after):
      "\(count) ready pods within \(Elapsed.text(within))" + (after > 0 ? " after \(Elapsed.text(after))" : "")
    case .fallsTo(let count, let within, let after):
      "\(count) pods or fewer within \(Elapsed.text(within))" + (after > 0 ? " after \(Elapsed.text(after))" : "")
    case .changesAtMost(let count): "at most \(count) changes"
    case .unmetBelow(let share): "less than \(Decimal.text(share * 100, places: 3))% of the load unmet"
    case .aboveTargetBelow(let seconds): "above target for less than \(Elapsed.text(seconds))"
    case .reactsWithin(let seconds): "reacts in less than \(Elapsed.text(seconds))"
    case .podHoursBelow(let hours): "less than \(Decimal.text(hours, places: 2)) pod-hours"
    case .noOutOfMemory: "no container is killed for its memory"
    case .apart(let pods, let within):
      "the cluster and its simulation at most \(pods) pod\(pods == 1 ? "" : "s") and \(Elapsed.text(within)) apart"
    }
  }

  /// When and why it does not hold; nil if it does.
  fileprivate func failure(_ record: AutoscalerRecord, _ run: RunRecord) -> (second: Double?, explanation: String)? {
    let figures = record.figures
    switch self {
    case .neverAbove(let most):
      return first(record.current, where: { $0 > Double(most) }).map { (second, value) in
        (second, "there were \(Int(value)) pods" + why(second, record))
      }
    case .neverBelow(let least):
      return first(record.ready, where: { $0 < Double(least) }).map { (second, value) in
        (second, "there were \(Int(value)) ready pods" + why(second, record))
      }
    case .reaches(let count, let within, let after):
      if comes(record.ready, from: after, to: after + within, where: { $0 >= Double(count) }) { return nil }
      return late(record.ready, "ready pods", at: min(after + within, run.lengthSeconds), record)
    case .fallsTo(let count, let within, let after):
      if comes(record.current, from: after, to: after + within, where: { $0 <= Double(count) }) { return nil }
      return late(record.current, "pods", at: min(after + within, run.lengthSeconds), record)
    case .changesAtMost(let most):
      if figures.changes <= most { return nil }
      // The desired count has its first value before any change.
      let index = min(most + 1, record.desired.seconds.count - 1)
      let second = index >= 0 ? record.desired.seconds[index] : nil
      return (
        second, "the wanted count changed \(figures.changes) times, here once too often" + (second.map { why($0, record) } ?? "")
      )
    case .unmetBelow(let share):
      guard let unmet = figures.unmetShare else { return (nil, "no load of \(record.name) can be left unmet") }
      if unmet < share { return nil }
      let second = record.loads.lazy.compactMap { first($0.unmet, where: { $0 > 0 })?.second }.min()
      return (
        second,
        "\(Decimal.text(unmet * 100, places: 3))% of the load was not served"
          + (second.map { ", first here" + why($0, record) } ?? "")
      )
    case .aboveTargetBelow(let seconds):
      if figures.secondsAboveTarget < seconds { return nil }
      return (nil, "it was above target for \(Elapsed.text(figures.secondsAboveTarget))")
    case .podHoursBelow(let hours):
      return figures.podHours < hours ? nil : (nil, "there were \(Decimal.text(figures.podHours, places: 2)) pod-hours")
    case .reactsWithin(let seconds):
      guard let reaction = figures.reactionSeconds, reaction >= seconds else { return nil }
      return (nil, "it took \(Elapsed.text(reaction)) to react")
    case .noOutOfMemory:
      if figures.outOfMemoryKills == 0 { return nil }
      let kill = run.events.first { $0.kind == .outOfMemory }
      return (kill?.second, kill?.text ?? "\(figures.outOfMemoryKills) containers were killed")
    case .apart: return nil
    }
  }

  private func first(_ series: RunSeries, where holds: (Double) -> Bool) -> (second: Double, value: Double)? {
    series.values.indices.first { holds(series.values[$0]) }.map { (series.seconds[$0], series.values[$0]) }
  }

  private func level(_ series: RunSeries, at second: Double) -> Double? {
    series.seconds.lastIndex { $0 <= second }.map { series.values[$0] }
  }

  private func comes(_ series: RunSeries, from: Double, to: Double, where holds: (Double) -> Bool) -> Bool {
    if let value = level(series, at: from), holds(value) { return true }
    return series.seconds.indices.contains {
      series.seconds[$0] >= from && series.seconds[$0] <= to && holds(series.values[$0])
    }
  }

  private func late(
    _ series: RunSeries, _ what: String, at second: Double, _ record: AutoscalerRecord
  ) -> (second: Double?, explanation: String) {
    (second, "there were \(level(series, at: second).map { "\(Int($0))" } ?? "no") \(what)" + why(second, record))
  }

  /// What the autoscaler had decided last.
  private func why(_ second: Double, _ record: AutoscalerRecord) -> String {
    guard let decision = record.decisions.last(where: { $0.second <= second + 1 }) else { return "" }
    return "; decided at \(Elapsed.text(decision.second)), \(decision.from) → \(decision.to): \(decision.sentence)"
  }
}
