import CoreJSON
import CoreStore
import CoreTypes

/// What the pods of each node ask for. Computed once for a look at a pod, node by node where it is needed.
struct ClusterUsage {
  struct NodeUsage {
    var cpuMillicores: Int64 = 0
    var memoryBytes: Int64 = 0
    var pods: [Pod] = []
    var namespaces: [String] = []
  }
  private var nodes: [String: NodeUsage] = [:]

  init(_ store: Store) {
    for stored in store.list(.pods) {
      let pod = stored.view(Pod.self)
      guard let node = pod.spec.nodeName, !node.isEmpty, !Scheduler.isOver(pod) else { continue }
      let request = PodRequest(pod)
      nodes[node, default: NodeUsage()].cpuMillicores += request.cpuMillicores
      nodes[node]!.memoryBytes += request.memoryBytes
      nodes[node]!.pods.append(pod)
      nodes[node]!.namespaces.append(stored.key.namespace)
    }
  }

  func usage(of node: String) -> NodeUsage { nodes[node] ?? NodeUsage() }
}

/// A pod's effective request: the larger of the sum of its containers and its largest init container, with sidecars in both.
/// Source: PodRequests, k8s.io/component-helpers/resource, v0.36.
struct PodRequest {
  var cpuMillicores: Int64 = 0
  var memoryBytes: Int64 = 0

  init(_ pod: Pod) {
    func amounts(_ resources: ResourceRequirements) -> (Int64, Int64) {
      (
        resources.requests[.cpu].flatMap { Quantity($0) }?.milliValue ?? 0,
        resources.requests[.memory].flatMap { Quantity($0) }?.value ?? 0
      )
    }
    for container in pod.spec.containers {
      let (cpu, memory) = amounts(container.resources)
      cpuMillicores += cpu
      memoryBytes += memory
    }
    var sidecars: (cpu: Int64, memory: Int64) = (0, 0)
    var largest: (cpu: Int64, memory: Int64) = (0, 0)
    for container in pod.spec.initContainers {
      let (cpu, memory) = amounts(container.resources)
      if container.restartPolicy == "Always" {
        sidecars = (sidecars.cpu + cpu, sidecars.memory + memory)
        largest = (max(largest.cpu, sidecars.cpu), max(largest.memory, sidecars.memory))
      } else {
        largest = (max(largest.cpu, sidecars.cpu + cpu), max(largest.memory, sidecars.memory + memory))
      }
    }
    cpuMillicores = max(cpuMillicores + sidecars.cpu, largest.cpu)
    memoryBytes = max(memoryBytes + sidecars.memory, largest.memory)
    let own = amounts(pod.spec.resources)
    if own.0 > 0 { cpuMillicores = own.0 }
    if own.1 > 0 { memoryBytes = own.1 }
    let overhead = pod.spec.overhead
    cpuMillicores += overhead[.cpu].flatMap { Quantity($0) }?.milliValue ?? 0
    memoryBytes += overhead[.memory].flatMap { Quantity($0) }?.value ?? 0
  }
}
