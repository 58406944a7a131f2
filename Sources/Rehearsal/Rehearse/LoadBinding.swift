import CoreLoad
import CoreObjects

/// A load with the autoscaler that reads it.
struct LoadBinding: Sendable {
  var load: RehearsalLoad
  var metric: ReadMetric
  /// Place in the list of autoscalers.
  var autoscaler: Int

  /// A load that only another autoscaler of the same target reads is on the pods all the same.
  /// - Parameter others: autoscalers of other runs
  /// - Throws: where no autoscaler reads a load's metric, or several do and none is named; where one has no load that has to be given.
  static func bind(
    _ loads: [RehearsalLoad], to autoscalers: [ManifestObject], besides others: [ManifestObject] = []
  ) throws(RehearsalError) -> [LoadBinding] {
    var bindings: [LoadBinding] = []
    for load in loads {
      var found: [LoadBinding] = []
      for (index, autoscaler) in autoscalers.enumerated() {
        let target = autoscaler.tree[.spec][.scaleTargetRef][.name].string
        let alike = [autoscaler] + others.filter { $0.hasTarget(of: autoscaler) }
        if let subject = load.subject, subject != target, !alike.contains(where: { $0.isCalled(subject) }) { continue }
        if let metric = alike.lazy.flatMap({ ReadMetric.all(of: $0.tree) }).first(where: { $0.name == load.metric }) {
          found.append(LoadBinding(load: load, metric: metric, autoscaler: index))
        }
      }
      let isSpread = Set(autoscalers.map(\.namespace)).count > 1
      let names = autoscalers.map { isSpread ? "\($0.namespace)/\($0.name)" : $0.name }.joined(separator: ", ")
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
    for (index, autoscaler) in autoscalers.enumerated() {
      let loaded = bindings.filter { $0.autoscaler == index }.map(\.metric.name)
      for metric in ReadMetric.all(of: autoscaler.tree) where !metric.isResource && !loaded.contains(metric.name) {
        throw RehearsalError(
          "\(autoscaler.title) reads the metric '\(metric.name)', of which no load speaks: --load \(metric.name)=FILE",
          at: autoscaler.place)
      }
    }
    return bindings
  }
}
