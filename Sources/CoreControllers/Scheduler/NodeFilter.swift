import CoreObjects

/// Why a pod may not run on a node.
struct Refusal: Sendable, Equatable {
  /// In the short words that FailedScheduling counts.
  var reasons: [String]
  /// Whether it could help to take other pods away.
  var isResolvable = false
}

extension Refusal {
  init(_ reasons: String..., isResolvable: Bool = false) { self.init(reasons: reasons, isResolvable: isResolvable) }
}

/// Whether a pod may run on a node, as far as only the two of them matter. The order and the reasons are those of upstream's
/// plugins: the first that refuses is reported.
enum NodeFilter {
  private static let unschedulable = Taint(tree: ["key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"])

  static func refusal(of attempt: SchedulingAttempt, on candidate: Candidate) -> Refusal? {
    let pod = attempt.pod
    let (node, usage) = (candidate.node, candidate.usage)
    if node.isUnschedulable, !tolerates(pod, unschedulable) { return Refusal("node(s) were unschedulable") }
    for taint in node.taints where !tolerates(pod, taint) {
      return Refusal("node(s) had untolerated taint {\(taint.key ?? ""): \(taint.value ?? "")}")
    }
    if attempt.isChoosy, !NodeAffinityMatch.matches(pod, node.node, node.name) {
      return Refusal("node(s) didn't match Pod's node affinity/selector")
    }
    if !attempt.ports.isEmpty, let taken = usage.rarities?.hostPorts.keys,
      attempt.ports.contains(where: { port in taken.contains { $0.conflicts(with: port) } })
    {
      return Refusal("node(s) didn't have free ports for the requested pod ports", isResolvable: true)
    }
    return room(attempt.request, node, usage)
  }

  /// A request for more than the whole node has cannot be helped by eviction.
  private static func room(_ request: PodRequest, _ node: NodeShape, _ usage: ClusterUsage.NodeUsage) -> Refusal? {
    let shortages = shortages(request, node, usage)
    if shortages.isEmpty { return nil }
    return Refusal(
      reasons: shortages.map { $0.resource == "pods" ? "Too many pods" : "Insufficient " + $0.resource },
      isResolvable: shortages.allSatisfy { $0.resource == "pods" || $0.wanted <= $0.all })
  }

  /// Something that a node has too little of. Processor time is in millicores.
  struct Shortage {
    let resource: String
    let wanted: Int64
    let used: Int64
    let all: Int64
  }

  /// Every resource that does not suffice. Source: fitsRequest, pkg/scheduler/framework/plugins/noderesources/fit.go, v1.36.
  static func shortages(_ request: PodRequest, _ node: NodeShape, _ usage: ClusterUsage.NodeUsage) -> [Shortage] {
    var shortages: [Shortage] = []
    func check(_ name: String, _ wanted: Int64, _ used: Int64, _ all: Int64) {
      if wanted > 0, wanted > all - used { shortages.append(Shortage(resource: name, wanted: wanted, used: used, all: all)) }
    }
    check("pods", 1, Int64(usage.pods), node.pods)
    check("cpu", request.cpuMillicores, usage.cpuMillicores, node.cpuMillicores)
    check("memory", request.memoryBytes, usage.memoryBytes, node.memoryBytes)
    for other in request.others {
      check(other.name, other.amount, usage.rarities?.others[other.name] ?? 0, node.amount(of: other.name))
    }
    return shortages
  }

  static func tolerates(_ pod: Pod, _ taint: Taint) -> Bool { pod.spec.tolerations.contains { $0.tolerates(taint) } }
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
    selector.nodeSelectorTerms.contains { term in matches(term, node, name) }
  }

  static func matches(_ term: NodeSelectorTerm, _ node: Node, _ name: String) -> Bool {
    if term.matchExpressions.isEmpty, term.matchFields.isEmpty { return false }
    return term.matchExpressions.allSatisfy { holds($0, node.metadata.labels[$0.key ?? ""]) }
      && term.matchFields.allSatisfy { $0.key == "metadata.name" && holds($0, name) }
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
