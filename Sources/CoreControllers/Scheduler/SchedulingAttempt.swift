import CoreObjects

/// One look at one waiting pod: what it asks for, read once for all nodes.
struct SchedulingAttempt {
  let stored: StoredObject
  let pod: Pod
  let nodes: [NodeShape]
  let store: Store
  let request: PodRequest
  let ports: [ClusterUsage.HostPort]
  let terms: NeighbourTerms
  let spread: [PodSpread.Constraint]
  let volumes: VolumeNeeds
  /// It has a node selector or required node affinity.
  let isChoosy: Bool
  private let labels: TextMap

  /// Other pods decide where it may go.
  var isNeighbourly: Bool { !terms.isEmpty || !spread.isEmpty }
  var priority: Int { pod.spec.priority ?? 0 }

  init(_ stored: StoredObject, _ pod: Pod, _ nodes: [NodeShape], _ store: Store) {
    self.stored = stored
    self.pod = pod
    self.nodes = nodes
    self.store = store
    request = PodRequest(pod)
    ports = ClusterUsage.hostPorts(of: pod)
    terms = NeighbourTerms(pod)
    spread = pod.spec.topologySpreadConstraints.map { PodSpread.Constraint($0, of: pod) }
    volumes = VolumeNeeds(pod, namespace: stored.key.namespace, store)
    isChoosy = !pod.spec.nodeSelector.isAbsent || !pod.spec.affinity.nodeAffinity.isAbsent
    labels = pod.metadata.labels
  }

  /// What has to be counted for this pod; nothing for most.
  var queries: [PodQuery] { PodNeighbours.queries(terms) + spread.map(\.query) }

  func isMatched(by term: NeighbourTerm) -> Bool { term.matches(labels, namespace: stored.key.namespace, store) }

  /// Pods of each value of a node label, from pods of each node.
  func places(_ key: String, _ tally: [String: Int]) -> [String: Int] {
    var places: [String: Int] = [:]
    if tally.isEmpty { return places }
    for node in nodes {
      guard let count = tally[node.name], let value = node.label(key) else { continue }
      places[value, default: 0] += count
    }
    return places
  }

  /// What the pods that are placed mean for all nodes.
  struct Rules {
    let spread: PodSpread?
    let neighbours: PodNeighbours?
  }

  func rules(_ cluster: ClusterUsage) -> Rules {
    Rules(spread: PodSpread(self, cluster), neighbours: PodNeighbours(self, cluster))
  }

  /// Whether the pod must stay away from a node, also when the pods come for which room is being made there.
  /// Source: RunFilterPluginsWithNominatedPods, pkg/scheduler/framework/runtime/framework.go, v1.36.
  func refusal(on candidate: Candidate, _ cluster: ClusterUsage, _ rules: Rules) -> Refusal? {
    if !cluster.hasNominations { return refusalNow(on: candidate, cluster, rules) }
    let node = candidate.node
    let nominated = cluster.nominated(to: node)
    if nominated.isEmpty { return refusalNow(on: candidate, cluster, rules) }
    let guests = nominated.filter { $0 != stored.key }.compactMap { store.get($0)?.view(Pod.self) }
      .filter { ($0.spec.priority ?? 0) >= priority }
    if !guests.isEmpty {
      var crowded = cluster
      for guest in guests { crowded.add(guest, to: node.name, 1, store) }
      if let refusal = refusalNow(on: Candidate(node, crowded), crowded, self.rules(crowded)) { return refusal }
    }
    return refusalNow(on: candidate, cluster, rules)
  }

  private func refusalNow(on candidate: Candidate, _ cluster: ClusterUsage, _ rules: Rules) -> Refusal? {
    let node = candidate.node
    if let refusal = NodeFilter.refusal(of: self, on: candidate) { return refusal }
    if !volumes.exclusive.isEmpty, volumes.exclusive.contains(where: { cluster.users(ofClaim: $0) > 0 }) {
      return Refusal(
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode", isResolvable: true)
    }
    return volumes.refusal(on: node) ?? rules.spread?.refusal(on: node) ?? rules.neighbours?.refusal(on: node)
  }
}

/// A node with what its pods take.
struct Candidate {
  let node: NodeShape
  let usage: ClusterUsage.NodeUsage

  init(_ node: NodeShape, _ cluster: ClusterUsage) {
    self.node = node
    usage = cluster.usage(at: node.place)
  }
}
