/// Guaranteed, Burstable or BestEffort. Source: pkg/apis/core/v1/helper/qos, v1.36.
package enum QualityOfService {
  /// Resources of the pod as a whole come before those of its containers.
  package static func of(_ pod: Pod) -> String {
    let own = pod.spec.resources
    let containers = Array(pod.spec.containers) + Array(pod.spec.initContainers)
    return of(own.limits.isEmpty && own.requests.isEmpty ? containers.map(\.resources) : [own])
  }

  private static func of(_ all: [ResourceRequirements]) -> String {
    var isBare = true
    var isGuaranteed = true
    for resources in all {
      for name in ["cpu", "memory"] {
        let limit = amount(resources.limits[name])
        let request = amount(resources.requests[name])
        if limit != nil || request != nil { isBare = false }
        if limit == nil || (request != nil && request != limit) { isGuaranteed = false }
      }
    }
    return isBare ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
  }

  /// Nothing of a resource is the same as not to name it.
  private static func amount(_ text: String?) -> Quantity? {
    text.flatMap { Quantity($0) }.flatMap { $0.milliValue > 0 ? $0 : nil }
  }
}
