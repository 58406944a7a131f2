import CoreObjects

/// Which of the nodes that fit is the best. Every plugin gives 0 to 100; the weights are those of the default profile.
/// Source: pkg/scheduler/apis/config/v1/default_plugins.go, v1.36; ImageLocality is left out: images are loaded on every node.
enum NodeScore {
  private static let taintWeight = 3
  private static let affinityWeight = 2
  private static let spreadWeight = 2
  private static let neighboursWeight = 2

  /// The best node, by score; of equals the one with fewer pods, then the first by name.
  static func best(of candidates: [Candidate], for attempt: SchedulingAttempt, _ cluster: ClusterUsage) -> NodeShape? {
    guard candidates.count > 1 else { return candidates.first?.node }
    let scores = scores(of: candidates, for: attempt, cluster)
    func rank(_ index: Int) -> (Int, Int) { (scores[index], -candidates[index].usage.pods) }
    var best = 0
    for index in candidates.indices.dropFirst() where rank(index) > rank(best) { best = index }
    return candidates[best].node
  }

  static func scores(of candidates: [Candidate], for attempt: SchedulingAttempt, _ cluster: ClusterUsage) -> [Int] {
    var total = candidates.map {
      leastAllocated(attempt.request, $0.node, $0.usage) + balanced(attempt.request, $0.node, $0.usage)
    }
    func add(_ scores: [Int], weight: Int) {
      for index in scores.indices { total[index] += weight * scores[index] }
    }
    if candidates.contains(where: { !$0.node.softTaints.isEmpty }) {
      let counts = candidates.map { $0.node.softTaints.count { !NodeFilter.tolerates(attempt.pod, $0) } }
      add(counts.map { 100 - share($0, of: counts.max() ?? 0) }, weight: taintWeight)
    }
    let preferred = attempt.pod.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution
    if !preferred.isEmpty {
      let sums = candidates.map { candidate in
        preferred.reduce(0) { sum, wish in
          NodeAffinityMatch.matches(wish.preference, candidate.node.node, candidate.node.name) ? sum + (wish.weight ?? 0) : sum
        }
      }
      add(sums.map { share($0, of: sums.max() ?? 0) }, weight: affinityWeight)
    }
    add(PodSpread.scores(attempt, cluster, on: candidates), weight: spreadWeight)
    let liked = PodNeighbours.scores(attempt, cluster, on: candidates)
    if let least = liked.min(), let most = liked.max() {
      add(liked.map { share($0 - least, of: most - least) }, weight: neighboursWeight)
    }
    return total
  }

  private static func share(_ part: Int, of whole: Int) -> Int { whole == 0 ? 0 : 100 * part / whole }

  /// Source: leastResourceScorer, noderesources/least_allocated.go.
  private static func leastAllocated(_ request: PodRequest, _ node: NodeShape, _ usage: ClusterUsage.NodeUsage) -> Int {
    func free(_ used: Int64, _ all: Int64) -> Int { all <= 0 || used > all ? 0 : Int((all - used) * 100 / all) }
    return
      (free(usage.usualCPUMillicores + request.usualCPUMillicores, node.cpuMillicores)
      + free(usage.usualMemoryBytes + request.usualMemoryBytes, node.memoryBytes)) / 2
  }

  /// CPU and memory should fill up alike. Source: balancedResourceScorer, noderesources/balanced_allocation.go.
  private static func balanced(_ request: PodRequest, _ node: NodeShape, _ usage: ClusterUsage.NodeUsage) -> Int {
    if request.cpuMillicores == 0, request.memoryBytes == 0 { return 0 }
    func fraction(_ used: Int64, _ all: Int64) -> Double { all <= 0 ? 1 : min(1, Double(used) / Double(all)) }
    let cpu = fraction(usage.cpuMillicores + request.cpuMillicores, node.cpuMillicores)
    let memory = fraction(usage.memoryBytes + request.memoryBytes, node.memoryBytes)
    return Int((1 - abs(cpu - memory) / 2) * 100)
  }
}
