import CoreJSON

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
  package var ready: PodCondition? { status.conditions.first { $0.tree[.type].isText("Ready") } }
  /// The condition Ready while it is true; its transition time is since when.
  package var readiness: PodCondition? {
    status.conditions.first { $0.tree[.type].isText("Ready") && $0.tree[.status].isText("True") }
  }
  package var isReady: Bool { readiness != nil }
}

extension Node {
  /// The condition Ready; absent on a node that has never reported.
  package var ready: NodeCondition {
    status.conditions.first { $0.tree[.type].isText("Ready") } ?? NodeCondition(tree: .null)
  }
}
