import CoreObjects

/// What is to be done after a look at what nodes have left.
package struct PressurePlan: Sendable {
  /// On a node.
  package struct Event: Sendable, Equatable {
    package var node: String
    package var isWarning: Bool
    package var reason: String
    package var message: String
  }
  /// Nodes whose conditions are others now.
  package var changed: [String] = []
  package var events: [Event] = []
  package var evictions: [(uid: String, plan: NodePlan)] = []
}

extension NodePlanner {
  /// Ends pods where something is short, one for all nodes that share it, and waits for its end before the next.
  /// - Parameter readings: of the nodes on which something is short
  package mutating func relieve(_ signals: [NodeSignals], _ readings: [NodeReading], _ context: NodeContext) -> PressurePlan {
    var plan = PressurePlan()
    for turn in eviction.observe(signals, at: context.now) {
      if !plan.changed.contains(turn.node) { plan.changed.append(turn.node) }
      let text = NodeConditionText(turn.pressure, holds: turn.holds)
      plan.events.append(.init(node: turn.node, isWarning: false, reason: text.eventReason, message: text.message))
    }
    let shortages = eviction.shortages(in: signals)
    for shortage in shortages {
      plan.events.append(
        .init(
          node: shortage.node, isWarning: true, reason: "EvictionThresholdMet",
          message: "The node is short of \(shortage.signal.resource) and tries to get some back"))
    }
    var relieved: Set<Shortage.Pool> = []
    for shortage in shortages where !relieved.contains(shortage.pool) {
      let awaited = eviction.awaited(shortage.pool, at: context.now).flatMap { runtime(uid: $0) }
      if let awaited, !awaited.isFinished {
        relieved.insert(shortage.pool)
        continue
      }
      let sharing = Set(shortages.filter { $0.pool == shortage.pool && $0.signal == shortage.signal }.map(\.node))
      let pods = readings.filter { sharing.contains($0.name) }.flatMap(\.pods)
      guard let victim = candidates(pods, shortage.signal).min(by: { $0.goesBefore($1) }) else { continue }
      relieved.insert(shortage.pool)
      eviction.ends(victim.uid, for: shortage.pool, at: context.now)
      plan.evictions.append((victim.uid, evict(victim.uid, victim.message(shortage), context)))
    }
    return plan
  }

  private func candidates(_ pods: [NodeReading.Pod], _ signal: EvictionSignal) -> [EvictionCandidate] {
    pods.compactMap { reading in
      guard let runtime = runtime(uid: reading.uid), !runtime.isEnding, !runtime.isTerminating, !runtime.pod.isCritical else {
        return nil
      }
      return EvictionCandidate(runtime, reading, signal)
    }
  }

  private mutating func evict(_ uid: String, _ message: String, _ context: NodeContext) -> NodePlan {
    change(uid, context) { runtime, plan in runtime.evict(message, &plan) }
  }
}

/// What a node's condition says of something of which it has too little, or enough.
package struct NodeConditionText {
  private let state: String
  package let message: String

  package var reason: String { "Kubelet" + state }
  var eventReason: String { "Node" + state }

  package init(_ pressure: NodePressure, holds: Bool) {
    (state, message) =
      switch (pressure, holds) {
      case (.memory, false): ("HasSufficientMemory", "the node has enough memory")
      case (.memory, true): ("HasInsufficientMemory", "the node has too little memory left")
      case (.disk, false): ("HasNoDiskPressure", "the node has enough disk space")
      case (.disk, true): ("HasDiskPressure", "the node has too little disk space left")
      case (.processes, false): ("HasSufficientPID", "the node has enough process numbers")
      case (.processes, true): ("HasInsufficientPID", "the node has too few process numbers left")
      }
  }
}
