import CoreObjects

/// An autoscaler's spec, read once for each change of it, and shared by the looks until the next.
final class AutoscalerRules: Sendable {
  /// What a metric aims at.
  enum Target: Sendable {
    /// Percent of the requests.
    case utilization(Int)
    /// Thousandths of a unit for each pod.
    case average(Int64)
    /// Thousandths of a unit for all pods together.
    case value(Int64)
    case invalid
  }
  enum Source: Sendable {
    case resource(String)
    case containerResource(String, container: String)
    case pods(MetricIdentifier)
    case object(MetricIdentifier, CrossVersionObjectReference)
    case external(MetricIdentifier)
    case unknown(String)
  }
  final class Metric: Sendable {
    let source: Source
    let target: Target
    /// What conditions and events call it.
    let label: String
    /// What the condition ScalingActive says where it decides.
    let found: String
    /// The memory of pods or containers.
    let isMemory: Bool

    init(source: Source, target: Target, label: String) {
      self.source = source
      self.target = target
      self.label = label
      found = "a replica count follows from \(label)"
      switch source {
      case .resource(let name), .containerResource(let name, container: _): isMemory = name == "memory"
      case .pods, .object, .external, .unknown: isMemory = false
      }
    }

    /// metrics[].type
    var type: String {
      switch source {
      case .resource: "Resource"
      case .containerResource: "ContainerResource"
      case .pods: "Pods"
      case .object: "Object"
      case .external: "External"
      case .unknown(let type): type
      }
    }
  }

  let target: ScaleTarget.Reference
  let least: Int
  let most: Int
  /// What the condition ScalingLimited says at these.
  let atLeast: String
  let atMost: String
  let metrics: [Metric]
  /// nil without `behavior`.
  let up: Direction?
  let down: Direction?
  let tolerance: Tolerance

  init(_ spec: HorizontalPodAutoscalerSpec) {
    target = ScaleTarget.Reference(spec.scaleTargetRef)
    least = spec.minReplicas ?? 1
    most = spec.maxReplicas ?? 1
    atLeast = "the metrics ask for fewer than minReplicas, \(least)"
    atMost = "the metrics ask for more than maxReplicas, \(most)"
    metrics = spec.metrics.map { AutoscalerRules.read($0) }
    let behavior = spec.behavior
    up = behavior.isAbsent ? nil : Direction(behavior.scaleUp, isUp: true)
    down = behavior.isAbsent ? nil : Direction(behavior.scaleDown, isUp: false)
    func read(_ text: String?) -> Double { text.flatMap { Quantity($0) }.map { Double($0.milliValue) / 1000 } ?? 0.1 }
    tolerance = Tolerance(up: read(behavior.scaleUp.tolerance), down: read(behavior.scaleDown.tolerance))
  }

  /// Source of the labels: computeStatusFor…Metric, horizontal.go, v1.36.
  private static func read(_ metric: MetricSpec) -> Metric {
    func share(_ target: Target) -> String {
      if case .utilization = target { " utilization (percentage of request)" } else { "" }
    }
    switch metric.type {
    case "Resource":
      let target = read(metric.resource.target)
      let name = metric.resource.name ?? ""
      return Metric(source: .resource(name), target: target, label: "\(name) resource\(share(target))")
    case "ContainerResource":
      let target = read(metric.containerResource.target)
      let name = metric.containerResource.name ?? ""
      return Metric(
        source: .containerResource(name, container: metric.containerResource.container ?? ""), target: target,
        label: "\(name) container resource\(share(target))")
    case "Pods":
      let pods = metric.pods
      return Metric(source: .pods(pods.metric), target: average(pods.target), label: "pods metric \(pods.metric.name ?? "")")
    case "Object":
      let object = metric.object
      let target = object.target.type == "Value" ? value(object.target) : average(object.target)
      let label =
        if case .average = target {
          "external metric \(words(object.metric))"
        } else { "\(object.describedObject.kind ?? "") metric \(object.metric.name ?? "")" }
      return Metric(source: .object(object.metric, object.describedObject), target: target, label: label)
    case "External":
      let external = metric.external
      var target = average(external.target)
      if case .invalid = target { target = value(external.target) }
      return Metric(source: .external(external.metric), target: target, label: "external metric \(words(external.metric))")
    default: return Metric(source: .unknown(metric.type ?? ""), target: .invalid, label: metric.type ?? "")
    }
  }

  /// A metric with its selector as Go prints it, which upstream's messages show.
  private static func words(_ metric: MetricIdentifier) -> String {
    let name = metric.name ?? ""
    if metric.selector.isAbsent { return name + "(nil)" }
    let labels = metric.selector.matchLabels.sorted.map { "\($0.name): \($0.value)," }.joined()
    let expressions = metric.selector.matchExpressions.map {
      let values = $0.values.values.joined(separator: " ")
      return "LabelSelectorRequirement{Key:\($0.key ?? ""),Operator:\($0.operator ?? ""),Values:[\(values)],},"
    }
    return "\(name)(&LabelSelector{MatchLabels:map[string]string{\(labels)},"
      + "MatchExpressions:[]LabelSelectorRequirement{\(expressions.joined())},})"
  }

  private static func average(_ target: MetricTarget) -> Target {
    target.averageValue.flatMap { Quantity($0) }.map { $0.milliValue > 0 ? .average($0.milliValue) : .invalid } ?? .invalid
  }

  private static func value(_ target: MetricTarget) -> Target {
    target.value.flatMap { Quantity($0) }.map { $0.milliValue > 0 ? .value($0.milliValue) : .invalid } ?? .invalid
  }

  private static func read(_ target: MetricTarget) -> Target {
    if let value = target.averageValue.flatMap({ Quantity($0) })?.milliValue, value > 0 { return .average(value) }
    if let percent = target.averageUtilization, percent > 0 { return .utilization(percent) }
    return .invalid
  }
}

/// How far from the target the ratio may be without a change.
struct Tolerance: Sendable {
  var up: Double
  var down: Double
  func holds(_ ratio: Double) -> Bool { 1 - down <= ratio && ratio <= 1 + up }
}

/// The rules of one direction, with the API's defaults where a field is absent.
/// Source: pkg/apis/autoscaling/v2/defaults.go, v1.36.
struct Direction: Sendable {
  struct Policy: Sendable {
    var isPercent: Bool
    var value: Int
    var seconds: Int
  }
  enum Choice: Sendable { case most, least, disabled }
  var window: Int
  var policies: [Policy]
  var choice: Choice

  init(_ rules: HPAScalingRules, isUp: Bool) {
    window = rules.stabilizationWindowSeconds ?? (isUp ? 0 : ScalingRules.downscaleWindow)
    policies = rules.policies.map {
      Policy(isPercent: $0.type == "Percent", value: $0.value ?? 0, seconds: $0.periodSeconds ?? 0)
    }
    if policies.isEmpty {
      policies = [Policy(isPercent: true, value: 100, seconds: 15)]
      if isUp { policies.append(Policy(isPercent: false, value: 4, seconds: 15)) }
    }
    choice = rules.selectPolicy == "Disabled" ? .disabled : rules.selectPolicy == "Min" ? .least : .most
  }
}
