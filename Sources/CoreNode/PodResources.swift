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

/// What the pod's cgroup gets: the sum over its containers, or the pod's own resources where set.
struct PodResources {
  var memoryLimitBytes: Int64?
  var cpuLimitMillicores: Int64?
  var cpuRequestMillicores: Int64 = 0

  init(_ pod: Pod) {
    let all = pod.spec.containers.map(ContainerResources.init)
    func sum(_ values: [Int64?]) -> Int64? { values.contains { $0 == nil } ? nil : values.reduce(0) { $0 + ($1 ?? 0) } }
    let hasHelpers = !pod.spec.initContainers.isEmpty
    memoryLimitBytes = hasHelpers ? nil : sum(all.map(\.memoryLimitBytes))
    cpuLimitMillicores = hasHelpers ? nil : sum(all.map(\.cpuLimitMillicores))
    cpuRequestMillicores = all.reduce(0) { $0 + ($1.cpuRequestMillicores ?? 0) }
    let own = ContainerResources(pod.spec.resources)
    memoryLimitBytes = own.memoryLimitBytes ?? memoryLimitBytes
    cpuLimitMillicores = own.cpuLimitMillicores ?? cpuLimitMillicores
    cpuRequestMillicores = own.cpuRequestMillicores ?? cpuRequestMillicores
  }
}
