/// A row of the table that compares runs: a figure, and how people read it.
package struct FigureRow: Sendable {
  package let title: String
  /// nil where the run has none.
  let value: @Sendable (RunFigures) -> Double?
  let text: @Sendable (Double) -> String
  /// Less of it is better, whatever the workload.
  var isBetterLow = true

  package static let all = [
    FigureRow(title: "pod-hours", value: { $0.podHours }, text: { Decimal.text($0, places: 2) }),
    FigureRow(title: "peak", value: { Double($0.peak) }, text: { Decimal.text($0, places: 0) }, isBetterLow: false),
    FigureRow(title: "changes", value: { Double($0.changes) }, text: { Decimal.text($0, places: 0) }),
    FigureRow(title: "time at maximum", value: { $0.secondsAtMost }, text: Elapsed.text),
    FigureRow(title: "time above target", value: { $0.secondsAboveTarget }, text: Elapsed.text),
    FigureRow(title: "unmet load", value: { $0.unmetShare }, text: { Decimal.text($0 * 100, places: 2) + "%" }),
    FigureRow(title: "time to react", value: { $0.reactionSeconds }, text: Elapsed.text),
    FigureRow(title: "OOM kills", value: { Double($0.outOfMemoryKills) }, text: { Decimal.text($0, places: 0) }),
  ]

  package func text(_ figures: RunFigures) -> String { value(figures).map(text) ?? "-" }

  /// How a figure differs from today's: "−2.5", and whether that is better. nil where they read the same.
  func difference(_ figures: RunFigures, from today: RunFigures) -> (text: String, isBetter: Bool?)? {
    guard let now = value(figures), let before = value(today), text(now) != text(before) else { return nil }
    return ((now < before ? "\u{2212}" : "+") + text(abs(now - before)), isBetterLow ? now < before : nil)
  }
}
