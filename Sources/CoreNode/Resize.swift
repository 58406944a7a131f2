import CoreObjects

/// Where a change of the resources of a pod stands that is on its node: wanted, allocated, actual.
/// Source: pkg/kubelet/allocation, v1.36.
struct Resize: Sendable {
  /// Why the node has not set aside what is wanted.
  struct Refusal: Sendable, Equatable {
    enum Reason: String, Sendable {
      /// There would be room if other pods went.
      case deferred = "Deferred"
      /// The node is too small.
      case infeasible = "Infeasible"
    }
    var reason: Reason
    var message: String
  }

  /// What the node has set aside, and what containers are started with.
  var allocated: PodResourceSet
  /// What those have that run.
  var actual: PodResourceSet
  var refusal: Refusal?
  var refusedGeneration = 0
  /// The generation whose resources are allocated and not yet those of all that runs; nil: none.
  var generation: Int?
  /// Why the node could not change them at the last try.
  var failure: String?
  /// The node has been asked, or does not need to be.
  var isAsked = true
  var isAnswered = true
  var retryAt: Instant?

  init(from resources: PodResourceSet) {
    allocated = resources
    actual = resources
  }
}

/// What the pods of a node have set aside besides the one that is to be resized.
package struct AllocatedTotals: Sendable {
  var cpuMillicores: Int64 = 0
  var memoryBytes: Int64 = 0

  mutating func add(_ pod: Pod) {
    let asked = AllocatedTotals.requests(pod)
    cpuMillicores += asked.cpu
    memoryBytes += asked.memory
  }

  static func requests(_ pod: Pod) -> (cpu: Int64, memory: Int64) {
    let all = PodTotals.of(pod, .requests)
    return (
      all.first { $0.name == "cpu" }?.amount.milliValue ?? 0, all.first { $0.name == "memory" }?.amount.value ?? 0
    )
  }
}
