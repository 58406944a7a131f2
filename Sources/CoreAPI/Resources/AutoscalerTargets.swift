import CoreObjects

/// The TARGETS cell: the first two metrics as current/target, then how many more.
/// Source: formatHPAMetrics, pkg/printers/internalversion/printers.go, v1.36.
enum AutoscalerTargets {
  static func text(_ autoscaler: HorizontalPodAutoscaler) -> String {
    var shown: [String] = []
    let specs = Array(autoscaler.spec.metrics)
    if specs.isEmpty { return "<none>" }
    for (index, metric) in specs.enumerated().prefix(2) {
      let current =
        autoscaler.status.currentMetrics.indices.contains(index) ? autoscaler.status.currentMetrics[index] : MetricStatus()
      shown.append(text(metric, current))
    }
    return shown.joined(separator: ", ") + (specs.count > 2 ? " + \(specs.count - 2) more..." : "")
  }

  private static func text(_ metric: MetricSpec, _ status: MetricStatus) -> String {
    switch metric.type {
    case "External": amount(metric.external.target, status.external.current)
    case "Pods": "\(status.pods.current.averageValue ?? "<unknown>")/\(metric.pods.target.averageValue ?? "")"
    case "Object": amount(metric.object.target, status.object.current)
    case "ContainerResource":
      resource(metric.containerResource.name, metric.containerResource.target, status.containerResource.current)
    case "Resource": resource(metric.resource.name, metric.resource.target, status.resource.current)
    default: "<unknown type>"
    }
  }

  private static func amount(_ target: MetricTarget, _ current: MetricValueStatus) -> String {
    if let average = target.averageValue { return "\(current.averageValue ?? "<unknown>")/\(average) (avg)" }
    return "\(current.value ?? "<unknown>")/\(target.value ?? "")"
  }

  private static func resource(_ name: String?, _ target: MetricTarget, _ current: MetricValueStatus) -> String {
    let name = name ?? ""
    if let value = target.averageValue { return "\(name): \(current.averageValue ?? "<unknown>")/\(value)" }
    let now = current.averageUtilization.map { "\($0)%" } ?? "<unknown>"
    return "\(name): \(now)/\(target.averageUtilization.map { "\($0)%" } ?? "<auto>")"
  }
}
