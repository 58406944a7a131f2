/// One series of a rehearsal with what tells it from all others, as files of numbers want it.
struct LabelledSeries: Sendable {
  /// What it is a series of. The raw value is its name in a file of comma-separated values.
  enum Kind: String, CaseIterable, Sendable {
    case min, max, desired, current, ready, metric, target, proposed, offered, served, unmet, usage
    case nodePods = "node_pods"
  }
  var kind: Kind
  var run: String
  var namespace = ""
  var autoscaler = ""
  /// Of the metric, the load, the pod or the node; empty for counts.
  var name = ""
  var unit: MetricUnit?
  var series: RunSeries

  static func all(of run: RunRecord) -> [LabelledSeries] {
    var all: [LabelledSeries] = []
    for record in run.autoscalers {
      func add(_ kind: Kind, _ series: RunSeries, _ name: String = "", _ unit: MetricUnit? = nil) {
        all.append(
          LabelledSeries(
            kind: kind, run: run.name, namespace: record.namespace, autoscaler: record.name, name: name, unit: unit,
            series: series))
      }
      add(.min, record.least)
      add(.max, record.most)
      add(.desired, record.desired)
      add(.current, record.current)
      add(.ready, record.ready)
      for metric in record.metrics {
        var target = RunSeries()
        target.add(metric.target, at: 0)
        add(.metric, metric.value, metric.name, metric.unit)
        add(.target, target, metric.name, metric.unit)
        add(.proposed, metric.proposed, metric.name, nil)
      }
      for load in record.loads {
        add(.offered, load.offered, load.name, load.unit)
        add(.served, load.served, load.name, load.unit)
        add(.unmet, load.unmet, load.name, load.unit)
      }
      for (name, usage) in record.pods { add(.usage, usage, name, record.loads.first?.unit) }
    }
    return all
      + run.podsOnNodes.map { LabelledSeries(kind: .nodePods, run: run.name, name: $0.node, series: $0.pods) }
  }
}
