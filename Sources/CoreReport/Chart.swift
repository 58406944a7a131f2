/// A chart over the time of a run, as SVG that is as wide as the page allows. Its texts keep their size: what stretches is a field
/// of its own, and the rest stands at percentages of the width. The axis' numbers stand in the margin to the left.
struct Chart: Sendable {
  struct Line: Sendable {
    /// What the cursor calls it; empty where it is not read.
    var name: String
    var series: RunSeries
    /// Classes of the style sheet.
    var tone: String
    var isArea = false
    /// One of many alike, of which the cursor gives the range.
    var isOfMany = false
  }
  /// A number of the vertical axis that is named before others: a bound, a target.
  struct Level: Sendable {
    var value: Double
    var label: String
    var tone: String
    /// Drawn from side to side.
    var isDrawn = false
  }
  /// A moment that leads to what is said of it.
  struct Mark: Sendable {
    enum Shape: Sendable { case change, event, failure }
    var second: Double
    var value: Double?
    var shape: Shape
    var anchor: String
    var text: String
  }
  /// Spans of one kind beneath the chart.
  struct Lane: Sendable {
    var label: String
    var tone: String
    var spans: [(from: Double, to: Double)]
  }

  /// What it shows, for those who cannot see it.
  var label: String
  /// A line of text above.
  var caption = ""
  var height: Int
  var scale: ChartScale
  var lines: [Line] = []
  var levels: [Level] = []
  var band: ClosedRange<Double>?
  var marks: [Mark] = []
  var lanes: [Lane] = []

  static let (margin, laneHeight, axisHeight) = (9, 14, 20)
  /// Numbers of the vertical axis are so far apart at the least.
  private static let apart = 14.0
  /// Marks are this share of the width apart at the least.
  private static let markShare = 1 / 300.0

  /// - Parameter isLast: it is the lowest of its panel and carries the numbers of the time axis
  func write(_ axis: TimeAxis, isLast: Bool, to page: inout Markup) {
    let lanesTop = Chart.margin + height + 8
    let hasEvents = marks.contains { $0.shape == .event }
    let rows = lanes.count + (hasEvents ? 1 : 0)
    let axisTop = rows == 0 ? Chart.margin + height : lanesTop + rows * Chart.laneHeight
    let whole = axisTop + (isLast ? Chart.axisHeight : 8)
    page.raw("<svg class=\"chart\" role=\"group\" height=\"\(whole)\" aria-label=\"")
    page.text(label)
    page.raw("\" data-top=\"\(Decimal.text(scale.top, places: 9))\" data-bottom=\"\(Decimal.text(scale.bottom, places: 9))\"")
    page.raw(" data-unit=\"\(scale.unit?.rawValue ?? "pods")\">\n")
    writeGrid(axis, bottom: axisTop, isNamed: isLast, to: &page)
    page.raw("<svg class=\"field\" y=\"\(Chart.margin)\" width=\"100%\" height=\"\(height)\"")
    page.raw(" viewBox=\"0 0 2000 1000\" preserveAspectRatio=\"none\">\n")
    if let band {
      let top = Int(scale.place(band.upperBound, height: 1000).rounded())
      let bottom = Int(scale.place(band.lowerBound, height: 1000).rounded())
      page.raw("<path class=\"band\" d=\"M0 \(top)H2000V\(bottom)H0Z\"/>\n")
    }
    for line in lines { write(line, axis, to: &page) }
    page.raw("</svg>\n")
    for (place, lane) in lanes.enumerated() { write(lane, axis, top: lanesTop + place * Chart.laneHeight, to: &page) }
    if hasEvents { writeLaneLabel("events", top: axisTop - Chart.laneHeight, to: &page) }
    writeMarks(axis, bottom: axisTop, to: &page)
    page.raw("</svg>\n")
  }

  private func y(_ value: Double) -> Double { Double(Chart.margin) + scale.place(value, height: Double(height)) }

  // MARK: Axes

  private func writeGrid(_ axis: TimeAxis, bottom: Int, isNamed: Bool, to page: inout Markup) {
    for tick in axis.ticks {
      let x = axis.percent(tick.second)
      let tone = tick.isCoarse ? "" : " fine"
      page.raw("<line class=\"grid\(tone)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Chart.margin)\" y2=\"\(bottom)\"/>")
      if isNamed {
        page.raw("<text class=\"time\(tone)\" x=\"\(x)\" y=\"\(bottom + 15)\">\(TimeAxis.label(tick.second))</text>")
      }
    }
    var taken: [Double] = []
    for level in levels where level.value <= scale.top && level.value >= scale.bottom {
      let y = y(level.value)
      if level.isDrawn { writeLine("line \(level.tone)", y, to: &page) }
      if taken.allSatisfy({ abs($0 - y) >= Chart.apart }) {
        taken.append(y)
        writeLabel(level.label, "level \(level.tone)", y, to: &page)
      }
    }
    for tick in scale.ticks {
      let y = y(tick)
      writeLine(tick == 0 ? "grid zero" : "grid", y, to: &page)
      if taken.allSatisfy({ abs($0 - y) >= Chart.apart }) {
        taken.append(y)
        writeLabel(scale.label(tick), "level", y, to: &page)
      }
    }
    page.raw("\n")
  }

  private func writeLine(_ tone: String, _ y: Double, to page: inout Markup) {
    let y = Decimal.text(y, places: 1)
    page.raw("<line class=\"\(tone)\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>")
  }

  private func writeLabel(_ text: String, _ tone: String, _ y: Double, to page: inout Markup) {
    page.element("text", "class=\"\(tone)\" x=\"-6\" y=\"\(Decimal.text(y + 4, places: 1))\"", text)
  }

  // MARK: What it shows

  private func write(_ line: Line, _ axis: TimeAxis, to page: inout Markup) {
    page.raw("<path class=\"\(line.isArea ? "area" : "line") \(line.tone)\"")
    if !line.name.isEmpty { page.raw(" data-\(line.isOfMany ? "many" : "name")=\"\(Markup.escaped(line.name))\"") }
    page.raw(" d=\"")
    ChartPath.write(line.series, axis, scale, isClosed: line.isArea, to: &page)
    page.raw("\"")
    if line.isOfMany { page.raw("><title>\(Markup.escaped(line.name))</title></path>\n") } else { page.raw("/>\n") }
  }

  private func writeLaneLabel(_ text: String, top: Int, to page: inout Markup) {
    page.element("text", "class=\"level lane\" x=\"-6\" y=\"\(top + 9)\"", text)
    page.raw("<line class=\"grid\" x2=\"100%\" y1=\"\(top + 5)\" y2=\"\(top + 5)\"/>\n")
  }

  private func write(_ lane: Lane, _ axis: TimeAxis, top: Int, to page: inout Markup) {
    writeLaneLabel(lane.label, top: top, to: &page)
    page.raw(
      "<svg class=\"field\" y=\"\(top)\" width=\"100%\" height=\"10\" viewBox=\"0 0 2000 10\" preserveAspectRatio=\"none\">")
    page.raw("<path class=\"\(lane.tone)\" data-lane=\"\(Markup.escaped(lane.label))\" d=\"")
    // Spans that touch on the page are one.
    var open: (from: Int, to: Int)?
    for span in lane.spans + [(.infinity, .infinity)] {
      let from = Int(axis.share(span.from) * 2000)
      let to = max(from + 2, Int(axis.share(span.to) * 2000))
      if let last = open {
        if span.from.isFinite, from <= last.to + 1 {
          open = (last.from, max(last.to, to))
          continue
        }
        let start = min(last.from, 1998)
        page.raw("M\(start) 0H\(min(2000, last.to))V10H\(start)Z")
      }
      open = (from, to)
    }
    page.raw("\"/></svg>\n")
  }

  private func writeMarks(_ axis: TimeAxis, bottom: Int, to page: inout Markup) {
    var last: [Mark.Shape: Double] = [:]
    for mark in marks {
      let share = axis.share(mark.second)
      if mark.shape != .failure, let before = last[mark.shape], share - before < Chart.markShare { continue }
      last[mark.shape] = share
      let x = axis.percent(mark.second)
      page.raw("<a href=\"#\(mark.anchor)\" class=\"mark \(mark.shape)\">")
      switch mark.shape {
      case .change:
        page.raw("<circle cx=\"\(x)\" cy=\"\(Decimal.text(y(mark.value ?? 0), places: 1))\" r=\"3.5\"/>")
      case .event:
        page.raw("<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Chart.margin)\" y2=\"\(bottom)\"/>")
        page.raw("<circle cx=\"\(x)\" cy=\"\(bottom - Chart.laneHeight + 5)\" r=\"3.5\"/>")
      case .failure:
        page.raw("<line x1=\"\(x)\" x2=\"\(x)\" y1=\"2\" y2=\"\(bottom)\"/>")
        page.raw("<svg x=\"\(x)\" y=\"5\" overflow=\"visible\"><path d=\"M-4-4L4 4M4-4L-4 4\"/></svg>")
      }
      page.raw("<title>\(Elapsed.text(mark.second))  \(Markup.escaped(mark.text))</title></a>\n")
    }
  }
}
