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
    let unknown = "<unknown>"
    switch metric.type {
    case "External":
      if let target = metric.external.target.averageValue {
        return "\(status.external.current.averageValue ?? unknown)/\(target) (avg)"
      }
      return "\(status.external.current.value ?? unknown)/\(metric.external.target.value ?? "")"
    case "Pods": return "\(status.pods.current.averageValue ?? unknown)/\(metric.pods.target.averageValue ?? "")"
    case "Object":
      if let target = metric.object.target.averageValue {
        return "\(status.object.current.averageValue ?? unknown)/\(target) (avg)"
      }
      return "\(status.object.current.value ?? unknown)/\(metric.object.target.value ?? "")"
    case "ContainerResource":
      return resource(metric.containerResource.name, metric.containerResource.target, status.containerResource.current)
    case "Resource": return resource(metric.resource.name, metric.resource.target, status.resource.current)
    default: return "<unknown type>"
    }
  }

  private static func resource(_ name: String?, _ target: MetricTarget, _ current: MetricValueStatus) -> String {
    let name = name ?? ""
    if let value = target.averageValue { return "\(name): \(current.averageValue ?? "<unknown>")/\(value)" }
    let now = current.averageUtilization.map { "\($0)%" } ?? "<unknown>"
    return "\(name): \(now)/\(target.averageUtilization.map { "\($0)%" } ?? "<auto>")"
  }
}
