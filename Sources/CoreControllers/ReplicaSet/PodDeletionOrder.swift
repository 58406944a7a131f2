import CoreObjects

/// Which pods go first when there are too many. Source: ActivePodsWithRanks, pkg/controller/controller_utils.go, v1.36.
struct PodDeletionOrder {
  private struct Candidate {
    let pod: StoredObject
    let isAssigned: Bool
    let phase: Int
    let isReady: Bool
    let cost: Int
    /// Pods of the same workload on the node.
    let rank: Int
    let readySince: Age
    let restarts: Int
    let age: Age
  }

  /// Since when something is so. Two pods are of about the same age where the power of two of both ages in nanoseconds is the same.
  private struct Age {
    let time: String?
    let magnitude: Int

    init(_ time: String?, _ now: Instant) {
      self.time = time
      guard let at = time.flatMap({ Instant(rfc3339: $0) }), at < now else {
        magnitude = -1
        return
      }
      magnitude = 63 - (now - at).nanoseconds.leadingZeroBitCount
    }
  }

  private let candidates: [Candidate]

  init(_ pods: [StoredObject], related: [StoredObject], now: Instant) {
    var perNode: [String: Int] = [:]
    for stored in related {
      let pod = stored.view(Pod.self)
      if let node = pod.spec.nodeName, !node.isEmpty, !pod.isOver, pod.metadata.deletionTimestamp == nil {
        perNode[node, default: 0] += 1
      }
    }
    candidates = pods.map { stored in
      let pod = stored.view(Pod.self)
      let node = pod.spec.nodeName ?? ""
      let ready = pod.readiness
      return Candidate(
        pod: stored, isAssigned: !node.isEmpty, phase: PodDeletionOrder.rank(ofPhase: pod.phase),
        isReady: ready != nil,
        cost: pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap { Int($0) } ?? 0,
        rank: perNode[node] ?? 0, readySince: Age(ready?.lastTransitionTime, now),
        restarts: pod.status.containerStatuses.reduce(0) { max($0, $1.restartCount ?? 0) },
        age: Age(pod.metadata.creationTimestamp, now))
    }
  }

  private static func rank(ofPhase phase: PodPhase) -> Int {
    switch phase {
    case .pending: 0
    case .unknown: 1
    case .running, .succeeded, .failed: 2
    }
  }

  func first(_ count: Int) -> [StoredObject] {
    candidates.sorted { PodDeletionOrder.precedes($0, $1) }.prefix(count).map(\.pod)
  }

  /// Of two of about the same age the UID decides, and nothing else is asked; nil where both are of the same time.
  private static func isYounger(_ a: Candidate, _ b: Candidate, _ age: (Candidate) -> Age) -> Bool? {
    let (one, other) = (age(a), age(b))
    if one.time == other.time { return nil }
    return one.magnitude == other.magnitude ? a.pod.uid < b.pod.uid : one.magnitude < other.magnitude
  }

  private static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
    if a.isAssigned != b.isAssigned { return !a.isAssigned }
    if a.phase != b.phase { return a.phase < b.phase }
    if a.isReady != b.isReady { return !a.isReady }
    if a.cost != b.cost { return a.cost < b.cost }
    if a.rank != b.rank { return a.rank > b.rank }
    if a.isReady, let decision = isYounger(a, b, \.readySince) { return decision }
    if a.restarts != b.restarts { return a.restarts > b.restarts }
    return isYounger(a, b, \.age) ?? (a.pod.uid < b.pod.uid)
  }
}
