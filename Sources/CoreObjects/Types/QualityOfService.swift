/// Guaranteed, Burstable or BestEffort. Source: pkg/apis/core/v1/helper/qos, v1.36.
package enum QualityOfService {
  package static func of(_ pod: Pod) -> String {
    let containers = Array(pod.spec.containers) + Array(pod.spec.initContainers)
    var isBare = true
    var isGuaranteed = true
    for resources in containers.map(\.resources) {
      for name in ["cpu", "memory"] {
        let limit = resources.limits[name].flatMap { Quantity($0) }
        let request = resources.requests[name].flatMap { Quantity($0) }
        if limit != nil || request != nil { isBare = false }
        if limit == nil || (request != nil && request != limit) { isGuaranteed = false }
      }
    }
    return isBare ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
