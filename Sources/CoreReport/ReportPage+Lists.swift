import CoreObjects

/// What is read rather than looked at: figures, decisions, and what it was made from.
extension ReportPage {
  // MARK: Figures

  mutating func writeFigures(_ subject: ReportSubject) {
    let records = subject.records
    if rehearsed.runs.count == 1 { return writeStrip(records[0].record.figures) }
    page.raw("<table class=\"figures\" style=\"--runs:\(records.count)\">\n<thead><tr><td></td>")
    for (run, _, _) in records { page.element("th", "scope=\"col\"", rehearsed.runs[run].name) }
    page.raw("</tr></thead>\n<tbody>\n")
    for row in FigureRow.all {
      page.raw("<tr>")
      page.element("th", "scope=\"row\"", row.title)
      for (run, _, record) in records {
        page.raw("<td>")
        page.text(row.text(record.figures))
        if run > 0, let today = subject.today, let difference = row.difference(record.figures, from: today.figures) {
          let tone = difference.isBetter.map { $0 ? "better" : "worse" } ?? ""
          page.element("span", "class=\"difference \(tone)\"", difference.text)
        }
        page.raw("</td>")
      }
      page.raw("</tr>\n")
    }
    page.raw("</tbody></table>\n")
    note("The small numbers are the difference to \(rehearsed.runs[0].name). Less is better in each row but the peak.")
  }

  /// The figures of a single run, in a row.
  private mutating func writeStrip(_ figures: RunFigures) {
    page.inside("dl", "class=\"strip\"") { page in
      for row in FigureRow.all {
        page.raw("<div>")
        page.element("dt", "", row.title)
        page.element("dd", "", row.text(figures))
        page.raw("</div>")
      }
    }
  }

  // MARK: Decisions

  static func anchor(decision: Int, run: Int, autoscaler: Int) -> String {
    "decision-\(run + 1)-\(autoscaler + 1)-\(decision + 1)"
  }
  static func anchor(event: Int, run: Int) -> String { "event-\(run + 1)-\(event + 1)" }

  mutating func writeDecisions() {
    page.raw("<section>\n<h2 id=\"decisions\">Decisions</h2>\n")
    for (number, run) in rehearsed.runs.enumerated() {
      if rehearsed.runs.count > 1 { page.element("h3", "", run.name) }
      var moments: [(second: Double, anchor: String, change: String, subject: String, text: String)] = []
      var left = max(0, run.events.count - ReportPage.listedLimit)
      for (place, record) in run.autoscalers.enumerated() {
        left += max(0, record.decisions.count - ReportPage.listedLimit)
        let subject = run.autoscalers.count > 1 ? run.name(of: record) + ": " : ""
        for (index, decision) in record.decisions.prefix(ReportPage.listedLimit).enumerated() {
          let change = decision.from == decision.to ? "\(decision.to)" : "\(decision.from) → \(decision.to)"
          moments.append(
            (
              decision.second, ReportPage.anchor(decision: index, run: number, autoscaler: place), change,
              subject, decision.sentence
            ))
        }
      }
      for (index, event) in run.events.prefix(ReportPage.listedLimit).enumerated() {
        moments.append((event.second, ReportPage.anchor(event: index, run: number), "", "", event.text))
      }
      // Not every sort of the standard library promises to keep the order of equals.
      let order = moments.indices.sorted { (moments[$0].second, $0) < (moments[$1].second, $1) }
      if order.isEmpty { note("Nothing changes.") }
      page.inside("ol", "class=\"decisions\"") { page in
        for moment in order.map({ moments[$0] }) {
          page.inside("li", "id=\"\(moment.anchor)\"\(moment.change.isEmpty ? " class=\"event\"" : "")") { page in
            page.element("time", "", Elapsed.text(moment.second))
            page.element("b", "", moment.change)
            page.element("span", "", moment.subject + moment.text)
          }
        }
      }
      if left > 0 { note("\(left) more are left out here; --json has them all.") }
    }
    page.raw("</section>\n")
  }

  // MARK: Sources

  mutating func writeSources() {
    page.raw("<section>\n<h2 id=\"sources\">Played from</h2>\n<dl class=\"sources\">\n")
    let rows =
      rehearsed.sources.map { ($0.name, $0.note) } + [
        ("Seed", "\(rehearsed.seed)"), ("Begins", rehearsed.startedAt.rfc3339), ("Length", Elapsed.text(axis.seconds)),
        ("Version", "wavetank \(rehearsed.version)"),
      ]
    for (name, text) in rows {
      page.element("dt", "", name)
      page.element("dd", "", text)
      page.raw("\n")
    }
    page.raw("</dl>\n<h3>Play it again</h3>\n")
    page.element("pre", "class=\"command\"", rehearsed.command)
    page.raw("\n")
    for subject in subjects.prefix(ReportPage.drawnLimit) {
      for (run, _, record) in subject.records {
        let today = run > 0 ? subject.today : nil
        let name = rehearsed.runs.count > 1 ? rehearsed.runs[run].name + ": " : ""
        if record.manifest.isEmpty || record.manifest == today?.manifest { continue }
        page.element("h3", "", "\(name)HorizontalPodAutoscaler \(record.namespace)/\(record.name)")
        page.inside("pre", "class=\"manifest\"") { ReportPage.write(record.manifest, since: today?.manifest, to: &$0) }
      }
    }
    page.raw("</section>\n")
  }

  /// A manifest; lines that another one does not have are marked.
  private static func write(_ manifest: String, since other: String?, to page: inout Markup) {
    let lines = manifest.split(separator: "\n", omittingEmptySubsequences: false)
    var added: Set<Int> = []
    if let other {
      for change in lines.difference(from: other.split(separator: "\n", omittingEmptySubsequences: false)) {
        if case .insert(let place, _, _) = change { added.insert(place) }
      }
    }
    for (place, line) in lines.enumerated() {
      if place > 0 { page.raw("\n") }
      if added.contains(place) { page.element("ins", "", String(line)) } else { page.text(String(line)) }
    }
  }
}
