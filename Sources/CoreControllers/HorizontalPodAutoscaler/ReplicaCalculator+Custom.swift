import CoreObjects

/// Metrics that pods report about themselves, or that an adapter reports. Source: pkg/controller/podautoscaler/replica_calculator.go, v1.36.
extension ReplicaCalculator {
  // MARK: Pods

  /// Each pod's own number, averaged. Source: GetMetricReplicas.
  func evaluate(
    pods metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String, _ answer: [AdapterAnswer.Value]?,
    _ decision: inout MetricDecision
  ) throws(MetricFailure) {
    guard case .average(let wanted) = target else { throw .noAverage }
    let name = metric.name ?? ""
    try requirePods()
    // Of several numbers of one pod the last counts. Source: GetRawMetric, metrics/client.go.
    let byPod = answer.map { Dictionary($0.map { ($0.object, $0.milli) }, uniquingKeysWith: { $1 }) }
    for pod in pods {
      var term = PodTerm(name: pod.stored.key.name)
      let found =
        byPod != nil
        ? byPod?[pod.stored.key.name]
        : custom.metric(name, namespace: namespace, podUID: pod.stored.uid)?.sum(metric.selector)
      if pod.isIgnored {
        term.state = .ignored
      } else if pod.isPending {
        term.state = .unready
      } else if let found {
        term.usageMilli = found
      } else {
        term.state = .missing
      }
      decision.pods.append(term)
    }
    if try !count(&decision, false, wanted) { throw byPod == nil ? podsFailure(metric, namespace) : .adapterWithoutPods }
  }

  private func podsFailure(_ metric: MetricIdentifier, _ namespace: String) -> MetricFailure {
    let name = metric.name ?? ""
    let running = pods.filter { !$0.isIgnored && !$0.isPending }
    if running.isEmpty { return .noPodRuns(pods: pods.count) }
    let annotated = running.filter { $0.stored.metadata.annotations[MetricFailure.annotation] == "true" }
    let shown = running.lazy.compactMap { pod in
      custom.metric(name, namespace: namespace, podUID: pod.stored.uid).map { _ in pod }
    }
    if shown.first != nil { return .noPodMatches(selector: metric.selector.text) }
    if annotated.isEmpty, !running.contains(where: { custom.isKnown(namespace: namespace, podUID: $0.stored.uid) }) {
      return .notAnnotated
    }
    for pod in running {
      guard let problem = custom.problem(namespace: namespace, podUID: pod.stored.uid) else { continue }
      return .scrapeFailed(pod: pod.stored.key.name, problem: problem)
    }
    let isAsked = annotated.contains { custom.isKnown(namespace: namespace, podUID: $0.stored.uid) }
    return isAsked ? .noPodShows(metric: name) : .notScraped
  }

  // MARK: Object and External

  func evaluate(
    _ object: CrossVersionObjectReference, _ metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String,
    _ statusReplicas: Int, _ answer: [AdapterAnswer.Value]?, _ decision: inout MetricDecision
  ) throws(MetricFailure) {
    if let answer {
      guard answer.count == 1 else { throw .adapterValues(count: answer.count) }
      return try evaluate(answer[0].milli, target, statusReplicas, &decision)
    }
    let (kind, name) = (object.kind ?? "", object.name ?? "")
    let tied = custom.metrics(metric.name ?? "", namespace: namespace, ofKind: kind, named: name)
    if tied.isEmpty {
      if custom.metrics(metric.name ?? "", namespace: namespace).isEmpty { throw noSeries(metric, namespace) }
      throw .noSeriesOfObject(metric: metric.name ?? "", label: "\(kind.lowercased())=\"\(name)\"")
    }
    try evaluate(try sum(tied, metric), target, statusReplicas, &decision)
  }

  func evaluate(
    external metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String, _ statusReplicas: Int,
    _ answer: [AdapterAnswer.Value]?, _ decision: inout MetricDecision
  ) throws(MetricFailure) {
    if let answer {
      let sum = answer.reduce(Int128(0)) { $0 + Int128($1.milli) }
      return try evaluate(Int64(clamping: sum), target, statusReplicas, &decision)
    }
    let all = custom.metrics(metric.name ?? "", namespace: namespace)
    if all.isEmpty { throw noSeries(metric, namespace) }
    try evaluate(try sum(all, metric), target, statusReplicas, &decision)
  }

  private func noSeries(_ metric: MetricIdentifier, _ namespace: String) -> MetricFailure {
    .noSeries(metric: metric.name ?? "", namespace: namespace)
  }

  private func sum(_ found: [PodMetric], _ metric: MetricIdentifier) throws(MetricFailure) -> Int64 {
    let sums = found.compactMap { $0.sum(metric.selector) }
    if sums.isEmpty { throw .noSeriesMatches(selector: metric.selector.text) }
    return Int64(clamping: sums.reduce(Int128(0)) { $0 + Int128($1) })
  }

  private func evaluate(
    _ value: Int64, _ target: AutoscalerRules.Target, _ statusReplicas: Int, _ decision: inout MetricDecision
  ) throws(MetricFailure) {
    decision.valueMilli = value
    switch target {
    case .value(let wanted): try evaluate(value, against: wanted, &decision)
    case .average(let wanted): evaluate(value, forEach: wanted, statusReplicas, &decision)
    case .utilization, .invalid: throw .noValueOrAverage
    }
  }

  /// Against all ready pods. Source: GetObjectMetricReplicas, GetExternalMetricReplicas, getUsageRatioReplicaCount.
  private func evaluate(_ value: Int64, against wanted: Int64, _ decision: inout MetricDecision) throws(MetricFailure) {
    setRatio(Double(value) / Double(wanted), &decision)
    if current == 0 {
      decision.isWithinTolerance = false
      decision.replicas = Self.count(decision.ratio, 1)
    } else if decision.isWithinTolerance {
      decision.replicas = current
    } else {
      try requirePods()
      decision.replicas = Self.count(decision.ratio, pods.reduce(0) { $0 + (isReady($1) ? 1 : 0) })
    }
  }

  /// Shared out among the replicas that there are. Source: GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas.
  private func evaluate(_ value: Int64, forEach wanted: Int64, _ replicas: Int, _ decision: inout MetricDecision) {
    setRatio(replicas == 0 ? .infinity : Double(value) / (Double(wanted) * Double(replicas)), &decision)
    decision.replicas = decision.isWithinTolerance ? replicas : Self.count(Double(value) / Double(wanted), 1)
    decision.averageMilli = replicas == 0 ? 0 : Int64(max(-9e18, min((Double(value) / Double(replicas)).rounded(.up), 9e18)))
    if replicas == 0 { setRatio(Double(value) / Double(wanted), &decision) }
  }

  private func setRatio(_ ratio: Double, _ decision: inout MetricDecision) {
    decision.ratio = ratio
    decision.assumedRatio = ratio
    decision.isWithinTolerance = tolerance.holds(ratio)
  }

  private func isReady(_ pod: AutoscaledPod) -> Bool {
    let view = pod.stored.view(Pod.self)
    return view.isIn(.running) && view.isReady
  }
}
