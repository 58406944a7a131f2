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
    let readySince: Int
    let restarts: Int
    let age: Int
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
        rank: perNode[node] ?? 0, readySince: PodDeletionOrder.magnitude(ready?.lastTransitionTime, now),
        restarts: pod.status.containerStatuses.reduce(0) { max($0, $1.restartCount ?? 0) },
        age: PodDeletionOrder.magnitude(pod.metadata.creationTimestamp, now))
    }
  }

  private static func rank(ofPhase phase: PodPhase) -> Int {
    switch phase {
    case .pending: 0
    case .unknown: 1
    case .running, .succeeded, .failed: 2
    }
  }

  /// The power of two of an age in nanoseconds: pods of about the same age are equal, and the UID decides.
  private static func magnitude(_ time: String?, _ now: Instant) -> Int {
    guard let at = time.flatMap({ Instant(rfc3339: $0) }), at < now else { return -1 }
    return 63 - (now - at).nanoseconds.leadingZeroBitCount
  }

  func first(_ count: Int) -> [StoredObject] {
    candidates.sorted { PodDeletionOrder.precedes($0, $1) }.prefix(count).map(\.pod)
  }

  private static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
    if a.isAssigned != b.isAssigned { return !a.isAssigned }
    if a.phase != b.phase { return a.phase < b.phase }
    if a.isReady != b.isReady { return !a.isReady }
    if a.cost != b.cost { return a.cost < b.cost }
    if a.rank != b.rank { return a.rank > b.rank }
    if a.isReady, a.readySince != b.readySince { return a.readySince < b.readySince }
    if a.restarts != b.restarts { return a.restarts > b.restarts }
    if a.age != b.age { return a.age < b.age }
    return a.pod.uid < b.pod.uid
  }
}
