import CoreJSON
import CoreTypes

/// A pod's effective request: the larger of the sum of its containers and its largest init container, with sidecars in both.
/// Source: PodRequests, k8s.io/component-helpers/resource, v0.36.
struct PodRequest: Sendable {
  /// What a container without a request is taken to use when nodes are compared.
  /// Source: DefaultMilliCPURequest and DefaultMemoryRequest, pkg/scheduler/util/pod_resources.go, v1.36.
  private static let usualMillicores: Int64 = 100
  private static let usualBytes: Int64 = 200 << 20

  var cpuMillicores: Int64 = 0
  var memoryBytes: Int64 = 0
  /// The same with usual amounts for containers that ask for nothing.
  var usualCPUMillicores: Int64 = 0
  var usualMemoryBytes: Int64 = 0
  /// Everything else that is asked for, such as ephemeral-storage, sorted by name.
  var others: [(name: String, amount: Int64)] = []

  init(_ pod: Pod) {
    let plain = PodRequest.sum(pod, cpu: 0, memory: 0)
    (cpuMillicores, memoryBytes) = plain
    (usualCPUMillicores, usualMemoryBytes) = PodRequest.sum(
      pod, cpu: PodRequest.usualMillicores, memory: PodRequest.usualBytes)
    others = PodRequest.others(pod)
  }

  private static func sum(_ pod: Pod, cpu usualCPU: Int64, memory usualMemory: Int64) -> (cpu: Int64, memory: Int64) {
    func amounts(_ resources: ResourceRequirements) -> (cpu: Int64, memory: Int64) {
      (
        resources.requests[.cpu].flatMap { Quantity($0) }?.milliValue ?? usualCPU,
        resources.requests[.memory].flatMap { Quantity($0) }?.value ?? usualMemory
      )
    }
    var total: (cpu: Int64, memory: Int64) = (0, 0)
    for container in pod.spec.containers {
      let own = amounts(container.resources)
      total = (total.cpu + own.cpu, total.memory + own.memory)
    }
    var sidecars: (cpu: Int64, memory: Int64) = (0, 0)
    var largest: (cpu: Int64, memory: Int64) = (0, 0)
    for container in pod.spec.initContainers {
      let own = amounts(container.resources)
      if container.restartPolicy == "Always" {
        sidecars = (sidecars.cpu + own.cpu, sidecars.memory + own.memory)
        largest = (max(largest.cpu, sidecars.cpu), max(largest.memory, sidecars.memory))
      } else {
        largest = (max(largest.cpu, sidecars.cpu + own.cpu), max(largest.memory, sidecars.memory + own.memory))
      }
    }
    total = (max(total.cpu + sidecars.cpu, largest.cpu), max(total.memory + sidecars.memory, largest.memory))
    if let own = pod.spec.resources.requests[.cpu].flatMap({ Quantity($0) }) { total.cpu = own.milliValue }
    if let own = pod.spec.resources.requests[.memory].flatMap({ Quantity($0) }) { total.memory = own.value }
    let overhead = pod.spec.overhead
    total.cpu += overhead[.cpu].flatMap { Quantity($0) }?.milliValue ?? 0
    total.memory += overhead[.memory].flatMap { Quantity($0) }?.value ?? 0
    return total
  }

  private static func others(_ pod: Pod) -> [(name: String, amount: Int64)] {
    var names: Set<String> = []
    for containers in [pod.spec.containers, pod.spec.initContainers] {
      for container in containers {
        for member in container.resources.requests.tree.members where member.key != .cpu && member.key != .memory {
          names.insert(member.key.name)
        }
      }
    }
    return names.sorted().map { name in
      func amount(_ container: Container) -> Int64 {
        container.resources.requests[name].flatMap { Quantity($0) }?.value ?? 0
      }
      var sidecars: Int64 = 0
      var largest: Int64 = 0
      for container in pod.spec.initContainers {
        if container.restartPolicy == "Always" { sidecars += amount(container) }
        largest = max(largest, container.restartPolicy == "Always" ? sidecars : sidecars + amount(container))
      }
      return (name, max(pod.spec.containers.reduce(sidecars) { $0 + amount($1) }, largest))
    }
  }
}
