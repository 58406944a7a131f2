import CoreObjects

/// All that the status of an autoscaler is made from.
struct StatusTerms: Equatable, Sendable {
  struct Value: Equatable, Sendable {
    var utilization: Int?
    var averageMilli: Int64
    var valueMilli: Int64?
    var isFailed: Bool
  }
  var current: Int
  var desired: Int
  var values: [Value]
  var conditions: AutoscalerConditions

  init(_ decision: Decision, _ conditions: AutoscalerConditions, withValues: Bool) {
    current = decision.current
    desired = decision.desired
    values =
      !withValues
      ? []
      : decision.metrics.map {
        Value(utilization: $0.utilization, averageMilli: $0.averageMilli, valueMilli: $0.valueMilli, isFailed: $0.failure != nil)
      }
    self.conditions = conditions
  }
}

extension AutoscalerRules {
  /// One for each metric, in the order of the spec, which tables go by; without a value where a metric failed.
  func statuses(_ decisions: [MetricDecision]) -> JSON {
    var statuses: [JSON] = []
    statuses.reserveCapacity(decisions.count)
    for index in decisions.indices { statuses.append(metrics[index].status(decisions[index]).tree) }
    return statuses.isEmpty ? .null : .array(statuses)
  }
}

extension AutoscalerRules.Metric {
  fileprivate func status(_ decision: MetricDecision) -> MetricStatus {
    if decision.failure != nil { return .make(type: type) }
    let current = decision.amount
    switch source {
    case .resource(let name): return .make(type: type, resource: .make(name: name, current: current))
    case .containerResource(let name, let container):
      return .make(type: type, containerResource: .make(name: name, container: container, current: current))
    case .pods(let metric): return .make(type: type, pods: .make(metric: metric, current: current))
    case .object(let metric, let object):
      return .make(type: type, object: .make(metric: metric, describedObject: object, current: current))
    case .external(let metric): return .make(type: type, external: .make(metric: metric, current: current))
    case .unknown: return .make(type: type)
    }
  }
}
