import CoreObjects

/// Metrics and behavior in the form that autoscaling/v1 keeps in annotations, and back: older names, and targets taken apart.
/// Source: the types of k8s.io/api/autoscaling/v1 and pkg/apis/autoscaling/v1/conversion.go, v1.36.
enum AutoscalerAnnotations {
  /// Fields of one source: where v1 has them flat and v2 within `metric`, `target` or `current`.
  private struct Form {
    /// The name of the source in a metric: "pods".
    var source: Key
    /// The type that a v2 metric names: "Pods".
    var type: String
    /// Fields that have the same meaning: (v1, v2).
    var plain: [(Key, Key)]
    /// Name and selector of the metric, in v1; nil for resources.
    var metric: (name: Key, selector: Key)?
    /// The amounts, in v1, of a spec and of a status.
    var target: [(Key, Key)]
    var current: [(Key, Key)]
  }

  private static let forms = [
    Form(
      source: "resource", type: "Resource", plain: [("name", "name")], metric: nil,
      target: [("targetAverageUtilization", "averageUtilization"), ("targetAverageValue", "averageValue")],
      current: [("currentAverageUtilization", "averageUtilization"), ("currentAverageValue", "averageValue")]),
    Form(
      source: "containerResource", type: "ContainerResource", plain: [("name", "name"), ("container", "container")], metric: nil,
      target: [("targetAverageUtilization", "averageUtilization"), ("targetAverageValue", "averageValue")],
      current: [("currentAverageUtilization", "averageUtilization"), ("currentAverageValue", "averageValue")]),
    Form(
      source: "pods", type: "Pods", plain: [], metric: (name: "metricName", selector: "selector"),
      target: [("targetAverageValue", "averageValue")], current: [("currentAverageValue", "averageValue")]),
    Form(
      source: "object", type: "Object", plain: [("target", "describedObject")],
      metric: (name: "metricName", selector: "selector"),
      target: [("targetValue", "value"), ("averageValue", "averageValue")],
      current: [("currentValue", "value"), ("averageValue", "averageValue")]),
    Form(
      source: "external", type: "External", plain: [], metric: (name: "metricName", selector: "metricSelector"),
      target: [("targetValue", "value"), ("targetAverageValue", "averageValue")],
      current: [("currentValue", "value"), ("currentAverageValue", "averageValue")]),
  ]

  // MARK: Metrics

  /// - Parameter isStatus: of status.currentMetrics, not of spec.metrics
  static func old(_ metrics: [JSON], isStatus: Bool) -> JSON {
    .array(
      metrics.map { metric in
        guard let form = forms.first(where: { $0.type == metric[.type].string }), metric[form.source].isObject else {
          return metric
        }
        let source = metric[form.source]
        var old: JSON = .object([])
        for (v1, v2) in form.plain { old.put(v1, source[v2]) }
        if let names = form.metric {
          old.put(names.name, source["metric"][.name])
          old.put(names.selector, source["metric"][.selector])
        }
        let amounts = source[isStatus ? "current" : "target"]
        for (v1, v2) in isStatus ? form.current : form.target { old.put(v1, amounts[v2]) }
        var result = metric
        result.put(form.source, old)
        return result
      })
  }

  static func new(_ metrics: JSON, isStatus: Bool) -> [JSON] {
    metrics.elements.map { metric in
      guard let form = forms.first(where: { $0.type == metric[.type].string }), metric[form.source].isObject else {
        return metric
      }
      let old = metric[form.source]
      var source: JSON = .object([])
      for (v1, v2) in form.plain { source.put(v2, old[v1]) }
      if let names = form.metric {
        var identifier: JSON = .object([])
        identifier.put(.name, old[names.name])
        identifier.put(.selector, old[names.selector])
        source.put("metric", identifier)
      }
      var amounts: JSON = .object([])
      for (v1, v2) in isStatus ? form.current : form.target { amounts.put(v2, old[v1]) }
      // v1 has no absent amount in this place: 0 stands for it.
      if !amounts["averageValue"].isNull, amounts["value"] == "0" { amounts.remove("value") }
      if !isStatus {
        let type =
          !amounts["averageUtilization"].isNull ? "Utilization" : !amounts["averageValue"].isNull ? "AverageValue" : "Value"
        amounts.members.insert(Member(key: .type, value: .string(type)), at: 0)
      }
      source.put(isStatus ? "current" : "target", amounts)
      var result = metric
      result.put(form.source, source)
      return result
    }
  }

  // MARK: Behavior

  /// Upstream writes its internal type, whose fields begin with capitals, and reads either.
  static func old(behavior: JSON) -> JSON { renamed(behavior) { $0.uppercased() } }
  static func new(behavior: JSON) -> JSON { renamed(behavior) { $0.lowercased() } }

  private static func renamed(_ tree: JSON, _ first: (Substring) -> String) -> JSON {
    if tree.isArray { return .array(tree.elements.map { renamed($0, first) }) }
    guard tree.isObject else { return tree }
    return .object(
      tree.members.map { member in
        let name = member.key.name
        return Member(key: Key(first(name.prefix(1)) + name.dropFirst()), value: renamed(member.value, first))
      })
  }
}
