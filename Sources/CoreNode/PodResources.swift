package import CoreObjects

/// A container's requests and limits in whole units; nil where unset.
package struct ContainerResources: Sendable, Equatable {
  package var memoryLimitBytes: Int64?
  package var memoryRequestBytes: Int64?
  package var cpuLimitMillicores: Int64?
  package var cpuRequestMillicores: Int64?

  package init(_ container: Container) { self.init(container.resources) }

  init(_ resources: ResourceRequirements) {
    memoryLimitBytes = resources.limits[.memory].flatMap { Quantity($0) }?.value
    memoryRequestBytes = resources.requests[.memory].flatMap { Quantity($0) }?.value
    cpuLimitMillicores = resources.limits[.cpu].flatMap { Quantity($0) }?.milliValue
    cpuRequestMillicores = resources.requests[.cpu].flatMap { Quantity($0) }?.milliValue
  }
}

/// What the pod's cgroup gets: what its containers may have at a time, or the pod's own resources where set.
/// Source: ResourceConfigForPod, pkg/kubelet/cm/helpers_linux.go, v1.36.
struct PodResources {
  var memoryLimitBytes: Int64?
  var cpuLimitMillicores: Int64?
  var cpuRequestMillicores: Int64 = 0

  init(_ pod: Pod) {
    let all = (Array(pod.spec.initContainers) + Array(pod.spec.containers)).map(ContainerResources.init)
    let own = ContainerResources(pod.spec.resources)
    let limits = PodTotals.of(pod, .limits)
    func limit(_ name: String) -> Quantity? { limits.first { $0.name == name }?.amount }
    // A limit that one of the containers does not have the pod does not have.
    if own.memoryLimitBytes != nil || all.allSatisfy({ $0.memoryLimitBytes ?? 0 > 0 }) {
      memoryLimitBytes = limit("memory")?.value
    }
    if own.cpuLimitMillicores != nil || all.allSatisfy({ $0.cpuLimitMillicores ?? 0 > 0 }) {
      cpuLimitMillicores = limit("cpu")?.milliValue
    }
    cpuRequestMillicores = PodTotals.of(pod, .requests).first { $0.name == "cpu" }?.amount.milliValue ?? 0
  }
}
