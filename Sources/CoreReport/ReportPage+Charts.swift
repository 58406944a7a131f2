/// The charts of a report. A figure has a panel for each run, one below the other on the same axes; today's line stands in grey
/// behind the others.
extension ReportPage {
  /// A figure's panel for one run.
  private struct Panel {
    var run: String
    var charts: [Chart]
  }

  /// Classes of the style sheet, and what they stand for.
  private typealias Legend = (tone: String, text: String)

  private mutating func figure(_ title: String, _ legend: [Legend], note: String = "", _ panels: [Panel]) {
    let axis = axis
    var isRowOpen = false
    page.inside("figure") { page in
      page.raw("<figcaption>")
      page.element("h3", "", title)
      page.raw("<ul class=\"legend\">")
      for (tone, text) in legend {
        // Spans stand in a row of their own, as they do under the chart.
        if tone.hasPrefix("hold"), !isRowOpen {
          page.raw("<li class=\"row\"></li>")
          isRowOpen = true
        }
        let shape = tone.hasPrefix("area") || tone.hasPrefix("hold") || tone == "band" ? "M0 1H22V11H0Z" : "M0 6H22"
        page.raw("<li><svg class=\"swatch\" width=\"22\" height=\"12\"><path class=\"\(tone)\" d=\"\(shape)\"/></svg>")
        page.text(text)
        page.raw("</li>")
      }
      page.raw("</ul>")
      if !note.isEmpty { page.element("p", "class=\"note\"", note) }
      page.raw("</figcaption>\n")
      for panel in panels {
        page.inside("div", "class=\"panel\"") { page in
          page.raw("<div class=\"head\">")
          page.element("p", "class=\"run\"", panel.run)
          page.raw("<p class=\"reading\"></p></div>\n")
          for (place, chart) in panel.charts.enumerated() {
            if !chart.caption.isEmpty { page.element("p", "class=\"under\"", chart.caption) }
            chart.write(axis, isLast: place == panel.charts.count - 1, to: &page)
          }
        }
      }
    }
  }

  private func runName(_ number: Int) -> String { rehearsed.runs.count > 1 ? rehearsed.runs[number].name : "" }

  mutating func writeCharts(_ subject: ReportSubject) {
    writeReplicas(subject)
    for name in ReportPage.names(subject.records.flatMap { $0.record.metrics.map(\.name) }) { writeMetric(name, subject) }
    writePods(subject)
    for name in ReportPage.names(subject.records.flatMap { $0.record.loads.map(\.name) }) { writeLoad(name, subject) }
  }

  /// Each name once, in the order in which they come.
  private static func names(_ names: [String]) -> [String] { names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

  /// Today's series, to be shown behind that of another run.
  private func behind(_ run: Int, _ series: RunSeries?, _ what: String) -> [Chart.Line] {
    guard run > 0, let series else { return [] }
    return [Chart.Line(name: "\(rehearsed.runs[0].name): \(what)", series: series, tone: "today")]
  }

  private var todayLegend: [Legend] {
    rehearsed.runs.count > 1 ? [("line today", "\(rehearsed.runs[0].name), behind the others")] : []
  }

  // MARK: Replicas

  private mutating func writeReplicas(_ subject: ReportSubject) {
    let all = subject.records.flatMap { [$0.record.desired, $0.record.current, $0.record.ready, $0.record.most] }
    let scale = ChartScale(holding: all.lazy.flatMap(\.values), unit: nil, steps: 4)
    let reasons = HoldSpan.Reason.inOrder.filter { reason in
      subject.records.contains { $0.record.holds.contains { $0.reason == reason } }
    }
    let panels = subject.records.map { run, place, record in
      var chart = Chart(label: "Replicas of \(record.target), \(rehearsed.runs[run].name)", height: 140, scale: scale)
      chart.lines = [
        Chart.Line(name: "ready", series: record.ready, tone: "ready", isArea: true),
        Chart.Line(name: "", series: record.least, tone: "limit"), Chart.Line(name: "", series: record.most, tone: "limit"),
      ]
      chart.lines += behind(run, subject.today?.desired, "desired")
      chart.lines += [
        Chart.Line(name: "pods", series: record.current, tone: "current"),
        Chart.Line(name: "desired", series: record.desired, tone: "desired"),
      ]
      if let most = record.most.last {
        chart.levels.append(.init(value: most, label: "max " + ChartScale.label(most, nil), tone: "bound"))
      }
      if let least = record.least.last {
        chart.levels.append(.init(value: least, label: "min " + ChartScale.label(least, nil), tone: "bound"))
      }
      chart.marks = marks(run: run, place: place, record)
      chart.lanes = reasons.map { reason in
        Chart.Lane(
          label: reason.word, tone: "hold \(reason)",
          spans: record.holds.lazy.filter { $0.reason == reason }.map { ($0.from, $0.to) })
      }
      return Panel(run: runName(run), charts: [chart])
    }
    let legend = [("line desired", "desired"), ("line current", "pods"), ("area ready", "ready"), ("line limit", "min and max")]
    figure(
      "Replicas", legend + todayLegend + reasons.map { ("hold \($0)", $0.legend) },
      note: "Each circle is a change and leads to its decision.", panels)
  }

  private func marks(run: Int, place: Int, _ record: AutoscalerRecord) -> [Chart.Mark] {
    var marks = rehearsed.runs[run].events.prefix(ReportPage.listedLimit).enumerated().map { index, event in
      Chart.Mark(second: event.second, shape: .event, anchor: ReportPage.anchor(event: index, run: run), text: event.text)
    }
    for (index, decision) in record.decisions.prefix(ReportPage.listedLimit).enumerated() where decision.from != decision.to {
      marks.append(
        Chart.Mark(
          second: decision.second, value: Double(decision.to), shape: .change,
          anchor: ReportPage.anchor(decision: index, run: run, autoscaler: place),
          text: "\(decision.from) → \(decision.to): \(decision.sentence)"))
    }
    for (index, result) in rehearsed.expectations.enumerated() where !result.isMet && result.run == rehearsed.runs[run].name {
      guard let second = result.second else { continue }
      marks.append(
        Chart.Mark(
          second: second, shape: .failure, anchor: "expectation-\(index + 1)", text: "\(result.name): \(result.explanation)"))
    }
    return marks
  }

  // MARK: Metrics

  private mutating func writeMetric(_ name: String, _ subject: ReportSubject) {
    let shown = subject.records.compactMap { run, _, record in
      record.metrics.first { $0.name == name }.map { (run: run, record: record, metric: $0) }
    }
    let today = subject.today?.metrics.first { $0.name == name }
    let bands = shown.map { $0.metric.target * (1 + $0.metric.tolerance) }
    let scale = ChartScale(
      holding: shown.flatMap { $0.metric.value.values } + bands, unit: shown.first?.metric.unit, steps: 4)
    let pods = ChartScale(
      holding: shown.flatMap { $0.metric.proposed.values + $0.record.desired.values }, unit: nil, steps: 2)
    let panels = shown.map { run, record, metric in
      var chart = Chart(label: "\(name) of \(record.target), \(rehearsed.runs[run].name)", height: 110, scale: scale)
      chart.lines = behind(run, today?.value, name)
      chart.lines.append(.init(name: "value", series: metric.value, tone: "value"))
      chart.band = metric.target * (1 - metric.tolerance)...metric.target * (1 + max(0, metric.tolerance))
      chart.levels = [
        .init(value: metric.target, label: ChartScale.label(metric.target, metric.unit), tone: "target", isDrawn: true)
      ]
      var asked = Chart(label: "What \(name) asked for, \(rehearsed.runs[run].name)", height: 44, scale: pods)
      asked.caption = "pods that it asked for, and the desired count"
      asked.lines = [
        .init(name: "", series: record.desired, tone: "desired thin"),
        .init(name: "asked for", series: metric.proposed, tone: "proposed"),
      ]
      return Panel(run: runName(run), charts: [chart, asked])
    }
    let legend = [
      ("line value", "value"), ("line target", "target"), ("band", "tolerance"), ("line proposed", "asked for"),
      ("line desired thin", "desired"),
    ]
    figure(name, legend + todayLegend, panels)
  }

  // MARK: Usage and load

  private mutating func writePods(_ subject: ReportSubject) {
    let shown = subject.records.filter { !$0.record.pods.isEmpty }
    if shown.isEmpty { return }
    let unit = shown[0].record.loads.first?.unit ?? .number
    let scale = ChartScale(holding: shown.lazy.flatMap { $0.record.pods.lazy.flatMap(\.usage.values) }, unit: unit, steps: 4)
    let isBundled = shown.contains { $0.record.pods.count > ReportPage.podLimit }
    let panels = shown.map { run, _, record in
      var chart = Chart(label: "Usage of each pod of \(record.target), \(rehearsed.runs[run].name)", height: 110, scale: scale)
      if isBundled {
        let bundle = SeriesBundle(of: record.pods.map(\.usage), axis)
        chart.lines = [("highest", bundle.highest), ("mean", bundle.mean), ("lowest", bundle.lowest)].map {
          .init(name: $0, series: $1, tone: $0)
        }
      } else {
        chart.lines = record.pods.map { .init(name: $0.name, series: $0.usage, tone: "pod", isOfMany: true) }
      }
      return Panel(run: runName(run), charts: [chart])
    }
    let name = shown[0].record.loads.first?.name ?? "usage"
    let legend = isBundled ? ["highest", "mean", "lowest"].map { ("line \($0)", "\($0) of all pods") } : [("line pod", "a pod")]
    figure("\(name) used by each pod", legend, panels)
  }

  private mutating func writeLoad(_ name: String, _ subject: ReportSubject) {
    let shown = subject.records.compactMap { run, _, record in
      record.loads.first { $0.name == name }.map { (run: run, target: record.target, load: $0) }
    }
    .filter { !$0.load.offered.values.allSatisfy(\.isNaN) }
    if shown.isEmpty { return }
    let unit = shown[0].load.unit
    let scale = ChartScale(holding: shown.flatMap { $0.load.offered.values + $0.load.served.values }, unit: unit, steps: 4)
    let unmet = ChartScale(holding: shown.flatMap(\.load.unmet.values), unit: unit, steps: 2)
    let isUnmet = shown.contains { $0.load.unmet.values.contains { $0 > 0 } }
    let today = subject.today?.loads.first { $0.name == name }
    let panels = shown.map { run, target, load in
      var chart = Chart(label: "Load \(name) of \(target), \(rehearsed.runs[run].name)", height: 110, scale: scale)
      chart.lines = [
        .init(name: "served", series: load.served, tone: "served", isArea: true),
        .init(name: "offered", series: load.offered, tone: "offered"),
      ]
      var left = Chart(label: "Load \(name) that \(target) did not serve, \(rehearsed.runs[run].name)", height: 44, scale: unmet)
      left.caption = "not served, or waiting"
      left.lines =
        [.init(name: "not served", series: load.unmet, tone: "unmet", isArea: true)] + behind(run, today?.unmet, "not served")
      return Panel(run: runName(run), charts: isUnmet ? [chart, left] : [chart])
    }
    let legend = [("line offered", "offered"), ("area served", "served")]
    figure(
      "\(name) load", legend + (isUnmet ? [("area unmet", "not served")] + todayLegend : []),
      note: isUnmet ? "" : "All of it was served.", panels)
  }

  // MARK: Nodes

  mutating func writeNodes() {
    let runs = rehearsed.runs.enumerated().filter { !$1.podsOnNodes.isEmpty }
    if runs.isEmpty { return }
    page.raw("<section>\n<h2 id=\"nodes\">Nodes</h2>\n")
    let scale = ChartScale(holding: runs.flatMap { $1.podsOnNodes.flatMap(\.pods.values) }, unit: nil, steps: 1)
    let panels = runs.map { number, run in
      Panel(
        run: runName(number),
        charts: run.podsOnNodes.prefix(ReportPage.drawnLimit).map { node, pods in
          var chart = Chart(label: "Pods on \(node), \(run.name)", caption: node, height: 26, scale: scale)
          chart.lines = [.init(name: node, series: pods, tone: "node", isArea: true)]
          return chart
        })
    }
    let nodes = runs.map { $1.podsOnNodes.count }.max() ?? 0
    figure(
      "Pods on each node", [("area node", "pods")],
      note: nodes > ReportPage.drawnLimit ? "Drawn are the first \(ReportPage.drawnLimit) of \(nodes) nodes." : "", panels)
    page.raw("</section>\n")
  }
}

extension HoldSpan.Reason {
  static let inOrder: [HoldSpan.Reason] = [.window, .policy, .limit, .missingMetrics]

  /// In the margin of a chart.
  var word: String { self == .missingMetrics ? "missing" : rawValue }

  var legend: String {
    switch self {
    case .window: "window: a stabilization window held the count"
    case .policy: "policy: a scaling policy slowed the change"
    case .limit: "limit: min or max stopped it"
    case .missingMetrics: "missing: metrics were missing"
    }
  }
}
