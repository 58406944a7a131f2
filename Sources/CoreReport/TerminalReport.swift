/// A rehearsal as a terminal shows it: the timeline at its changes, the expectations, the table.
package struct TerminalReport: Sendable {
  /// Lines of one run's timeline at the most; the rest is counted.
  static let timelineLimit = 200
  private let rehearsed: Rehearsed

  package init(_ rehearsed: Rehearsed) { self.rehearsed = rehearsed }

  package var lines: [String] {
    var lines: [String] = []
    for run in rehearsed.runs {
      if rehearsed.runs.count > 1 { lines += [run.name] }
      lines += timeline(run) + [""]
    }
    if !rehearsed.expectations.isEmpty { lines += expectations + [""] }
    return lines + table
      + rehearsed.distances.flatMap { ["", "  " + (rehearsed.distances.count > 1 ? $0.target + ": " : "") + $0.sentence] }
  }

  // MARK: The timeline

  private func timeline(_ run: RunRecord) -> [String] {
    var moments: [(second: Double, order: Int, text: String)] = []
    for autoscaler in run.autoscalers {
      let name = run.autoscalers.count > 1 ? run.name(of: autoscaler) + "  " : ""
      for decision in autoscaler.decisions {
        let change = decision.from == decision.to ? "\(decision.to)" : "\(decision.from) → \(decision.to)"
        moments.append((decision.second, moments.count, name + TerminalReport.padded(change, 10) + decision.sentence))
      }
    }
    for event in run.events { moments.append((event.second, moments.count, event.text)) }
    moments.sort { ($0.second, $0.order) < ($1.second, $1.order) }
    if moments.isEmpty { return ["  nothing changes"] }
    var lines = moments.prefix(TerminalReport.timelineLimit).map {
      "  " + TerminalReport.padded(Elapsed.text($0.second), 12) + $0.text
    }
    let left = moments.count - TerminalReport.timelineLimit
    if left > 0 { lines.append("  … and \(left) more: --report shows all of them") }
    return lines
  }

  // MARK: Expectations

  private var expectations: [String] {
    rehearsed.expectations.map { result in
      let run = rehearsed.runs.count > 1 ? " (\(result.run))" : ""
      if !result.isJudged { return "  – \(result.name): not judged, \(result.explanation)" }
      if result.isMet { return "  ✓ \(result.name)\(run)" }
      return "  ✗ \(result.name)\(run): " + (result.second.map { "at \(Elapsed.text($0)) " } ?? "") + result.explanation
    }
  }

  // MARK: The table

  private var table: [String] {
    let columns: [(name: String, figures: RunFigures)] = rehearsed.runs.flatMap { run in
      run.autoscalers.map { autoscaler in
        (run.autoscalers.count > 1 ? "\(run.name) \(run.name(of: autoscaler))" : run.name, autoscaler.figures)
      }
    }
    let rows =
      [[""] + columns.map(\.name)] + FigureRow.all.map { row in [row.title] + columns.map { row.text($0.figures) } }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = "  " + TerminalReport.padded(row[0], widths[0])
      for column in row.indices.dropFirst() {
        line += "  " + String(repeating: " ", count: widths[column] - row[column].count) + row[column]
      }
      return line
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
