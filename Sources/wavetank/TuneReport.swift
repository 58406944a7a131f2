import CoreReport
import EdgeClient
import Rehearsal

/// What a search has found, as a terminal shows it.
struct TuneReport {
  private let found: TuningSearch.Found
  private let aim: TuningAim

  init(_ found: TuningSearch.Found, aim: TuningAim) {
    self.found = found
    self.aim = aim
  }

  var text: String {
    var lines = table
    if let best = found.best {
      let place = found.front.firstIndex { $0.changes == best.changes }.map { "\($0 + 1)" } ?? "today's"
      lines += [
        "",
        "Of \(found.runs) autoscalers \(best.changes.isEmpty ? "today's" : place) has the least \(aim.rawValue) that meets every goal.",
      ]
    } else {
      lines += ["", "None of \(found.runs) autoscalers meets every goal."]
    }
    return (lines + ["", documents]).joined(separator: "\n")
  }

  /// One row for today's, and one for each of the front: the figures, and what is another than today.
  private var table: [String] {
    let rows = [("today", found.today)] + found.front.enumerated().map { ("\($0.offset + 1)", $0.element) }
    let cells =
      [["", ""] + FigureRow.all.map(\.title) + [""]]
      + rows.map { name, candidate in
        [name, candidate.isGood ? "✓" : "✗"] + FigureRow.all.map { $0.text(candidate.figures) }
          + [candidate.changes.isEmpty ? "as today" : candidate.changes.joined(separator: ", ")]
      }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      var line = ""
      for (column, cell) in row.dropLast().enumerated() {
        line += "  " + String(repeating: " ", count: widths[column] - cell.count) + cell
      }
      return line + (row.last!.isEmpty ? "" : "  " + row.last!)
    }
  }

  /// Each of the front to apply, with what it came to.
  var documents: String {
    found.front.enumerated().map { number, candidate in
      let changes = candidate.changes.isEmpty ? "as today" : candidate.changes.joined(separator: ", ")
      let figures = FigureRow.all.map { "\($0.title) \($0.text(candidate.figures))" }.joined(separator: ", ")
      return "# \(number + 1): \(changes)\n# \(figures)\n" + YAMLWriter.document(candidate.autoscaler.tree)
    }.joined(separator: "---\n")
  }
}
