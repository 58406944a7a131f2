/// Why a pod fits nowhere, as the event FailedScheduling and the condition PodScheduled report it.
/// Source of the form: FitError, pkg/scheduler/framework/types.go, v1.36.
struct Diagnosis {
  var nodes: Int
  /// What is wrong wherever the pod would go.
  var problem: String?
  /// The nodes that refused, in order.
  var refusals: [(node: NodeShape, refusal: Refusal)] = []
  /// Why no other pod can be evicted for it; empty if room is being made.
  var preemption = ""

  var message: String {
    if nodes == 0 { return "no node is there to run the pod" }
    let cause = problem ?? Diagnosis.count(refusals.flatMap(\.refusal.reasons))
    let message = "0/\(nodes) nodes are available: \(cause)."
    return preemption.isEmpty ? message : message + " preemption: \(preemption)"
  }

  /// "1 Insufficient cpu, 2 Too many pods"
  static func count(_ reasons: [String]) -> String {
    var counts: [String: Int] = [:]
    for reason in reasons { counts[reason, default: 0] += 1 }
    return counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
  }
}
