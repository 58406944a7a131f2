import CoreObjects

/// Where the pods of a DaemonSet belong. Source: NodeShouldRunDaemonPod and AddOrUpdateDaemonPodTolerations, v1.36.
enum DaemonPlacement {
  /// Tolerations that every pod of a DaemonSet gets: it stays on nodes in trouble.
  private static let tolerations: [(key: String, effect: String)] = [
    ("node.kubernetes.io/not-ready", "NoExecute"), ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
  ]

  static func tolerate(_ spec: inout PodSpec) {
    var wanted = tolerations
    if spec.hostNetwork == true { wanted.append(("node.kubernetes.io/network-unavailable", "NoSchedule")) }
    for (key, effect) in wanted where !spec.tolerations.contains(where: { $0.key == key && $0.effect == effect }) {
      spec.tolerations.append(.make(key: key, operator: "Exists", effect: effect))
    }
  }

  /// Whether a pod should be made there, and whether one that is there may stay.
  static func decide(_ pod: Pod, on node: Node, _ name: String) -> (shouldRun: Bool, mayStay: Bool) {
    if let wanted = pod.spec.nodeName, !wanted.isEmpty, wanted != name { return (false, false) }
    guard NodeAffinityMatch.matches(pod, node, name) else { return (false, false) }
    let refused = node.spec.taints.filter {
      ($0.effect == "NoSchedule" || $0.effect == "NoExecute") && !NodeFilter.tolerates(pod, $0)
    }
    return (refused.isEmpty, !refused.contains { $0.effect == "NoExecute" })
  }

  /// Ties a pod to its node; the scheduler binds it.
  static func tie(_ pod: inout Pod, to node: String) {
    let field: JSON = ["key": "metadata.name", "operator": "In", "values": [.string(node)]]
    var required = pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    var terms: [NodeSelectorTerm] = []
    for var term in required.nodeSelectorTerms {
      term.tree.put(.matchFields, [field])
      terms.append(term)
    }
    if terms.isEmpty { terms = [NodeSelectorTerm(tree: ["matchFields": [field]])] }
    required.nodeSelectorTerms = List(terms)
    pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution = required
  }

  /// The node of a pod: where it runs, or where it is tied to.
  static func node(of pod: Pod) -> String? {
    if let name = pod.spec.nodeName, !name.isEmpty { return name }
    let required = pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    for term in required.nodeSelectorTerms {
      if let field = term.matchFields.first(where: { $0.key == "metadata.name" }) { return field.values.values.first }
    }
    return nil
  }
}
