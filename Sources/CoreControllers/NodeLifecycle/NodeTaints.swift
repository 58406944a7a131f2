import CoreObjects

/// The taints that follow from a node's conditions. NoSchedule ones come at once; NoExecute ones wait for their zone's turn
/// (`ZoneEviction`) and go as soon as the node is ready. Source: doNoScheduleTaintingPass, node_lifecycle_controller.go, v1.36.
enum NodeTaints {
  static let notReady = "node.kubernetes.io/not-ready"
  static let unreachable = "node.kubernetes.io/unreachable"
  private static let unschedulable = "node.kubernetes.io/unschedulable"
  /// Taints for conditions of a node that hold.
  private static let pressures = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"), ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"), ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
  ]
  private static let ours = Set([notReady, unreachable, unschedulable] + pressures.map(\.1))

  /// The key of the taint that a node's readiness asks for; nil: none.
  static func readiness(_ node: Node) -> String? {
    switch node.ready.status {
    case "True": return nil
    case "Unknown": return unreachable
    default: return notReady
    }
  }

  static func isEviction(_ taint: Taint) -> Bool {
    taint.effect == "NoExecute" && (taint.key == notReady || taint.key == unreachable)
  }

  static func update(_ node: Node, _ stored: StoredObject, at now: Instant) -> [Change] {
    let readiness = readiness(node)
    var wanted = readiness.map { [$0] } ?? []
    for (type, taint) in pressures where node.status.conditions.contains(where: { $0.type == type && $0.status == "True" }) {
      wanted.append(taint)
    }
    if node.spec.unschedulable == true { wanted.append(unschedulable) }
    var taints = node.spec.taints.filter { taint in
      if isEviction(taint) { return readiness != nil }
      return !ours.contains(taint.key ?? "") || (taint.effect == "NoSchedule" && wanted.contains(taint.key ?? ""))
    }
    for key in wanted where !taints.contains(where: { $0.key == key && $0.effect == "NoSchedule" }) {
      taints.append(make(key, "NoSchedule", now))
    }
    return taints == Array(stored.view(Node.self).spec.taints) ? [] : [replace(taints, of: stored)]
  }

  static func make(_ key: String, _ effect: String, _ now: Instant) -> Taint {
    .make(key: key, effect: effect, timeAdded: now.rfc3339)
  }

  /// Checked against the revision that was looked at: a taint that somebody else sets meanwhile is not lost.
  static func replace(_ taints: [Taint], of stored: StoredObject) -> Change {
    let merge: JSON = [
      "metadata": ["resourceVersion": .string(String(stored.revision))],
      "spec": .object([Member(key: .taints, value: taints.isEmpty ? .null : List(taints).tree)]),
    ]
    return Change(.patch(stored.key, subresource: "", merge: merge), tolerated: Change.untilGone)
  }
}
