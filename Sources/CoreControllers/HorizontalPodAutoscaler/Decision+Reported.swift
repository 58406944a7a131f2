package import CoreObjects

extension Decision {
  /// What an autoscaler's status tells of its last look, for clusters that tell no more. nil before there was one.
  package init?(reportedBy autoscaler: JSON, at now: Instant) {
    let view = HorizontalPodAutoscaler(tree: autoscaler)
    let status = view.status
    let rules = AutoscalerRules(view.spec)
    if status.conditions.isEmpty { return nil }
    self.init(at: now, current: status.currentReplicas ?? 0, rules)
    desired = status.desiredReplicas ?? current
    func condition(_ kind: AutoscalerConditions.Kind) -> HorizontalPodAutoscalerCondition? {
      status.conditions.first { $0.type == kind.rawValue }
    }
    for (place, metric) in rules.metrics.enumerated() {
      let values = autoscaler[.status][.currentMetrics].elements
      metrics.append(MetricDecision(metric, rules.tolerance, reported: place < values.count ? values[place] : .null, current))
    }
    winner = metrics.indices.filter { metrics[$0].failure == nil }.max { metrics[$0].replicas < metrics[$1].replicas }
    if let active = condition(.scalingActive), active.status == "False" {
      problem = active.message
      winner = nil
    } else if let able = condition(.ableToScale), able.status == "False" {
      problem = able.message
    }
    // Nobody asks the metrics then.
    if current > most, desired == most { problem = Decision.aboveMost }
    if current < least, desired == least { problem = Decision.belowLeast }
    recommended = winner.map { metrics[$0].replicas }
    stabilizedReason = condition(.ableToScale)?.reason.flatMap(ScalingLimits.Stabilized.init)
    stabilized = stabilizedReason == nil ? recommended ?? current : desired
    if let limited = condition(.scalingLimited), limited.status == "True" {
      limitedReason = limited.reason.flatMap(ScalingLimits.Limited.init)
    }
  }
}

extension MetricDecision {
  /// - Parameter status: of one metric; without a value where it failed.
  fileprivate init(_ metric: AutoscalerRules.Metric, _ tolerance: Tolerance, reported status: JSON, _ current: Int) {
    self.init(metric, tolerance)
    let value = status.members.lazy.map { $0.value["current"] }.first { $0.isObject } ?? .null
    func milli(_ key: Key) -> Int64? { value[key].string.flatMap { Quantity($0) }?.milliValue }
    averageMilli = milli("averageValue") ?? 0
    valueMilli = milli("value")
    var found: Double?
    if let target = targetUtilization {
      utilization = value["averageUtilization"].int
      found = utilization.map { Double($0) / Double(target) }
    } else if let target = targetMilli {
      found = milli("averageValue").map { Double($0) / Double(target) }
    } else if let target = targetValueMilli {
      found = valueMilli.map { Double($0) / Double(target) }
    }
    guard let found, found.isFinite else {
      failure = Failure(metric.source, .unknownSource(metric.type))
      return
    }
    ratio = found
    assumedRatio = found
    isWithinTolerance = tolerance.holds(found)
    replicas = isWithinTolerance ? current : Int(min(1e9, (found * Double(current)).rounded(.up)))
  }
}
