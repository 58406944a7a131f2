import CoreObjects

/// Which nodes have too little of something, and whom they take for it. Source: pkg/kubelet/eviction/eviction_manager.go, v1.36.
package struct Evictions: Sendable {
  /// How long a node goes on saying that it has too little. Source: evictionPressureTransitionPeriod of the kubelet.
  package static let transitionPeriod = Duration.seconds(300)
  /// How long the end of a pod is waited for before the next is ended. Source: podCleanupTimeout.
  static let patience = Duration.seconds(30)

  private struct Node: Sendable {
    var thresholds: EvictionThresholds
    /// When there was too little last.
    var observed: [NodePressure: Instant] = [:]
  }

  /// A node has begun or ceased to have too little of something.
  struct Turn: Equatable {
    var node: String
    var pressure: NodePressure
    var holds: Bool
  }

  private var nodes: [String: Node] = [:]
  /// The pods that were ended last for what was short, and until when their ends are waited for.
  private var ending: [Shortage.Pool: (uid: String, until: Instant)] = [:]

  mutating func welcome(_ node: String, _ thresholds: EvictionThresholds) {
    nodes[node, default: Node(thresholds: thresholds)].thresholds = thresholds
  }

  mutating func forget(_ node: String) { nodes[node] = nil }

  package func pressures(on node: String) -> Set<NodePressure> { Set((nodes[node]?.observed ?? [:]).keys) }

  /// What is short, in the order in which it is to be relieved.
  package func shortages(in signals: [NodeSignals]) -> [Shortage] {
    signals.flatMap { nodes[$0.node]?.thresholds.shortages($0) ?? [] }.sorted { ($0.signal, $0.node) < ($1.signal, $1.node) }
  }

  /// Keeps for each node what it has too little of.
  mutating func observe(_ signals: [NodeSignals], at now: Instant) -> [Turn] {
    var turns: [Turn] = []
    for signals in signals {
      guard var node = nodes[signals.node] else { continue }
      let short = Set(node.thresholds.shortages(signals).map(\.signal.pressure))
      for pressure in NodePressure.allCases {
        if short.contains(pressure) {
          if node.observed.updateValue(now, forKey: pressure) == nil {
            turns.append(Turn(node: signals.node, pressure: pressure, holds: true))
          }
        } else if let last = node.observed[pressure], last + Evictions.transitionPeriod <= now {
          node.observed[pressure] = nil
          turns.append(Turn(node: signals.node, pressure: pressure, holds: false))
        }
      }
      nodes[signals.node] = node
    }
    return turns
  }

  /// The pod that was ended last for a pool, as long as its end is waited for.
  func awaited(_ pool: Shortage.Pool, at now: Instant) -> String? {
    ending[pool].flatMap { now < $0.until ? $0.uid : nil }
  }

  mutating func ends(_ uid: String, for pool: Shortage.Pool, at now: Instant) {
    ending[pool] = (uid, now + Evictions.patience)
  }

  /// Why a node that has too little of something does not begin with a pod: one that is short of memory takes those that ask for some.
  func refusal(of pod: Pod, on node: String) -> String? {
    let pressures = pressures(on: node)
    if pressures.isEmpty || pod.isCritical { return nil }
    if pressures == [.memory] {
      if QualityOfService.of(pod) != "BestEffort" { return nil }
      let taint = Taint.make(key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule")
      if pod.spec.tolerations.contains(where: { $0.tolerates(taint) }) { return nil }
    }
    return "The node has \(pressures.map(\.rawValue).sorted().joined(separator: ", "))"
  }
}

extension Pod {
  /// No node ends it for what it has left. Source: IsCriticalPod, pkg/kubelet/types/pod_update.go, v1.36.
  var isCritical: Bool {
    (spec.priority ?? 0) >= 2_000_000_000 || metadata.annotations["kubernetes.io/config.source"].map { $0 != "api" } ?? false
  }
}
