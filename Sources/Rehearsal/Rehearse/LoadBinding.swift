import CoreLoad
import CoreObjects

/// A load with the autoscaler that reads it.
struct LoadBinding: Sendable {
  var load: RehearsalLoad
  var metric: ReadMetric
  /// Place in the list of autoscalers.
  var autoscaler: Int

  /// What records and series call it: the metric, and which one of that name.
  var name: String { ReadMetric.text(metric.name, load.selector) }

  /// A load that only another autoscaler of the same target reads is on the pods all the same.
  /// - Parameter others: autoscalers of other runs
  /// - Throws: where no autoscaler reads a load's metric, or several do and none is named; where one has no load that has to be given.
  static func bind(
    _ loads: [RehearsalLoad], to autoscalers: [ManifestObject], besides others: [ManifestObject] = []
  ) throws(RehearsalError) -> [LoadBinding] {
    var bindings: [LoadBinding] = []
    let readers = autoscalers.map { autoscaler in
      let alike = [autoscaler] + others.filter { $0.hasTarget(of: autoscaler) }
      return (alike, alike.flatMap { ReadMetric.all(of: $0.tree) })
    }
    let names = autoscalers.names
    for load in loads {
      var found: [LoadBinding] = []
      for (index, (alike, all)) in readers.enumerated() {
        if let subject = load.subject, !alike.contains(where: { $0.isMeant(by: subject) }) { continue }
        let metrics = all.filter { $0.name == load.metric && $0.meets(load.selector) }
        guard let metric = metrics.first else { continue }
        // Whatever a container uses, all metrics of the resource see it; of other metrics each is a series of its own.
        if !metric.isResource, let other = metrics.first(where: { !$0.isSame(as: metric) }) {
          let names = [metric, other].map { ReadMetric.text($0.name, $0.marks) }.joined(separator: " and ")
          throw RehearsalError(
            "\(autoscalers[index].name) reads \(names): say which, as in --load '\(ReadMetric.text(other.name, other.marks))=…'",
            at: load.place)
        }
        found.append(LoadBinding(load: load, metric: metric, autoscaler: index))
      }
      guard let first = found.first else {
        let read = autoscalers.flatMap { autoscaler in
          ReadMetric.all(of: autoscaler.tree).map { load.selector.isEmpty ? $0.name : ReadMetric.text($0.name, $0.marks) }
        }
        throw RehearsalError(
          "no autoscaler reads the metric '\(ReadMetric.text(load.metric, load.selector))'"
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
      if bindings.contains(where: { $0.autoscaler == first.autoscaler && $0.metric.isSame(as: first.metric) }) {
        throw RehearsalError(
          "there is another load for the metric '\(first.name)' of \(autoscalers[first.autoscaler].name)", at: load.place)
      }
      bindings.append(first)
    }
    for (index, autoscaler) in autoscalers.enumerated() {
      let metrics = ReadMetric.all(of: autoscaler.tree).filter { !$0.isResource }
      for metric in metrics
      where !bindings.contains(where: { $0.autoscaler == index && $0.metric.isSame(as: metric) }) {
        let isOnly = metrics.count { $0.name == metric.name } == 1
        let name = ReadMetric.text(metric.name, isOnly ? [:] : metric.marks)
        throw RehearsalError(
          "\(autoscaler.title) reads the metric '\(name)', of which no load speaks: --load \(isOnly ? name : "'\(name)'")=FILE",
          at: autoscaler.place)
      }
    }
    return bindings
  }
}
