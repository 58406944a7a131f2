import CoreLoad
import CoreObjects

/// A load with the autoscaler that reads it.
struct LoadBinding: Sendable {
  var load: RehearsalLoad
  var metric: ReadMetric
  /// Place in the list of autoscalers.
  var autoscaler: Int

  /// - Throws: where no autoscaler reads a load's metric, or several do and none is named.
  static func bind(_ loads: [RehearsalLoad], to autoscalers: [ManifestObject]) throws(RehearsalError) -> [LoadBinding] {
    var bindings: [LoadBinding] = []
    for load in loads {
      var found: [LoadBinding] = []
      for (index, autoscaler) in autoscalers.enumerated() {
        let target = autoscaler.tree[.spec][.scaleTargetRef][.name].string
        if let subject = load.subject, subject != autoscaler.name, subject != target { continue }
        for metric in ReadMetric.all(of: autoscaler.tree) where metric.name == load.metric {
          found.append(LoadBinding(load: load, metric: metric, autoscaler: index))
          break
        }
      }
      let names = autoscalers.map(\.name).joined(separator: ", ")
      guard let first = found.first else {
        let read = autoscalers.flatMap { ReadMetric.all(of: $0.tree).map(\.name) }
        throw RehearsalError(
          "no autoscaler reads the metric '\(load.metric)'"
            + (load.subject.map { " of '\($0)'" } ?? "")
            + (read.isEmpty
              ? "" : ": \(names) read\(autoscalers.count == 1 ? "s" : "") \(Set(read).sorted().joined(separator: ", "))"),
          at: load.place)
      }
      if found.count > 1 {
        throw RehearsalError(
          "several autoscalers read the metric '\(load.metric)': name one of \(names), as in --load NAME/\(load.metric)=…",
          at: load.place)
      }
      if bindings.contains(where: { $0.autoscaler == first.autoscaler && $0.metric.name == load.metric }) {
        throw RehearsalError(
          "there is another load for the metric '\(load.metric)' of \(autoscalers[first.autoscaler].name)", at: load.place)
      }
      bindings.append(first)
    }
    return bindings
  }
}
