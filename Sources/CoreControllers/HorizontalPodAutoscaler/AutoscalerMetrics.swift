import CoreJSON
import CoreStore
import CoreTypes

/// All metrics of an autoscaler: the largest proposal wins; one that fails forbids scaling down.
/// Source: computeReplicasForMetrics, pkg/controller/podautoscaler/horizontal.go, v1.36.
struct AutoscalerMetrics {
  private let autoscaler: HorizontalPodAutoscaler
  private let target: ScaleTarget
  private let snapshot: Snapshot
  private let now: Instant
  private let isAmbiguous: Bool
  var statuses: [MetricStatus] = []
  var events: [(EventDraft.Kind, String, String)] = []
  var condition: (status: String, reason: String, message: String)?

  init(_ sync: AutoscalerSync, _ target: ScaleTarget) {
    autoscaler = sync.autoscaler
    snapshot = sync.snapshot
    now = sync.now
    isAmbiguous = sync.isAmbiguous
    self.target = target
  }

  private struct MetricFailure: Error {
    var reason: String
    var message: String
  }

  /// The wanted count before windows and limits; nil where the metrics give none.
  mutating func evaluate(current: Int, _ decision: inout Decision) -> Int? {
    if target.selector.isAbsent {
      return refuse("InvalidSelector", "SelectorRequired", "the target's scale has no selector")
    }
    if isAmbiguous {
      let message = "another HorizontalPodAutoscaler scales the pods of this selector too: delete one of them"
      return refuse("AmbiguousSelector", "AmbiguousSelector", message)
    }
    let pods = target.pods(snapshot.store)
    var best: (replicas: Int, name: String, proposal: ReplicaCalculator.Proposal)?
    var failures: [MetricFailure] = []
    for metric in autoscaler.spec.metrics {
      do throws(MetricFailure) {
        let (name, proposal, status) = try evaluate(metric, pods, current)
        statuses.append(status)
        if best == nil || proposal.replicas > best!.replicas { best = (proposal.replicas, name, proposal) }
      } catch {
        failures.append(error)
        events.append((.warning, error.reason, error.message))
      }
    }
    if let failure = failures.first, best == nil || best!.replicas < current {
      condition = ("False", failure.reason, "no replica count follows from the metrics: \(failure.message)")
      return nil
    }
    guard let best else {
      condition = ("False", "InvalidMetricSourceType", "there is no metric")
      return nil
    }
    condition = ("True", "ValidMetricFound", "a replica count follows from \(best.name)")
    decision.metric = best.name
    decision.counted = best.proposal.counted
    decision.ignored = best.proposal.ignored
    decision.missing = best.proposal.missing
    decision.unready = best.proposal.unready
    decision.usageMilli = best.proposal.totalMilli
    decision.requestsMilli = best.proposal.requestsMilli
    decision.utilization = best.proposal.utilization
    decision.ratio = best.proposal.ratio
    return best.replicas
  }

  private mutating func refuse(_ reason: String, _ event: String, _ message: String) -> Int? {
    condition = ("False", reason, message)
    events.append((.warning, event, message))
    return nil
  }

  private func evaluate(
    _ metric: MetricSpec, _ pods: [StoredObject], _ current: Int
  ) throws(MetricFailure) -> (String, ReplicaCalculator.Proposal, MetricStatus) {
    switch metric.type {
    case "Resource":
      return try resource(metric.resource.name ?? "", nil, metric.resource.target, "FailedGetResourceMetric", pods, current)
    case "ContainerResource":
      let source = metric.containerResource
      return try resource(source.name ?? "", source.container, source.target, "FailedGetContainerResourceMetric", pods, current)
    case "Pods", "Object", "External":
      throw MetricFailure(
        reason: "FailedGet\(metric.type!)Metric", message: "no adapter serves metrics of the source \(metric.type!) in this cluster")
    default: throw MetricFailure(reason: "InvalidMetricSourceType", message: "unknown metric source \"\(metric.type ?? "")\"")
    }
  }

  private func resource(
    _ name: String, _ container: String?, _ wanted: MetricTarget, _ reason: String, _ pods: [StoredObject], _ current: Int
  ) throws(MetricFailure) -> (String, ReplicaCalculator.Proposal, MetricStatus) {
    let calculator = ReplicaCalculator(snapshot: snapshot, now: now, pods: pods, tolerance: tolerance)
    let percent = wanted.averageUtilization
    let raw = wanted.averageValue.flatMap { Quantity($0) }?.milliValue
    guard let amount = percent.map(Int64.init) ?? raw, amount > 0 else {
      throw MetricFailure(reason: reason, message: "the target of \(name) is neither a utilization nor an average value")
    }
    let proposal: ReplicaCalculator.Proposal
    do throws(ReplicaCalculator.Failure) {
      proposal = try calculator.resource(name, container: container, target: amount, isUtilization: percent != nil, current: current)
    } catch { throw MetricFailure(reason: reason, message: "failed to get \(name) utilization: \(error.message)") }
    var value = MetricValueStatus()
    value.averageUtilization = proposal.utilization
    let average = name == "memory" ? Quantity(bytes: proposal.averageMilli / 1000) : Quantity(milli: proposal.averageMilli)
    value.averageValue = average.description
    var status = MetricStatus()
    let label: String
    if let container {
      status.type = "ContainerResource"
      status.containerResource.name = name
      status.containerResource.container = container
      status.containerResource.current = value
      label = "\(name) of container \(container)"
    } else {
      status.type = "Resource"
      status.resource.name = name
      status.resource.current = value
      label = "\(name) resource" + (percent != nil ? " utilization (percentage of request)" : "")
    }
    return (label, proposal, status)
  }

  private var tolerance: ReplicaCalculator.Tolerance {
    var tolerance = ReplicaCalculator.Tolerance()
    func read(_ text: String?) -> Double? { text.flatMap { Quantity($0) }.map { Double($0.milliValue) / 1000 } }
    tolerance.up = read(autoscaler.spec.behavior.scaleUp.tolerance) ?? 0.1
    tolerance.down = read(autoscaler.spec.behavior.scaleDown.tolerance) ?? 0.1
    return tolerance
  }
}
