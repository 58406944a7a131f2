import CoreJSON
import CoreTypes

/// Whether a pod may run on a node. The reasons are those of upstream's plugins, in FailedScheduling's words.
enum NodeFilter {
  static func refusal(
    of pod: Pod, on node: Node, _ name: String, _ usage: ClusterUsage.NodeUsage, _ volumes: VolumeNeeds
  ) -> String? {
    if node.spec.unschedulable == true,
      !tolerates(pod, Taint(tree: ["key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"]))
    {
      return "node(s) were unschedulable"
    }
    for taint in node.spec.taints where taint.effect == "NoSchedule" || taint.effect == "NoExecute" {
      if !tolerates(pod, taint) { return "node(s) had untolerated taint {\(taint.key ?? ""): \(taint.value ?? "")}" }
    }
    if !NodeAffinityMatch.matches(pod, node, name) { return "node(s) didn't match Pod's node affinity/selector" }
    if !volumes.fit(name, node) { return "node(s) didn't match PersistentVolume's node affinity" }
    let request = PodRequest(pod)
    func allocatable(_ key: Key) -> Quantity { node.status.allocatable[key].flatMap { Quantity($0) } ?? Quantity(milli: 0) }
    if Int64(usage.pods) >= allocatable(.pods).value { return "Too many pods" }
    if request.cpuMillicores > 0, usage.cpuMillicores + request.cpuMillicores > allocatable(.cpu).milliValue {
      return "Insufficient cpu"
    }
    if request.memoryBytes > 0, usage.memoryBytes + request.memoryBytes > allocatable(.memory).value {
      return "Insufficient memory"
    }
    if ClusterUsage.hostPorts(of: pod).contains(where: { port in usage.hostPorts.keys.contains { $0.conflicts(with: port) } }) {
      return "node(s) didn't have free ports for the requested pod ports"
    }
    return nil
  }

  static func tolerates(_ pod: Pod, _ taint: Taint) -> Bool { pod.spec.tolerations.contains { tolerates($0, taint) } }

  static func tolerates(_ toleration: Toleration, _ taint: Taint) -> Bool {
    if let effect = toleration.effect, !effect.isEmpty, effect != taint.effect { return false }
    let key = toleration.key ?? ""
    if toleration.operator == "Exists" { return key.isEmpty || key == taint.key }
    return key == taint.key && (toleration.value ?? "") == (taint.value ?? "")
  }
}

/// nodeSelector and required node affinity.
enum NodeAffinityMatch {
  static func matches(_ pod: Pod, _ node: Node, _ name: String) -> Bool {
    for (key, value) in pod.spec.nodeSelector.sorted where node.metadata.labels[key] != value { return false }
    let required = pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    return required.isAbsent || matches(required, node, name)
  }

  /// One term is enough; all expressions of a term must hold.
  static func matches(_ selector: NodeSelector, _ node: Node, _ name: String) -> Bool {
    selector.nodeSelectorTerms.contains { term in
      if term.matchExpressions.isEmpty, term.matchFields.isEmpty { return false }
      return term.matchExpressions.allSatisfy { holds($0, node.metadata.labels[$0.key ?? ""]) }
        && term.matchFields.allSatisfy { $0.key == "metadata.name" && holds($0, name) }
    }
  }

  private static func holds(_ requirement: NodeSelectorRequirement, _ value: String?) -> Bool {
    let values = requirement.values.values
    switch requirement.operator {
    case "In": return value.map { values.contains($0) } ?? false
    case "NotIn": return value.map { !values.contains($0) } ?? true
    case "Exists": return value != nil
    case "DoesNotExist": return value == nil
    case "Gt":
      if let value, let number = Int(value), let bound = values.first.flatMap({ Int($0) }) { return number > bound }
      return false
    case "Lt":
      if let value, let number = Int(value), let bound = values.first.flatMap({ Int($0) }) { return number < bound }
      return false
    default: return false
    }
  }
}

/// Which of the nodes that fit is the best: least allocated, and fewer pods of the same labels.
enum NodeScore {
  static func score(_ pod: Pod, _ node: Node, _ usage: ClusterUsage.NodeUsage) -> Int {
    let request = PodRequest(pod)
    func share(_ used: Int64, _ all: Int64) -> Int { all <= 0 ? 0 : Int(max(0, all - used) * 100 / all) }
    let cpu = node.status.allocatable[.cpu].flatMap { Quantity($0) }?.milliValue ?? 0
    let memory = node.status.allocatable[.memory].flatMap { Quantity($0) }?.value ?? 0
    let free =
      (share(usage.cpuMillicores + max(100, request.cpuMillicores), cpu)
        + share(usage.memoryBytes + max(200 << 20, request.memoryBytes), memory)) / 2
    let siblings = OwnedPods.controller(of: pod.metadata)?.uid.flatMap { usage.owners[$0] } ?? 0
    let softTaints = node.spec.taints.filter { $0.effect == "PreferNoSchedule" && !NodeFilter.tolerates(pod, $0) }.count
    return free + preference(pod, node) - 200 * siblings - 300 * softTaints - usage.pods
  }

  /// Preferred node affinity: the weights of the terms that hold.
  private static func preference(_ pod: Pod, _ node: Node) -> Int {
    pod.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.reduce(0) { sum, term in
      let selector = NodeSelector(tree: ["nodeSelectorTerms": [term.preference.tree]])
      return NodeAffinityMatch.matches(selector, node, node.metadata.name ?? "") ? sum + (term.weight ?? 0) : sum
    }
  }
}
