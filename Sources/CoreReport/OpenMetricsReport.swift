import CoreObjects

/// A rehearsal as series in the text format of OpenMetrics, with times, as `promtool tsdb create-blocks-from openmetrics` reads it.
///
/// A sample is written at each beat of 15 seconds, as a scrape would have taken it, and not at changes alone: Prometheus does not
/// look back for more than 5 minutes. Of long runs with many series beats are left out, up to 4 minutes. Where a value was missing
/// there is no sample: a NaN would make that of every sum.
package struct OpenMetricsReport: Sendable {
  private static let (beat, mostSeconds) = (15.0, 240.0)
  /// Beats become longer for a file of more samples.
  private static let sampleLimit = 250_000.0
  private let rehearsed: Rehearsed

  package init(_ rehearsed: Rehearsed) { self.rehearsed = rehearsed }

  package var bytes: [UInt8] {
    var page = Markup()
    let all = rehearsed.runs.flatMap { run in LabelledSeries.all(of: run).map { (end: run.lengthSeconds, series: $0) } }
    let step = OpenMetricsReport.step(all)
    for kind in LabelledSeries.Kind.allCases {
      let family = all.filter { $0.series.kind == kind && !$0.series.series.seconds.isEmpty }
      if family.isEmpty { continue }
      page.raw("# HELP \(kind.metric) \(kind.help)\n# TYPE \(kind.metric) gauge\n")
      for (end, series) in family { write(series, end: end, step: step, to: &page) }
    }
    page.raw("# EOF\n")
    return page.bytes
  }

  private static func step(_ all: [(end: Double, series: LabelledSeries)]) -> Double {
    let seconds = all.reduce(0.0) { sum, one in
      sum + max(0, one.end - (one.series.series.seconds.first ?? one.end))
    }
    let beats = (seconds / sampleLimit / beat).rounded(.up)
    return min(mostSeconds, max(1, beats) * beat)
  }

  private func write(_ one: LabelledSeries, end: Double, step: Double, to page: inout Markup) {
    let labels = [
      ("run", one.run), ("namespace", one.namespace), ("hpa", one.autoscaler), (one.kind.nameLabel, one.name),
      ("unit", one.unit?.rawValue ?? ""),
    ]
    let pairs = labels.filter { !$1.isEmpty }.map { "\($0)=\"\(OpenMetricsReport.escaped($1))\"" }
    let head = "\(one.kind.metric){\(pairs.joined(separator: ","))} "
    let (seconds, values) = (one.series.seconds, one.series.values)
    let zero = Double(rehearsed.startedAt.nanoseconds) / 1e9
    var place = -1
    // A run of centuries has no more beats than a file can hold.
    for beat in 0...Int(max(0, min(end / step, OpenMetricsReport.sampleLimit))) {
      let second = Double(beat) * step
      while place + 1 < seconds.count, seconds[place + 1] <= second { place += 1 }
      guard place >= 0, !values[place].isNaN else { continue }
      page.raw(head)
      page.raw("\(OpenMetricsReport.number(values[place])) \(Decimal.text(zero + second, places: 3))\n")
    }
  }

  private static func number(_ value: Double) -> String {
    value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : Decimal.exact(value)
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n", "\r\n": text += "\\n"
      default: text.append(character)
      }
    }
  }
}

extension LabelledSeries.Kind {
  fileprivate var metric: String {
    switch self {
    case .min, .max, .desired, .current, .ready: "wavetank_hpa_replicas_\(rawValue)"
    case .metric: "wavetank_hpa_metric_value"
    case .target: "wavetank_hpa_metric_target"
    case .proposed: "wavetank_hpa_metric_proposed_replicas"
    case .offered, .served, .unmet: "wavetank_hpa_load_\(rawValue)"
    case .usage: "wavetank_hpa_pod_usage"
    case .nodePods: "wavetank_node_pods"
    }
  }

  fileprivate var help: String {
    switch self {
    case .min: "The autoscaler's minReplicas."
    case .max: "The autoscaler's maxReplicas."
    case .desired: "Replicas that the autoscaler's target is to have."
    case .current: "Pods of the target."
    case .ready: "Ready pods of the target."
    case .metric: "What is compared with the target."
    case .target: "The metric's target."
    case .proposed: "Replicas that the metric alone asked for."
    case .offered: "The load that was offered."
    case .served: "The load that the pods could serve."
    case .unmet: "The load that waited or was not served."
    case .usage: "What a pod used."
    case .nodePods: "Pods on a node."
    }
  }

  /// The label that a series' own name stands under.
  fileprivate var nameLabel: String {
    switch self {
    case .usage: "pod"
    case .nodePods: "node"
    case .offered, .served, .unmet: "load"
    default: "metric"
    }
  }
}
