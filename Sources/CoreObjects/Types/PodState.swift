/// status.phase of a pod.
package enum PodPhase: String, Sendable {
  case pending = "Pending"
  case running = "Running"
  case succeeded = "Succeeded"
  case failed = "Failed"
  case unknown = "Unknown"
}

extension Pod {
  package func isIn(_ phase: PodPhase) -> Bool { tree[.status][.phase].isText(phase.rawValue) }

  /// A pod without one has just been made.
  package var phase: PodPhase { tree[.status][.phase].string.map { PodPhase(rawValue: $0) ?? .unknown } ?? .pending }

  /// Its containers have ended for good.
  package var isOver: Bool {
    let phase = tree[.status][.phase]
    return phase.isText("Succeeded") || phase.isText("Failed")
  }

  /// The condition Ready, whatever it says.
  package var ready: PodCondition? {
    for condition in tree[.status][.conditions].elements where condition[.type].isText("Ready") {
      return PodCondition(tree: condition)
    }
    return nil
  }
  /// The condition Ready while it is true; its transition time is since when.
  package var readiness: PodCondition? { ready.flatMap { $0.tree[.status].isText("True") ? $0 : nil } }
  package var isReady: Bool { ready?.tree[.status].isText("True") ?? false }
}

extension Node {
  /// The condition Ready; absent on a node that has never reported.
  package var ready: NodeCondition {
    status.conditions.first { $0.tree[.type].isText("Ready") } ?? NodeCondition(tree: .null)
  }
}
