import CoreMetrics
import CoreStore
import CoreTypes

/// Metrics that pods tell about themselves, or that an adapter told. Source: pkg/controller/podautoscaler/replica_calculator.go, v1.36.
extension ReplicaCalculator {
  private static let scrape = "prometheus.io/scrape"

  // MARK: Pods

  /// Each pod's own number, averaged. Source: GetMetricReplicas.
  func evaluate(
    pods metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String, _ told: [AdapterAnswer.Value]?,
    _ decision: inout MetricDecision
  ) throws(Failure) {
    guard case .average(let wanted) = target else { throw Failure(message: "its target is not an average value above 0") }
    let name = metric.name ?? ""
    try requirePods()
    // Of several numbers of one pod the last counts. Source: GetRawMetric, metrics/client.go.
    let byPod = told.map { Dictionary($0.map { ($0.object, $0.milli) }, uniquingKeysWith: { $1 }) }
    for pod in pods {
      var term = PodTerm(name: pod.stored.key.name)
      let found =
        byPod != nil
        ? byPod?[pod.stored.key.name]
        : metrics.custom.metric(name, namespace: namespace, podUID: pod.stored.uid)?.sum(metric.selector)
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
    try conclude(
      &decision, false, wanted,
      byPod == nil ? podsProblem(metric, namespace) : "the adapter told of no pod of the target that runs")
  }

  private func podsProblem(_ metric: MetricIdentifier, _ namespace: String) -> String {
    let name = metric.name ?? ""
    let running = pods.filter { !$0.isIgnored && !$0.isPending }
    if running.isEmpty { return "none of the \(pods.count) pods runs" }
    let annotated = running.filter { $0.stored.metadata.annotations[Self.scrape] == "true" }
    let shown = running.lazy.compactMap { pod in
      metrics.custom.metric(name, namespace: namespace, podUID: pod.stored.uid).map { _ in pod }
    }
    if shown.first != nil { return "no series of the pods matches the selector \"\(metric.selector.text)\" of the metric" }
    if annotated.isEmpty, !running.contains(where: { metrics.custom.isKnown(namespace: namespace, podUID: $0.stored.uid) }) {
      return "no pod of the target carries the annotation \(Self.scrape): \"true\", so none is asked for its numbers"
    }
    for pod in running {
      guard let problem = metrics.custom.problem(namespace: namespace, podUID: pod.stored.uid) else { continue }
      return "the scrape of pod \(pod.stored.key.name) gave nothing: \(problem)"
    }
    let isAsked = annotated.contains { metrics.custom.isKnown(namespace: namespace, podUID: $0.stored.uid) }
    return isAsked
      ? "no pod of the target shows a series named \"\(name)\"; a counter is named without _total, after its second scrape"
      : "the pods of the target have not been scraped yet: that is done every 15 s"
  }

  // MARK: Object and External

  func evaluate(
    _ object: CrossVersionObjectReference, _ metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String,
    _ statusReplicas: Int, _ told: [AdapterAnswer.Value]?, _ decision: inout MetricDecision
  ) throws(Failure) {
    if let told {
      guard told.count == 1 else {
        throw Failure(message: "the adapter told \(told.count) values where one object was asked for")
      }
      return try evaluate(told[0].milli, target, statusReplicas, &decision)
    }
    let (kind, name) = (object.kind ?? "", object.name ?? "")
    let tied = metrics.custom.metrics(metric.name ?? "", namespace: namespace, ofKind: kind, named: name)
    if tied.isEmpty {
      let all = metrics.custom.metrics(metric.name ?? "", namespace: namespace)
      let label = "\(kind.lowercased())=\"\(name)\""
      throw Failure(
        message: all.isEmpty ? unknown(metric, namespace) : "no series named \"\(metric.name ?? "")\" has the label \(label)")
    }
    try evaluate(try sum(tied, metric), target, statusReplicas, &decision)
  }

  func evaluate(
    external metric: MetricIdentifier, _ target: AutoscalerRules.Target, _ namespace: String, _ statusReplicas: Int,
    _ told: [AdapterAnswer.Value]?, _ decision: inout MetricDecision
  ) throws(Failure) {
    if let told {
      let sum = told.reduce(Int128(0)) { $0 + Int128($1.milli) }
      return try evaluate(Int64(clamping: sum), target, statusReplicas, &decision)
    }
    let all = metrics.custom.metrics(metric.name ?? "", namespace: namespace)
    if all.isEmpty { throw Failure(message: unknown(metric, namespace)) }
    try evaluate(try sum(all, metric), target, statusReplicas, &decision)
  }

  private func unknown(_ metric: MetricIdentifier, _ namespace: String) -> String {
    "no pod of namespace \(namespace) shows a series named \"\(metric.name ?? "")\""
  }

  private func sum(_ found: [PodMetric], _ metric: MetricIdentifier) throws(Failure) -> Int64 {
    let sums = found.compactMap { $0.sum(metric.selector) }
    if sums.isEmpty {
      throw Failure(message: "none of its series matches the selector \"\(metric.selector.text)\" of the metric")
    }
    return Int64(clamping: sums.reduce(Int128(0)) { $0 + Int128($1) })
  }

  private func evaluate(
    _ value: Int64, _ target: AutoscalerRules.Target, _ statusReplicas: Int, _ decision: inout MetricDecision
  ) throws(Failure) {
    decision.valueMilli = value
    switch target {
    case .value(let wanted): try evaluate(value, against: wanted, &decision)
    case .average(let wanted): evaluate(value, forEach: wanted, statusReplicas, &decision)
    case .utilization, .invalid: throw Failure(message: "its target is neither a value nor an average value above 0")
    }
  }

  /// Against all ready pods. Source: GetObjectMetricReplicas, GetExternalMetricReplicas, getUsageRatioReplicaCount.
  private func evaluate(_ value: Int64, against wanted: Int64, _ decision: inout MetricDecision) throws(Failure) {
    note(Double(value) / Double(wanted), &decision)
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
    note(replicas == 0 ? .infinity : Double(value) / (Double(wanted) * Double(replicas)), &decision)
    decision.replicas = decision.isWithinTolerance ? replicas : Self.count(Double(value) / Double(wanted), 1)
    decision.averageMilli = replicas == 0 ? 0 : Int64(max(-9e18, min((Double(value) / Double(replicas)).rounded(.up), 9e18)))
    if replicas == 0 { note(Double(value) / Double(wanted), &decision) }
  }

  private func note(_ ratio: Double, _ decision: inout MetricDecision) {
    decision.ratio = ratio
    decision.assumedRatio = ratio
    decision.isWithinTolerance = tolerance.holds(ratio)
  }

  private func isReady(_ pod: AutoscaledPod) -> Bool {
    let status = pod.stored.view(Pod.self).status
    return status.phase == "Running" && status.conditions.contains { $0.type == "Ready" && $0.status == "True" }
  }
}
