import CoreJSON
import CoreMetrics
import CoreStore
import CoreTypes

/// All metrics of an autoscaler: the largest proposal wins; one that fails forbids scaling down.
/// Source: computeReplicasForMetrics, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerMetrics {
  private let key: ObjectKey
  private let rules: AutoscalerRules
  private let target: ScaleTarget
  private let snapshot: Snapshot
  private let now: Instant
  private let pods: [AutoscaledPod]
  private let rival: ObjectKey?
  /// Other autoscalers may have got a rival.
  private(set) var hasNewSelector = false
  private(set) var events: [(reason: String, message: String)] = []
  private(set) var condition: (status: String, reason: String, message: String)?

  init(_ sync: AutoscalerSync, _ target: ScaleTarget, pods: inout AutoscaledPods, selectors: inout SelectorIndex) {
    key = sync.stored.key
    rules = sync.rules
    snapshot = sync.snapshot
    now = sync.now
    self.target = target
    let isUsable = target.hasSelector && target.selector.problem == nil
    self.pods = isUsable ? pods.pods(of: key, target.selector, sync.snapshot) : []
    if isUsable { hasNewSelector = selectors.put(key, target.selector) } else { selectors.remove(key) }
    rival = isUsable ? pods.rival(of: key, selectors) : nil
  }

  /// Leaves `decision.recommended` nil where no count follows.
  mutating func evaluate(_ decision: inout Decision) {
    if !target.hasSelector {
      return refuse(
        "InvalidSelector", event: "SelectorRequired", "the scale of the target has no selector, so its pods are unknown",
        &decision)
    }
    if let problem = target.selector.problem {
      return refuse("InvalidSelector", event: "InvalidSelector", "the selector of the target is not valid: \(problem)", &decision)
    }
    if let rival {
      let message =
        "pods of the selector \(target.selector.text) are scaled by the HorizontalPodAutoscaler \"\(rival.name)\" too: "
        + "delete one of them, or give the workloads selectors that do not overlap"
      return refuse("AmbiguousSelector", event: "AmbiguousSelector", message, &decision)
    }
    var failures = 0
    for index in rules.metrics.indices {
      var metric = MetricDecision(rules.metrics[index], rules.tolerance)
      evaluate(rules.metrics[index], decision.current, &metric)
      if let failure = metric.failure {
        failures += 1
        events.append(failure)
      } else if decision.winner.map({ metric.replicas > decision.metrics[$0].replicas }) ?? true {
        decision.winner = index
      }
      decision.metrics.append(metric)
    }
    conclude(failures, &decision)
  }

  private mutating func conclude(_ failures: Int, _ decision: inout Decision) {
    let failure = decision.metrics.lazy.compactMap(\.failure).first
    guard let winner = decision.winner, failure == nil || decision.metrics[winner].replicas >= decision.current else {
      let reason = failure?.reason ?? "InvalidMetricSourceType"
      let message = failure?.message ?? "the spec has no metric"
      let problem = "\(failures) of \(rules.metrics.count) metrics cannot be read, the first because \(message)"
      condition = ("False", reason, "no replica count follows: \(message)")
      events.append(("FailedComputeMetricsReplicas", problem))
      decision.problem = problem
      decision.winner = nil
      return
    }
    condition = ("True", "ValidMetricFound", "a replica count follows from \(decision.metrics[winner].label)")
    decision.recommended = decision.metrics[winner].replicas
  }

  private mutating func refuse(_ reason: String, event: String, _ message: String, _ decision: inout Decision) {
    condition = ("False", reason, message)
    events.append((event, message))
    events.append(("FailedComputeMetricsReplicas", message))
    decision.problem = message
  }

  private func evaluate(_ metric: AutoscalerRules.Metric, _ current: Int, _ decision: inout MetricDecision) {
    let calculator = ReplicaCalculator(
      metrics: snapshot.metrics, now: now, pods: pods, tolerance: rules.tolerance, current: current)
    let aim = metric.target
    let source = metric.source
    switch source {
    case .resource(let name):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(name, container: nil, metric.target, &decision)
      } catch { decision.failure = ("FailedGetResourceMetric", "failed to get \(name) usage: \(error.message)") }
    case .containerResource(let name, let container):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(name, container: container, metric.target, &decision)
      } catch {
        decision.failure = (
          "FailedGetContainerResourceMetric", "failed to get \(name) usage of container \(container): \(error.message)"
        )
      }
    case .pods(let metric):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(pods: metric, aim, key.namespace, try told(source), &decision)
      } catch {
        decision.failure = ("FailedGetPodsMetric", "failed to get pods metric \(metric.name ?? ""): \(error.message)")
      }
    case .object(let metric, let object):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(object, metric, aim, key.namespace, target.statusReplicas, try told(source), &decision)
      } catch {
        decision.failure = ("FailedGetObjectMetric", "failed to get object metric \(metric.name ?? ""): \(error.message)")
      }
    case .external(let metric):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(external: metric, aim, key.namespace, target.statusReplicas, try told(source), &decision)
      } catch {
        decision.failure = ("FailedGetExternalMetric", "failed to get external metric \(metric.name ?? ""): \(error.message)")
      }
    case .unknown(let type):
      decision.failure = ("InvalidMetricSourceType", "unknown metric source type \"\(type)\"")
    }
  }

  var podUIDs: [String] { pods.map(\.uid) }

  /// Whether a later look would find the same, as long as the pods and their usage are the same.
  var isTimeless: Bool {
    rules.metrics.allSatisfy { metric in
      switch metric.source {
      case .resource(let name), .containerResource(let name, container: _):
        name != "cpu" || pods.allSatisfy { ReplicaCalculator.isPastInitialization($0, now) }
      case .pods, .object, .external, .unknown: false
      }
    }
  }

  /// What an adapter answered; nil where none serves such metrics.
  private func told(_ source: AutoscalerRules.Source) throws(ReplicaCalculator.Failure) -> [AdapterAnswer.Value]? {
    guard let adapter = MetricAdapter(source, snapshot),
      let query = adapter.query(source, namespace: key.namespace, pods: target.selector)
    else { return nil }
    return try adapter.values(query, snapshot)
  }

  /// One for each metric, in the order of the spec, which tables go by; without a value where a metric failed.
  func statuses(_ decision: Decision) -> [MetricStatus] { zip(rules.metrics, decision.metrics).map { status($0, $1) } }

  private func status(_ metric: AutoscalerRules.Metric, _ decision: MetricDecision) -> MetricStatus {
    var status = MetricStatus()
    status.type = metric.type
    if decision.failure != nil { return status }
    func value(_ name: String) -> MetricValueStatus {
      var value = MetricValueStatus()
      let average = name == "memory" ? Quantity(bytes: decision.averageMilli / 1000) : Quantity(milli: decision.averageMilli)
      value.averageValue = average.description
      value.averageUtilization = decision.utilization
      return value
    }
    switch metric.source {
    case .resource(let name):
      status.resource.name = name
      status.resource.current = value(name)
    case .containerResource(let name, let container):
      status.containerResource.name = name
      status.containerResource.container = container
      status.containerResource.current = value(name)
    case .pods(let metric):
      status.pods.metric = metric
      status.pods.current = decision.amount
    case .object(let metric, let object):
      status.object.metric = metric
      status.object.describedObject = object
      status.object.current = decision.amount
    case .external(let metric):
      status.external.metric = metric
      status.external.current = decision.amount
    case .unknown: break
    }
    return status
  }
}
