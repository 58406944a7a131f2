import CoreObjects

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
    let spec = pod.spec
    var plain = Sum()
    var usual = Sum()
    for container in spec.containers {
      let own = Amounts(container.resources.requests)
      plain.add(own.or(cpu: 0, memory: 0))
      usual.add(own.or(cpu: PodRequest.usualMillicores, memory: PodRequest.usualBytes))
    }
    for container in spec.initContainers {
      let own = Amounts(container.resources.requests)
      let isSidecar = container.restartPolicy == "Always"
      plain.addHelper(own.or(cpu: 0, memory: 0), isSidecar)
      usual.addHelper(own.or(cpu: PodRequest.usualMillicores, memory: PodRequest.usualBytes), isSidecar)
    }
    let own = Amounts(spec.resources.requests)
    let overhead = Amounts(spec.overhead).or(cpu: 0, memory: 0)
    (cpuMillicores, memoryBytes) = plain.total(own, overhead)
    (usualCPUMillicores, usualMemoryBytes) = usual.total(own, overhead)
    others = PodRequest.others(spec)
  }

  private typealias Pair = (cpu: Int64, memory: Int64)

  /// What is asked for, nil where nothing is.
  private struct Amounts {
    var cpuMillicores: Int64?
    var memoryBytes: Int64?

    init(_ requests: TextMap) {
      if requests.isEmpty { return }
      cpuMillicores = requests[.cpu].flatMap { Quantity($0) }?.milliValue
      memoryBytes = requests[.memory].flatMap { Quantity($0) }?.value
    }

    func or(cpu: Int64, memory: Int64) -> Pair { (cpuMillicores ?? cpu, memoryBytes ?? memory) }
  }

  private struct Sum {
    private var containers: Pair = (0, 0)
    private var sidecars: Pair = (0, 0)
    private var largest: Pair = (0, 0)

    mutating func add(_ own: Pair) { containers = (containers.cpu + own.cpu, containers.memory + own.memory) }

    mutating func addHelper(_ own: Pair, _ isSidecar: Bool) {
      let together = (cpu: sidecars.cpu + own.cpu, memory: sidecars.memory + own.memory)
      if isSidecar { sidecars = together }
      largest = (max(largest.cpu, together.cpu), max(largest.memory, together.memory))
    }

    /// The pod's own request counts in the place of its containers'.
    func total(_ own: Amounts, _ overhead: Pair) -> Pair {
      let cpu = own.cpuMillicores ?? max(containers.cpu + sidecars.cpu, largest.cpu)
      let memory = own.memoryBytes ?? max(containers.memory + sidecars.memory, largest.memory)
      return (cpu + overhead.cpu, memory + overhead.memory)
    }
  }

  private static func others(_ spec: PodSpec) -> [(name: String, amount: Int64)] {
    var names: Set<String> = []
    func add(_ containers: JSON) {
      for container in containers.elements {
        for member in container[.resources][.requests].members where member.key != .cpu && member.key != .memory {
          names.insert(member.key.name)
        }
      }
    }
    add(spec.tree[.containers])
    add(spec.tree[.initContainers])
    if names.isEmpty { return [] }
    return names.sorted().map { name in
      func amount(_ container: Container) -> Int64 {
        container.resources.requests[name].flatMap { Quantity($0) }?.value ?? 0
      }
      var sidecars: Int64 = 0
      var largest: Int64 = 0
      for container in spec.initContainers {
        if container.restartPolicy == "Always" { sidecars += amount(container) }
        largest = max(largest, container.restartPolicy == "Always" ? sidecars : sidecars + amount(container))
      }
      return (name, max(spec.containers.reduce(sidecars) { $0 + amount($1) }, largest))
    }
  }
}
