import CoreJSON
import CoreTypes

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

  init(_ decision: Decision, _ conditions: AutoscalerConditions) {
    current = decision.current
    desired = decision.desired
    values = decision.metrics.map {
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
    for index in decisions.indices { statuses.append(metrics[index].status(decisions[index])) }
    return statuses.isEmpty ? .null : .array(statuses)
  }
}

extension AutoscalerRules.Metric {
  /// Resources, which nearly every look writes, are put together member by member.
  fileprivate func status(_ decision: MetricDecision) -> JSON {
    let type = Member(key: .type, value: .string(type))
    if decision.failure != nil { return .object([type]) }
    func current() -> Member {
      let average = isMemory ? Quantity(bytes: decision.averageMilli / 1000) : Quantity(milli: decision.averageMilli)
      let value = Member(key: .averageValue, value: .string(average.description))
      guard let utilization = decision.utilization else { return Member(key: .current, value: .object([value])) }
      return Member(
        key: .current, value: .object([value, Member(key: .averageUtilization, value: .int(Int64(utilization)))]))
    }
    var status = MetricStatus(tree: .object([type]))
    switch source {
    case .resource(let name):
      let members = [Member(key: .name, value: .string(name)), current()]
      return .object([type, Member(key: .resource, value: .object(members))])
    case .containerResource(let name, let container):
      let members = [
        Member(key: .name, value: .string(name)), Member(key: .container, value: .string(container)), current(),
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
