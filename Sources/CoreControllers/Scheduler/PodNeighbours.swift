import CoreObjects

/// What the pods that are placed mean for a new one: its own affinity and anti-affinity, and theirs.
/// Source: pkg/scheduler/framework/plugins/interpodaffinity, v1.36.
struct PodNeighbours {
  /// Nodes that share the value of a label.
  private typealias Places = (key: String, pods: [String: Int])

  private let wanted: [Places]
  private let avoided: [Places]
  private let closed: [Places]
  /// No pod that the affinity asks for is anywhere, and the new one is such a pod: it may be the first.
  private let isFirst: Bool

  /// The queries that must have been counted before.
  static func queries(_ terms: NeighbourTerms) -> [PodQuery] {
    var queries = (terms.antiAffinity + terms.preferred.map(\.term)).map { PodQuery(terms: [$0], countsLeaving: true) }
    if !terms.affinity.isEmpty { queries.append(PodQuery(terms: terms.affinity, countsLeaving: true)) }
    return queries
  }

  /// Nil if nobody has any rule.
  init?(_ attempt: SchedulingAttempt, _ cluster: ClusterUsage) {
    let terms = attempt.terms
    let refusals = cluster.refusals
    if terms.affinity.isEmpty, terms.antiAffinity.isEmpty, refusals.terms.isEmpty { return nil }
    func places(_ term: NeighbourTerm, _ tally: [String: Int]) -> Places {
      (term.topologyKey, attempt.places(term.topologyKey, tally))
    }
    let near = terms.affinity.isEmpty ? [:] : cluster.counts[PodQuery(terms: terms.affinity, countsLeaving: true)]
    wanted = terms.affinity.map { places($0, near) }
    avoided = terms.antiAffinity.map { places($0, cluster.counts[PodQuery(terms: [$0], countsLeaving: true)]) }
    var closed: [Places] = []
    for (index, refusal) in refusals.terms.enumerated() where attempt.isMatched(by: refusal.term) {
      closed.append(places(refusal.term, refusals.tallies[index]))
    }
    self.closed = closed
    isFirst = wanted.allSatisfy { $0.pods.isEmpty } && terms.affinity.allSatisfy { attempt.isMatched(by: $0) }
  }

  func refusal(on node: NodeShape) -> Refusal? {
    for places in wanted {
      guard let value = node.labels[places.key], isFirst || places.pods[value] != nil else {
        return Refusal("node(s) didn't match pod affinity rules")
      }
    }
    func holds(_ places: Places) -> Bool { node.labels[places.key].map { places.pods[$0] != nil } ?? false }
    if avoided.contains(where: holds) {
      return Refusal("node(s) didn't match pod anti-affinity rules", isResolvable: true)
    }
    if closed.contains(where: holds) {
      return Refusal("node(s) didn't satisfy existing pods anti-affinity rules", isResolvable: true)
    }
    return nil
  }

  /// How much each node is liked, by the new pod and by those that are there; empty if nobody has a wish.
  static func scores(_ attempt: SchedulingAttempt, _ cluster: ClusterUsage, on candidates: [Candidate]) -> [Int] {
    var wishes: [(key: String, pods: [String: Int], weight: Int)] = []
    for wish in attempt.terms.preferred {
      let tally = cluster.counts[PodQuery(terms: [wish.term], countsLeaving: true)]
      wishes.append((wish.term.topologyKey, attempt.places(wish.term.topologyKey, tally), wish.weight))
    }
    let placed = cluster.preferences
    for (index, wish) in placed.terms.enumerated() where attempt.isMatched(by: wish.term) {
      wishes.append((wish.term.topologyKey, attempt.places(wish.term.topologyKey, placed.tallies[index]), wish.weight))
    }
    if wishes.isEmpty { return [] }
    return candidates.map { candidate in
      wishes.reduce(0) { sum, wish in
        sum + (candidate.node.labels[wish.key].flatMap { wish.pods[$0] } ?? 0) * wish.weight
      }
    }
  }
}
