import CoreObjects

/// All metrics of an autoscaler: the largest proposal wins; one that fails forbids scaling down.
/// Source: computeReplicasForMetrics, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerMetrics {
  /// What all of them together ask for.
  struct Proposal {
    /// One for each metric of the spec, in its order; empty where they were not read.
    var metrics: [MetricDecision] = []
    /// Index in `metrics` of the one that wants most.
    var winner: Int?
    /// Nil where no count follows.
    var replicas: Int?
    var problem: String?
    /// Of the condition ScalingActive.
    var reason = ""
    var message = ""
    var events: [(reason: String, message: String)] = []
  }
  private let namespace: String
  private let rules: AutoscalerRules
  private let target: ScaleTarget
  private let now: Instant
  private let pods: [AutoscaledPod]
  private let samples: [Int]
  private let rival: ObjectKey?
  private let lastStart: Instant?

  init(_ key: ObjectKey, _ rules: AutoscalerRules, _ target: ScaleTarget, _ found: AutoscaledPods, _ now: Instant) {
    namespace = key.namespace
    self.rules = rules
    self.target = target
    self.now = now
    pods = found.pods
    samples = found.samples
    rival = found.rival
    lastStart = found.lastStart
  }

  /// Whether a later look would find the same, as long as the pods and their usage are the same.
  var isTimeless: Bool {
    rules.metrics.allSatisfy { metric in
      switch metric.source {
      case .resource(let name), .containerResource(let name, container: _):
        name != "cpu" || ReplicaCalculator.isPastInitialization(lastStart, now)
      case .pods, .object, .external, .unknown: false
      }
    }
  }

  func propose(current: Int, _ snapshot: Snapshot) -> Proposal {
    if !target.hasSelector {
      let message = "the scale of the target has no selector, so its pods are unknown"
      return refusal("InvalidSelector", event: "SelectorRequired", message)
    }
    if let problem = target.problem {
      let message = "the selector of the target is not valid: \(problem)"
      return refusal("InvalidSelector", event: "InvalidSelector", message)
    }
    if let rival {
      let message =
        "pods of the selector \(target.selector.text) are scaled by the HorizontalPodAutoscaler \"\(rival.name)\" too: "
        + "delete one of them, or give the workloads selectors that do not overlap"
      return refusal("AmbiguousSelector", event: "AmbiguousSelector", message)
    }
    var proposal = Proposal()
    for index in rules.metrics.indices {
      let metric = evaluate(rules.metrics[index], current, snapshot)
      if let failure = metric.failure {
        proposal.events.append((failure.reason.rawValue, failure.message))
      } else if proposal.winner.map({ metric.replicas > proposal.metrics[$0].replicas }) ?? true {
        proposal.winner = index
      }
      proposal.metrics.append(metric)
    }
    decide(&proposal, current)
    return proposal
  }

  private func refusal(_ reason: String, event: String, _ message: String) -> Proposal {
    Proposal(
      problem: message, reason: reason, message: message,
      events: [(event, message), ("FailedComputeMetricsReplicas", message)])
  }

  private func decide(_ proposal: inout Proposal, _ current: Int) {
    let failure = proposal.metrics.lazy.compactMap(\.failure).first
    if let winner = proposal.winner, failure == nil || proposal.metrics[winner].replicas >= current {
      proposal.reason = "ValidMetricFound"
      proposal.message = rules.metrics[winner].found
      proposal.replicas = proposal.metrics[winner].replicas
      return
    }
    let cause = failure?.message ?? "the spec has no metric"
    let problem = "\(proposal.events.count) of \(rules.metrics.count) metrics cannot be read, the first because \(cause)"
    proposal.reason = (failure?.reason ?? .unknown).rawValue
    proposal.message = "no replica count follows: \(cause)"
    proposal.events.append(("FailedComputeMetricsReplicas", problem))
    proposal.problem = problem
    proposal.winner = nil
  }

  private func evaluate(_ metric: AutoscalerRules.Metric, _ current: Int, _ snapshot: Snapshot) -> MetricDecision {
    let calculator = ReplicaCalculator(
      custom: snapshot.metrics.custom, now: now, pods: pods, samples: samples, tolerance: rules.tolerance, current: current)
    var decision = MetricDecision(metric, rules.tolerance)
    let (source, aim) = (metric.source, metric.target)
    do throws(MetricFailure) {
      switch source {
      case .resource(let name): try calculator.evaluate(name, container: nil, aim, snapshot.metrics, &decision)
      case .containerResource(let name, let container):
        try calculator.evaluate(name, container: container, aim, snapshot.metrics, &decision)
      case .pods(let metric):
        try calculator.evaluate(pods: metric, aim, namespace, try answer(source, snapshot), &decision)
      case .object(let metric, let object):
        try calculator.evaluate(object, metric, aim, namespace, target.statusReplicas, try answer(source, snapshot), &decision)
      case .external(let metric):
        try calculator.evaluate(
          external: metric, aim, namespace, target.statusReplicas, try answer(source, snapshot), &decision)
      case .unknown(let type): throw .unknownSource(type)
      }
    } catch { decision.failure = .init(source, error) }
    return decision
  }

  /// What an adapter answered; nil where none serves such metrics.
  private func answer(_ source: AutoscalerRules.Source, _ snapshot: Snapshot) throws(MetricFailure) -> [AdapterAnswer.Value]? {
    guard let adapter = MetricAdapter(source, snapshot),
      let query = adapter.query(source, namespace: namespace, pods: target.selector)
    else { return nil }
    return try adapter.values(query, snapshot)
  }
}
