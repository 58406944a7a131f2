/// A rehearsal as one page of HTML that needs nothing else: no network, no script, no font. The same rehearsal gives the same bytes.
package struct ReportPage: Sendable {
  /// Autoscalers and nodes that are drawn, and lines of what is listed of one autoscaler or run; the rest is counted.
  static let (drawnLimit, listedLimit) = (20, 1000)
  /// Pods that are drawn one by one.
  static let podLimit = 100

  let rehearsed: Rehearsed
  let axis: TimeAxis
  let subjects: [ReportSubject]
  var page = Markup()

  package init(_ rehearsed: Rehearsed) {
    self.rehearsed = rehearsed
    axis = TimeAxis(seconds: rehearsed.runs.map(\.lengthSeconds).max() ?? 0)
    subjects = ReportSubject.all(of: rehearsed.runs)
  }

  package var html: String { String(decoding: bytes, as: UTF8.self) }

  package var bytes: [UInt8] {
    var copy = self
    copy.write()
    return copy.page.bytes
  }

  private mutating func write() {
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    // Nothing is fetched, whatever a name in the manifests may look like.
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
    page.raw("style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n")
    page.element("title", "", rehearsed.title)
    page.raw(
      "\n<style>\n\(ReportStyle.sheet)</style>\n</head>\n<body data-seconds=\"\(Decimal.text(axis.seconds, places: 3))\">\n")
    writeHead()
    if subjects.count > 1 { writeIndex() }
    for (number, subject) in subjects.prefix(ReportPage.listedLimit).enumerated() { write(subject, number) }
    writeNodes()
    writeDecisions()
    writeSources()
    page.raw("<script>\n\(ReportScript.cursor)</script>\n</body>\n</html>\n")
  }

  /// What each autoscaler was: its figures, and its charts.
  private mutating func write(_ subject: ReportSubject, _ number: Int) {
    page.raw("<section>\n")
    page.element("h2", "id=\"autoscaler-\(number + 1)\"", subjects.count > 1 ? subject.title : "Figures")
    page.raw("\n")
    writeFigures(subject)
    if number < ReportPage.drawnLimit {
      if subjects.count == 1 { page.raw("</section>\n<section>\n<h2 id=\"charts\">Over time</h2>\n") }
      writeCharts(subject)
    }
    page.raw("</section>\n")
  }

  /// The autoscalers, where there are several.
  private mutating func writeIndex() {
    page.inside("ul", "class=\"index\"") { page in
      for (number, subject) in subjects.prefix(ReportPage.listedLimit).enumerated() {
        page.inside("li") { $0.element("a", "href=\"#autoscaler-\(number + 1)\"", subject.title) }
      }
    }
    let drawn = min(ReportPage.drawnLimit, subjects.count)
    if drawn < subjects.count { note("Charts are drawn of the first \(drawn) of \(subjects.count) autoscalers.") }
  }

  mutating func note(_ text: String) {
    page.element("p", "class=\"note\"", text)
    page.raw("\n")
  }

  // MARK: The verdict

  private mutating func writeHead() {
    page.raw("<header>\n<p class=\"kicker\">Wavetank rehearsal</p>\n")
    page.element("h1", "", rehearsed.title)
    let failed = rehearsed.expectations.count { !$0.isMet }
    page.element("p", "class=\"verdict \(failed > 0 ? "failed" : "held")\"", verdict(failed))
    page.raw("\n")
    for line in comparison { page.element("p", "class=\"comparison\"", line) }
    for distance in rehearsed.distances {
      page.element("p", "class=\"comparison\"", (subjects.count > 1 ? distance.target + ": " : "") + distance.sentence + ".")
    }
    page.raw("</header>\n")
    if !rehearsed.expectations.isEmpty { writeExpectations() }
  }

  private func verdict(_ failed: Int) -> String {
    let (count, runs) = (rehearsed.expectations.count(where: \.isJudged), rehearsed.runs.count)
    if count == 0 {
      let total = ReportPage.total(rehearsed.runs.first)
      return "\(Decimal.text(total.podHours, places: 2)) pod-hours and \(ReportPage.counted(total.changes, "change")) in "
        + Elapsed.text(axis.seconds) + (runs > 1 ? " today" : "")
    }
    let inRuns = runs > 1 ? " in \(runs) runs" : ""
    if failed == 0 { return count == 1 ? "✓ The expectation held" : "✓ All \(count) expectations held\(inRuns)" }
    return count == 1 ? "✗ The expectation failed" : "✗ \(failed) of \(count) expectations failed\(inRuns)"
  }

  /// What each other run takes and gives, measured by today's.
  private var comparison: [String] {
    let today = ReportPage.total(rehearsed.runs.first)
    return rehearsed.runs.dropFirst().map { run in
      let total = ReportPage.total(run)
      let hours = today.podHours > 0 ? (total.podHours / today.podHours - 1) * 100 : 0
      let share = Decimal.text(abs(hours), places: abs(hours) < 10 ? 1 : 0)
      let cost = share == "0" ? "as many pod-hours as" : "\(share)% \(hours < 0 ? "fewer" : "more") pod-hours than"
      return "\(run.name) takes \(cost) \(rehearsed.runs[0].name), with \(ReportPage.counted(total.changes, "change")) "
        + (total.changes == today.changes ? "as well." : "instead of \(today.changes).")
    }
  }

  private static func total(_ run: RunRecord?) -> (podHours: Double, changes: Int) {
    (run?.autoscalers ?? []).reduce((0, 0)) { ($0.0 + $1.figures.podHours, $0.1 + $1.figures.changes) }
  }

  static func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

  private mutating func writeExpectations() {
    let names = rehearsed.expectations.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
    let runs = rehearsed.runs.map(\.name)
    page.raw("<table class=\"expectations\" style=\"--runs:\(runs.count)\">\n<thead><tr><th scope=\"col\">Expected</th>")
    for run in runs { page.element("th", "scope=\"col\"", run) }
    page.raw("</tr></thead>\n<tbody>\n")
    for name in names {
      page.raw("<tr>")
      page.element("th", "scope=\"row\"", name)
      for run in runs {
        let results = rehearsed.expectations.indices.filter {
          rehearsed.expectations[$0].name == name && rehearsed.expectations[$0].run == run
        }
        page.raw("<td>")
        if let failure = results.first(where: { !rehearsed.expectations[$0].isMet }) {
          let moment = rehearsed.expectations[failure].second.map { " at " + Elapsed.text($0) } ?? ""
          page.element("a", "class=\"worse\" href=\"#expectation-\(failure + 1)\"", "✗ failed\(moment)")
        } else if let unjudged = results.first(where: { !rehearsed.expectations[$0].isJudged }) {
          page.element("span", "title=\"\(Markup.escaped(rehearsed.expectations[unjudged].explanation))\"", "not judged")
        } else if !results.isEmpty {
          page.element("span", "class=\"better\"", "✓ held")
        }
        page.raw("</td>")
      }
      page.raw("</tr>\n")
    }
    page.raw("</tbody></table>\n")
    let failures = rehearsed.expectations.enumerated().filter { !$1.isMet }
    if failures.isEmpty { return }
    page.inside("ul", "class=\"failures\"") { page in
      for (index, result) in failures {
        page.inside("li", "id=\"expectation-\(index + 1)\"") { page in
          page.element("strong", "", result.name)
          page.text(runs.count > 1 ? " (\(result.run))" : "")
          page.text(result.second.map { ", at \(Elapsed.text($0))" } ?? "")
          page.text(": " + result.explanation)
        }
      }
    }
  }
}
