import CoreObjects

/// A rehearsal as comma-separated values, a row for each change of each series, by time: what pandas pivots and what Grafana makes
/// series of. A value holds until the next row of its series; an empty one says that there was none from then on. At the run's end
/// each series has its last value once more, so that lines reach it.
package struct CSVReport: Sendable {
  private let rehearsed: Rehearsed

  package init(_ rehearsed: Rehearsed) { self.rehearsed = rehearsed }

  package var bytes: [UInt8] {
    var page = Markup()
    page.raw("time,seconds,run,namespace,autoscaler,series,name,value\n")
    for run in rehearsed.runs { write(run, to: &page) }
    return page.bytes
  }

  private func write(_ run: RunRecord, to page: inout Markup) {
    let all = LabelledSeries.all(of: run)
    let labels = all.map { one in
      [one.run, one.namespace, one.autoscaler, one.kind.rawValue, one.name].map(CSVReport.field).joined(separator: ",")
    }
    var rows: [(second: Double, series: Int, value: Double)] = []
    rows.reserveCapacity(all.reduce(0) { $0 + $1.series.seconds.count + 1 })
    for (place, one) in all.enumerated() {
      for (second, value) in zip(one.series.seconds, one.series.values) { rows.append((second, place, value)) }
      if let last = one.series.last, !last.isNaN, let second = one.series.seconds.last, second < run.lengthSeconds {
        rows.append((run.lengthSeconds, place, last))
      }
    }
    rows.sort { ($0.second, $0.series) < ($1.second, $1.series) }
    var (second, time) = (-Double.infinity, "")
    for row in rows {
      if row.second != second {
        (second, time) = (row.second, "\(rehearsed.moment(row.second)),\(Decimal.text(row.second, places: 3)),")
      }
      page.raw(time)
      page.raw(labels[row.series])
      page.raw(row.value.isNaN ? ",\n" : ",\(Decimal.exact(row.value))\n")
    }
  }

  /// In quotes where RFC 4180 asks for them.
  private static func field(_ text: String) -> String {
    let isPlain = !text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
    return isPlain ? text : "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension Rehearsed {
  /// A second of the run as a moment in time. All have a fraction: pandas reads times of one form.
  func moment(_ second: Double) -> String {
    (startedAt + Duration.milliseconds(Int64((max(-1e12, min(second, 1e12)) * 1000).rounded()))).rfc3339Micro
  }
}

extension Decimal {
  /// The shortest text that reads back as the same number, whole ones without a point.
  static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 9e15 ? String(Int64(value)) : "\(value)"
  }
}
