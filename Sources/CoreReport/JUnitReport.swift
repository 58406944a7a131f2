import CoreObjects

/// What came of the expectations as JUnit's XML: a suite for each run, a case for each expectation.
package struct JUnitReport: Sendable {
  private let rehearsed: Rehearsed

  package init(_ rehearsed: Rehearsed) { self.rehearsed = rehearsed }

  package var bytes: [UInt8] {
    var page = Markup()
    page.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    // Results of runs that are not there would be lost.
    let runs = rehearsed.expectations.reduce(into: rehearsed.runs.map(\.name)) { if !$0.contains($1.run) { $0.append($1.run) } }
    page.inside("testsuites", "name=\"\(Markup.escaped(rehearsed.title))\"\(counts(rehearsed.expectations))") { page in
      for run in runs { write(run, to: &page) }
    }
    return page.bytes
  }

  private func write(_ run: String, to page: inout Markup) {
    let results = rehearsed.expectations.filter { $0.run == run }
    let name = Markup.escaped(run)
    let seconds = rehearsed.runs.first { $0.name == run }?.lengthSeconds ?? 0
    let time = "time=\"\(Decimal.text(seconds, places: 3))\""
    // JUnit's times have no zone.
    let begin = rehearsed.startedAt.rfc3339.dropLast()
    let skipped = results.contains { !$0.isJudged } ? " skipped=\"\(results.count { !$0.isJudged })\"" : ""
    page.inside("testsuite", "name=\"\(name)\"\(counts(results))\(skipped) \(time) timestamp=\"\(begin)\"") { page in
      for result in results {
        let attributes =
          "classname=\"\(name)\" name=\"\(Markup.escaped(result.name))\" time=\"\(Decimal.text(result.second ?? 0, places: 3))\""
        page.inside("testcase", attributes) { page in
          if !result.isJudged { return page.element("skipped", "message=\"\(Markup.escaped(result.explanation))\"", "") }
          if result.isMet { return }
          let moment = result.second.map { "at \(Elapsed.text($0)): " } ?? ""
          let message = moment + result.explanation
          page.element("failure", "type=\"expectation\" message=\"\(Markup.escaped(message))\"", "\(result.name), \(message)")
        }
      }
    }
  }

  private func counts(_ results: [ExpectationResult]) -> String {
    " tests=\"\(results.count)\" failures=\"\(results.count { !$0.isMet })\" errors=\"0\""
  }
}
