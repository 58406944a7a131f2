import CoreObjects

/// Even numbers of equal pods in each zone, or on each node.
/// Source: pkg/scheduler/framework/plugins/podtopologyspread, v1.36.
struct PodSpread {
  /// One constraint, with the pods that it counts.
  struct Constraint {
    let term: NeighbourTerm
    let maxSkew: Int
    let isRequired: Bool
    let minDomains: Int
    let honorsAffinity: Bool
    let honorsTaints: Bool
    var query: PodQuery { PodQuery(terms: [term], countsLeaving: false) }

    init(_ constraint: TopologySpreadConstraint, of pod: Pod) {
      term = NeighbourTerm(constraint, of: pod)
      maxSkew = constraint.maxSkew ?? 1
      isRequired = constraint.whenUnsatisfiable == "DoNotSchedule"
      minDomains = constraint.minDomains ?? 1
      honorsAffinity = constraint.nodeAffinityPolicy != "Ignore"
      honorsTaints = constraint.nodeTaintsPolicy == "Honor"
    }

    /// Whether the pods of a node count.
    func includes(_ node: NodeShape, _ pod: Pod) -> Bool {
      if honorsAffinity, !NodeAffinityMatch.matches(pod, node.node, node.name) { return false }
      return !honorsTaints || node.taints.allSatisfy { NodeFilter.tolerates(pod, $0) }
    }
  }

  private struct Domains {
    var constraint: Constraint
    var pods: [String: Int] = [:]
    /// Fewest pods of a domain; none if there are fewer domains than there should be.
    var least = 0
    /// 1 if the new pod counts itself.
    var own = 0
  }
  private let domains: [Domains]

  /// Nil if the pod has no constraint that can keep it from a node.
  init?(_ attempt: SchedulingAttempt, _ cluster: ClusterUsage) {
    let required = attempt.spread.filter(\.isRequired)
    if required.isEmpty { return nil }
    var domains = required.map { Domains(constraint: $0, own: attempt.isMatched(by: $0.term) ? 1 : 0) }
    let tallies = required.map { cluster.counts[$0.query] }
    for node in attempt.nodes where required.allSatisfy({ node.label($0.term.topologyKey) != nil }) {
      for index in domains.indices where required[index].includes(node, attempt.pod) {
        domains[index].pods[node.label(required[index].term.topologyKey)!, default: 0] += tallies[index][node.name] ?? 0
      }
    }
    for index in domains.indices where domains[index].pods.count >= required[index].minDomains {
      domains[index].least = domains[index].pods.values.min() ?? 0
    }
    self.domains = domains
  }

  func refusal(on node: NodeShape) -> Refusal? {
    for domain in domains {
      guard let value = node.label(domain.constraint.term.topologyKey) else {
        return Refusal("node(s) didn't match pod topology spread constraints (missing required label)")
      }
      if (domain.pods[value] ?? 0) + domain.own - domain.least > domain.constraint.maxSkew {
        return Refusal("node(s) didn't match pod topology spread constraints", isResolvable: true)
      }
    }
    return nil
  }

  // MARK: scores

  static let hostnameLabel = "kubernetes.io/hostname"
  static let zoneLabel = "topology.kubernetes.io/zone"

  private struct Wish {
    let maxSkew: Int
    /// Of each node that may be chosen the number of its domain; nil without the label.
    let domains: [Int?]
    /// Pods of each domain, by its number.
    let pods: [Int]
  }

  /// A score from 0 to 100 for each node; empty if the pod does not care. Pods of a controller without constraints of their own
  /// are spread over nodes (maxSkew 3) and zones (maxSkew 5), by the number of pods of that controller.
  static func scores(_ attempt: SchedulingAttempt, _ cluster: ClusterUsage, on candidates: [Candidate]) -> [Int] {
    let soft = attempt.spread.filter { !$0.isRequired }
    if attempt.spread.isEmpty {
      guard let owner = attempt.stored.controller?.uid else { return [] }
      let tally = cluster.pods(ofController: owner)
      if tally.isEmpty, areAlike(candidates) { return [] }
      let counts = attempt.nodes.map { tally[$0.place] ?? 0 }
      func wish(_ maxSkew: Int, _ domain: (NodeShape) -> Int?) -> Wish {
        var pods = [Int](repeating: 0, count: 1 + (attempt.nodes.reduce(-1) { max($0, domain($1) ?? -1) }))
        for (node, count) in zip(attempt.nodes, counts) {
          if count > 0, let domain = domain(node) { pods[domain] += count }
        }
        return Wish(maxSkew: maxSkew, domains: candidates.map { domain($0.node) }, pods: pods)
      }
      return scores([wish(3) { $0.hostname?.number }, wish(5) { $0.zone?.number }], candidates.count, needsAll: false)
    }
    if soft.isEmpty { return [] }
    let wishes = soft.map { constraint in
      let key = constraint.term.topologyKey
      let tally = cluster.counts[constraint.query]
      var numbers: [String: Int] = [:]
      for node in attempt.nodes { if let value = node.label(key), numbers[value] == nil { numbers[value] = numbers.count } }
      var pods = [Int](repeating: 0, count: numbers.count)
      for node in attempt.nodes where soft.allSatisfy({ node.label($0.term.topologyKey) != nil }) {
        guard constraint.includes(node, attempt.pod), let count = tally[node.name] else { continue }
        pods[numbers[node.label(key)!]!] += count
      }
      return Wish(maxSkew: constraint.maxSkew, domains: candidates.map { $0.node.label(key).flatMap { numbers[$0] } }, pods: pods)
    }
    return scores(wishes, candidates.count, needsAll: true)
  }

  /// The first pod of a controller makes no difference between nodes that all have, or all lack, the labels.
  private static func areAlike(_ candidates: [Candidate]) -> Bool {
    guard let first = candidates.first?.node else { return true }
    return candidates.allSatisfy {
      ($0.node.hostname == nil) == (first.hostname == nil) && ($0.node.zone == nil) == (first.zone == nil)
    }
  }

  /// Few domains weigh less than many, so that zones do not drown nodes; nodes without a label get nothing.
  private static func scores(_ wishes: [Wish], _ nodes: Int, needsAll: Bool) -> [Int] {
    var sums = [Double?](repeating: 0, count: nodes)
    for wish in wishes {
      var isThere = [Bool](repeating: false, count: wish.pods.count)
      for case let domain? in wish.domains { isThere[domain] = true }
      let weight = Logarithm.natural(isThere.count { $0 } + 2)
      for (index, domain) in wish.domains.enumerated() {
        if let domain {
          sums[index]? += Double(wish.pods[domain]) * weight + Double(wish.maxSkew - 1)
        } else if needsAll {
          sums[index] = nil
        }
      }
    }
    let raw = sums.map { sum in sum.map { Int($0.rounded()) } }
    let (most, least) = (raw.compactMap { $0 }.max() ?? 0, raw.compactMap { $0 }.min() ?? 0)
    return raw.map { score in
      guard let score else { return 0 }
      return most == 0 ? 100 : 100 * (most + least - score) / most
    }
  }
}

/// The natural logarithm, the same on every machine.
enum Logarithm {
  static func natural(_ number: Int) -> Double {
    let value = Double(max(1, number))
    // value = significand * 2^exponent, and ln s = 2 atanh((s-1)/(s+1)), a series that ends soon for s in 1..<2.
    let ratio = (value.significand - 1) / (value.significand + 1)
    var (sum, power, divisor) = (0.0, ratio, 1.0)
    while divisor < 40 {
      sum += power / divisor
      power *= ratio * ratio
      divisor += 2
    }
    return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
  }
}
