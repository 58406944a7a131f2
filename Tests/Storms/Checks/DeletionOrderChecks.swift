import CoreObjects

/// Of too many pods those go first that are worth least: without a node, not running, not ready, cheap to lose, and then those that
/// share their node with most of the same workload. What decides among equals is not looked at.
struct SurplusGoesInOrder: Check {
  let name = "of too many pods the ones that matter least go first"

  private struct Candidate {
    let pod: PodFacts
    let place: [Int]
  }
  /// Pods as they were when the set began to delete, since they are compared once for all that go together.
  private var began: (owner: String, generation: Int, at: Instant, candidates: [Candidate])?

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    // After a refusal those that are left are compared anew, even within the same instant.
    if change.object.key.resource == .events, change.object.tree[.reason].string == "FailedDelete" { began = nil }
    guard let victim = change.leavingPod, !facts.isUsers, !facts.isDisrupted(victim), !victim.isOver,
      let owner = facts.liveController(of: victim.object, .replicaSets)
        ?? facts.liveController(of: victim.object, .replicationControllers)
    else { return nil }
    let generation = owner.metadata.generation ?? 0
    if began?.owner != owner.uid || began?.generation != generation || began?.at != facts.now {
      let others = facts.pods(of: owner).filter { !$0.isLeaving && !$0.isOver && $0.name != victim.name }
      guard others.count >= owner.tree[.spec][.replicas].int ?? 1 else { return nil }
      began = (owner.uid, generation, facts.now, Self.candidates(others + [victim]))
    }
    let candidates = began!.candidates
    guard let own = candidates.first(where: { $0.pod.name == victim.name }) else { return nil }
    began!.candidates.removeAll { $0.pod.name == victim.name }
    guard let first = candidates.first(where: { $0.place.lexicographicallyPrecedes(own.place) }) else { return nil }
    return "\(victim.name) goes and \(first.pod.name) stays: \(own.place) and \(first.place) in the order of deletion"
  }

  private static func candidates(_ pods: [PodFacts]) -> [Candidate] {
    pods.map { pod in
      let companions = pod.node.isEmpty ? 0 : pods.count { $0.node == pod.node }
      let cost = Int(pod.object.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] ?? "") ?? 0
      let phase = ["Pending": 0, "Unknown": 1][pod.phase] ?? 2
      return Candidate(pod: pod, place: [pod.node.isEmpty ? 0 : 1, phase, pod.readySince == nil ? 0 : 1, cost, -companions])
    }
  }
}
