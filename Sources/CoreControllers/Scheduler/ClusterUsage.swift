import CoreJSON
import CoreStore
import CoreTypes

/// What the pods of each node ask for, kept up with every change of a pod, so that placing one does not cost looking at all.
struct ClusterUsage: Sendable {
  struct HostPort: Hashable, Sendable {
    var address: String
    var port: Int
    var transport: String

    /// 0.0.0.0 takes the port on every address.
    func conflicts(with other: HostPort) -> Bool {
      port == other.port && transport == other.transport
        && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
  }
  struct NodeUsage: Sendable {
    var pods = 0
    var cpuMillicores: Int64 = 0
    var memoryBytes: Int64 = 0
    var hostPorts: [HostPort: Int] = [:]
    /// Pods of each controller, by its UID.
    var owners: [String: Int] = [:]
  }
  private var nodes: [String: NodeUsage] = [:]

  func usage(of node: String) -> NodeUsage { nodes[node] ?? NodeUsage() }

  /// Takes one change of a pod.
  mutating func note(_ change: StoreChange) {
    let old = change.previous.flatMap { ClusterUsage.place(of: $0) }
    let new = change.kind == .deleted ? nil : ClusterUsage.place(of: change.object)
    if old == new, change.previous?.metadata.generation == change.object.metadata.generation { return }
    if let old, let previous = change.previous { add(previous.view(Pod.self), to: old, -1) }
    if let new { add(change.object.view(Pod.self), to: new, 1) }
  }

  /// The node that a pod takes room on; nil for pods without one and for those that are over.
  private static func place(of stored: StoredObject) -> String? {
    let pod = stored.view(Pod.self)
    guard let node = pod.spec.nodeName, !node.isEmpty, !Scheduler.isOver(pod) else { return nil }
    return node
  }

  private mutating func add(_ pod: Pod, to node: String, _ sign: Int) {
    let request = PodRequest(pod)
    var usage = nodes.removeValue(forKey: node) ?? NodeUsage()
    usage.pods += sign
    usage.cpuMillicores += Int64(sign) * request.cpuMillicores
    usage.memoryBytes += Int64(sign) * request.memoryBytes
    for port in ClusterUsage.hostPorts(of: pod) {
      let count = usage.hostPorts[port, default: 0] + sign
      usage.hostPorts[port] = count > 0 ? count : nil
    }
    if let owner = OwnedPods.controller(of: pod.metadata)?.uid {
      let count = usage.owners[owner, default: 0] + sign
      usage.owners[owner] = count > 0 ? count : nil
    }
    if usage.pods > 0 { nodes[node] = usage }
  }

  static func hostPorts(of pod: Pod) -> [HostPort] {
    pod.spec.containers.flatMap { container in
      container.ports.compactMap { port in
        port.hostPort.flatMap { $0 > 0 ? $0 : nil }.map {
          HostPort(address: port.hostIP ?? "0.0.0.0", port: $0, transport: port.protocol ?? "TCP")
        }
      }
    }
  }
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
