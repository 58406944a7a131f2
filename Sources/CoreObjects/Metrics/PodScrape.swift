/// One number that a pod shows under a name and labels.
package struct MetricSample: Sendable, Equatable {
  package var name: String
  /// Sorted by name.
  package var labels: TextMap
  package var value: Double
  /// It only grows: what counts is how fast.
  package var isCounter: Bool

  package init(_ name: String, _ labels: TextMap = TextMap(tree: .object([])), value: Double, isCounter: Bool = false) {
    self.name = name
    self.labels = TextMap(tree: .object(labels.tree.members.sorted { $0.key.name < $1.key.name }))
    self.value = value
    self.isCounter = isCounter
  }
}

/// What came of asking one pod for its numbers.
package struct PodScrape: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case samples([MetricSample])
    /// Why there is nothing, in words for people.
    case failed(String)
  }
  package var namespace: String
  /// Name and UID of the pod; both empty for numbers that belong to no pod.
  package var pod: String
  package var podUID: String
  package var at: Instant
  package var outcome: Outcome

  package init(namespace: String, pod: String, podUID: String, at: Instant, _ outcome: Outcome) {
    self.namespace = namespace
    self.pod = pod
    self.podUID = podUID
    self.at = at
    self.outcome = outcome
  }
}

/// One number as autoscalers read it.
package struct MetricSeries: Sendable, Equatable {
  package var labels: TextMap
  /// Thousandths of a unit; for a counter of a unit per second.
  package var milli: Int64
}

/// The numbers of one name from one pod.
package struct PodMetric: Sendable, Equatable {
  package var pod: String
  package var at: Instant
  package var series: [MetricSeries]

  /// The sum of the series that `selector` matches, all of them where it is absent; nil where there are none.
  package func sum(_ selector: LabelSelector) -> Int64? {
    let chosen = selector.isAbsent ? series : series.filter { selector.matches($0.labels) }
    return chosen.isEmpty ? nil : Int64(clamping: chosen.reduce(Int128(0)) { $0 + Int128($1.milli) })
  }
}
