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
  private let now: Instant
  private let pods: [AutoscaledPod]
  private let samples: [Int]
  private let rival: ObjectKey?
  /// The target has a selector that says something.
  private let isUsable: Bool
  /// Other autoscalers may have got a rival.
  private(set) var hasNewSelector = false
  private(set) var events: [(reason: String, message: String)] = []
  private(set) var condition: (status: String, reason: String, message: String)?

  init(
    _ sync: AutoscalerSync, _ target: ScaleTarget, _ snapshot: Snapshot, _ found: inout AutoscaledPods,
    _ index: inout PodIndex, _ selectors: inout SelectorIndex
  ) {
    key = sync.stored.key
    rules = sync.rules
    now = sync.now
    self.target = target
    isUsable = target.hasSelector && target.selector.problem == nil
    if isUsable {
      let isNew = found.find(target.selector, of: key, &index, snapshot)
      hasNewSelector = isNew && selectors.put(key, target.selector)
    } else {
      found = AutoscaledPods()
      selectors.remove(key)
    }
    pods = found.pods
    samples = found.samples
    rival = isUsable ? found.rival(of: key, selectors) : nil
  }

  /// Leaves `decision.recommended` nil where no count follows.
  mutating func evaluate(_ decision: inout Decision, _ snapshot: Snapshot) {
    if !isUsable {
      if let problem = target.selector.problem, target.hasSelector {
        return refuse(
          "InvalidSelector", event: "InvalidSelector", "the selector of the target is not valid: \(problem)", &decision)
      }
      return refuse(
        "InvalidSelector", event: "SelectorRequired", "the scale of the target has no selector, so its pods are unknown",
        &decision)
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
      evaluate(rules.metrics[index], decision.current, snapshot, &metric)
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
    condition = ("True", "ValidMetricFound", rules.metrics[winner].found)
    decision.recommended = decision.metrics[winner].replicas
  }

  private mutating func refuse(_ reason: String, event: String, _ message: String, _ decision: inout Decision) {
    condition = ("False", reason, message)
    events.append((event, message))
    events.append(("FailedComputeMetricsReplicas", message))
    decision.problem = message
  }

  private func evaluate(
    _ metric: AutoscalerRules.Metric, _ current: Int, _ snapshot: Snapshot, _ decision: inout MetricDecision
  ) {
    let calculator = ReplicaCalculator(
      metrics: snapshot.metrics, now: now, pods: pods, samples: samples, tolerance: rules.tolerance, current: current)
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
        try calculator.evaluate(pods: metric, aim, key.namespace, try told(source, snapshot), &decision)
      } catch {
        decision.failure = ("FailedGetPodsMetric", "failed to get pods metric \(metric.name ?? ""): \(error.message)")
      }
    case .object(let metric, let object):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(object, metric, aim, key.namespace, target.statusReplicas, try told(source, snapshot), &decision)
      } catch {
        decision.failure = ("FailedGetObjectMetric", "failed to get object metric \(metric.name ?? ""): \(error.message)")
      }
    case .external(let metric):
      do throws(ReplicaCalculator.Failure) {
        try calculator.evaluate(
          external: metric, aim, key.namespace, target.statusReplicas, try told(source, snapshot), &decision)
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
  private func told(_ source: AutoscalerRules.Source, _ snapshot: Snapshot) throws(ReplicaCalculator.Failure)
    -> [AdapterAnswer.Value]?
  {
    guard let adapter = MetricAdapter(source, snapshot),
      let query = adapter.query(source, namespace: key.namespace, pods: target.selector)
    else { return nil }
    return try adapter.values(query, snapshot)
  }

  /// One for each metric, in the order of the spec, which tables go by; without a value where a metric failed.
  func statuses(_ decision: Decision) -> JSON {
    var statuses: [JSON] = []
    statuses.reserveCapacity(decision.metrics.count)
    for index in decision.metrics.indices { statuses.append(status(rules.metrics[index], decision.metrics[index])) }
    return statuses.isEmpty ? .null : .array(statuses)
  }

  /// Resources, which nearly every look writes, are put together member by member.
  private func status(_ metric: AutoscalerRules.Metric, _ decision: MetricDecision) -> JSON {
    let type = Member(key: .type, value: .string(metric.type))
    if decision.failure != nil { return .object([type]) }
    func current(_ name: String) -> Member {
      let average = name == "memory" ? Quantity(bytes: decision.averageMilli / 1000) : Quantity(milli: decision.averageMilli)
      let value = Member(key: .averageValue, value: .string(average.description))
      guard let utilization = decision.utilization else { return Member(key: .current, value: .object([value])) }
      return Member(
        key: .current, value: .object([value, Member(key: .averageUtilization, value: .int(Int64(utilization)))]))
    }
    var status = MetricStatus(tree: .object([type]))
    switch metric.source {
    case .resource(let name):
      let members = [Member(key: .name, value: .string(name)), current(name)]
      return .object([type, Member(key: .resource, value: .object(members))])
    case .containerResource(let name, let container):
      let members = [
        Member(key: .name, value: .string(name)), Member(key: .container, value: .string(container)), current(name),
      ]
      return .object([type, Member(key: .containerResource, value: .object(members))])
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
    return status.tree
  }
}
