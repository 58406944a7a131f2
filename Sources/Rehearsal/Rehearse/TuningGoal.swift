import CoreLoad
import CoreObjects
package import CoreReport

/// What a search makes small.
package enum TuningAim: String, CaseIterable, Sendable {
  case podHours = "pod-hours"
  case changes, peak

  package func value(_ figures: RunFigures) -> Double {
    switch self {
    case .podHours: figures.podHours
    case .changes: Double(figures.changes)
    case .peak: Double(figures.peak)
    }
  }
}

/// "unmet<1%", "neverAbove 10": what a run must hold to.
package enum TuningGoal {
  private static let forms =
    "unmet<1%, aboveTarget<5m, react<2m, podHours<40, changes<20, neverAbove 10, neverBelow 2 or noOutOfMemory"

  package static func read(_ text: String) throws(RehearsalError) -> RunExpectation {
    let problem = RehearsalError("--goal wants \(forms), not '\(text)'")
    let words = text.split(whereSeparator: { $0 == "<" || $0 == " " || $0 == "=" }).map(String.init)
    func rest() throws(RehearsalError) -> String {
      guard words.count == 2 else { throw problem }
      return words[1]
    }
    func seconds() throws(RehearsalError) -> Double {
      let text = try rest()
      do throws(LoadError) { return try LoadDuration.seconds(text) } catch { throw problem }
    }
    func count() throws(RehearsalError) -> Int {
      guard let count = Int(try rest()), count >= 0 else { throw problem }
      return count
    }
    let rule: RunExpectation.Rule
    switch words.first ?? "" {
    case "unmet":
      let amount = try rest()
      guard amount.hasSuffix("%"), let percent = Double(amount.dropLast()), (0...100).contains(percent) else { throw problem }
      rule = .unmetBelow(percent / 100)
    case "aboveTarget": rule = .aboveTargetBelow(seconds: try seconds())
    case "react": rule = .reactsWithin(seconds: try seconds())
    case "podHours", "pod-hours":
      guard let hours = Double(try rest()), hours > 0 else { throw problem }
      rule = .podHoursBelow(hours)
    case "changes": rule = .changesAtMost(max(0, try count() - 1))
    case "neverAbove": rule = .neverAbove(try count())
    case "neverBelow": rule = .neverBelow(try count())
    case "noOutOfMemory" where words.count == 1: rule = .noOutOfMemory
    default: throw problem
    }
    return RunExpectation(rule)
  }
}

extension RunExpectation {
  /// The figure that it is about, against which what is to be small is laid.
  var axis: @Sendable (RunFigures) -> Double {
    switch rule {
    case .unmetBelow: { $0.unmetShare ?? 0 }
    case .reactsWithin: { $0.reactionSeconds ?? 0 }
    case .podHoursBelow: { $0.podHours }
    case .changesAtMost: { Double($0.changes) }
    case .neverAbove: { Double($0.peak) }
    case .noOutOfMemory: { Double($0.outOfMemoryKills) }
    default: { $0.secondsAboveTarget }
    }
  }
}
