import CoreObjects

/// autoscaling/v1 has a field for one cpu target; everything else stands in annotations, so that a round trip loses nothing.
/// Source: pkg/apis/autoscaling/v1/conversion.go, v1.36.
enum AutoscalerConversion {
  private static let metrics = Key("autoscaling.alpha.kubernetes.io/metrics")
  private static let currentMetrics = Key("autoscaling.alpha.kubernetes.io/current-metrics")
  private static let conditions = Key("autoscaling.alpha.kubernetes.io/conditions")
  private static let behavior = Key("autoscaling.alpha.kubernetes.io/behavior")

  static func toV1(_ object: JSON) -> JSON {
    var result = object
    result.put(.apiVersion, "autoscaling/v1")
    var annotations = object[.metadata][.annotations]
    var rest: [JSON] = []
    for metric in object[.spec][.metrics].elements {
      let target = metric[.resource][.target]
      let isTaken = !result[.spec][.targetCPUUtilizationPercentage].isNull
      if metric[.type] == "Resource", metric[.resource][.name] == "cpu", !target[.averageUtilization].isNull, !isTaken {
        result[.spec].put(.targetCPUUtilizationPercentage, target[.averageUtilization])
      } else {
        rest.append(metric)
      }
    }
    result[.spec].remove(.metrics)
    if !rest.isEmpty { annotations.put(metrics, .string(AutoscalerAnnotations.old(rest, isStatus: false).description)) }
    if !object[.spec][.behavior].isNull {
      annotations.put(behavior, .string(AutoscalerAnnotations.old(behavior: object[.spec][.behavior]).description))
    }
    result[.spec].remove(.behavior)
    var others: [JSON] = []
    for metric in object[.status][.currentMetrics].elements {
      if metric[.type] == "Resource", metric[.resource][.name] == "cpu" {
        result[.status].put(.currentCPUUtilizationPercentage, metric[.resource][.current][.averageUtilization])
      }
      others.append(metric)
    }
    if result[.status].isObject {
      result[.status].remove(.currentMetrics)
      result[.status].remove(.conditions)
    }
    if !others.isEmpty { annotations.put(currentMetrics, .string(AutoscalerAnnotations.old(others, isStatus: true).description)) }
    let present = object[.status][.conditions]
    if !present.isNull { annotations.put(conditions, .string(present.description)) }
    if !annotations.members.isEmpty { result[.metadata].put(.annotations, annotations) }
    return result
  }

  static func fromV1(_ object: JSON) -> JSON {
    var result = object
    result.put(.apiVersion, "autoscaling/v2")
    var annotations = object[.metadata][.annotations]
    func parsed(_ key: Key) -> JSON { annotations[key].string.flatMap { try? JSONParser.parse($0) } ?? .null }
    var list: [JSON] = []
    let percent = object[.spec][.targetCPUUtilizationPercentage]
    if !percent.isNull {
      list.append([
        "type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": percent]],
      ])
    }
    list += AutoscalerAnnotations.new(parsed(metrics), isStatus: false)
    result[.spec].remove(.targetCPUUtilizationPercentage)
    if !list.isEmpty { result[.spec].put(.metrics, .array(list)) }
    if !parsed(behavior).isNull { result[.spec].put(.behavior, AutoscalerAnnotations.new(behavior: parsed(behavior))) }
    if result[.status].isObject {
      result[.status].remove(.currentCPUUtilizationPercentage)
      if !parsed(currentMetrics).isNull {
        result[.status].put(.currentMetrics, .array(AutoscalerAnnotations.new(parsed(currentMetrics), isStatus: true)))
      }
      if !parsed(conditions).isNull { result[.status].put(.conditions, parsed(conditions)) }
    }
    for key in [metrics, currentMetrics, conditions, behavior] { annotations.remove(key) }
    if annotations.members.isEmpty {
      result[.metadata].remove(.annotations)
    } else {
      result[.metadata].put(.annotations, annotations)
    }
    return result
  }
}
