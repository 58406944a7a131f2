import CoreObjects

/// Which pods a rule is about, and which nodes count as the same place: a term of pod affinity or a spread constraint, with
/// matchLabelKeys and mismatchLabelKeys already turned into values of the pod that has the rule.
/// Source: AffinityTerm, pkg/scheduler/framework/types.go, and applyMatchLabelKeys, pkg/registry/core/pod/strategy.go, v1.36.
struct NeighbourTerm: Hashable, Sendable {
  let topologyKey: String
  private let selector: LabelSelector
  private let namespaces: [String]
  private let namespaceSelector: LabelSelector
  /// All of the above as text: terms of pods of one template are one term.
  private let identity: String

  init(_ term: PodAffinityTerm, of pod: Pod) {
    let labels = pod.metadata.labels
    let selector = NeighbourTerm.adding(
      NeighbourTerm.adding(term.labelSelector, keys: term.matchLabelKeys, "In", labels), keys: term.mismatchLabelKeys, "NotIn",
      labels)
    // Neither names nor a selector: the pod's own namespace.
    let names = term.namespaces.values.sorted()
    let isOwn = names.isEmpty && term.namespaceSelector.isAbsent
    self.init(
      topologyKey: term.topologyKey ?? "", selector, namespaces: isOwn ? [pod.metadata.namespace ?? ""] : names,
      term.namespaceSelector)
  }

  init(_ constraint: TopologySpreadConstraint, of pod: Pod) {
    self.init(
      topologyKey: constraint.topologyKey ?? "",
      NeighbourTerm.adding(constraint.labelSelector, keys: constraint.matchLabelKeys, "In", pod.metadata.labels),
      namespaces: [pod.metadata.namespace ?? ""], LabelSelector(tree: .null))
  }

  private init(topologyKey: String, _ selector: LabelSelector, namespaces: [String], _ namespaceSelector: LabelSelector) {
    self.topologyKey = topologyKey
    self.selector = selector
    self.namespaces = namespaces
    self.namespaceSelector = namespaceSelector
    func text(_ selector: LabelSelector) -> String { selector.isAbsent ? "-" : "{\(selector.text)}" }
    identity = "\(topologyKey) \(namespaces.joined(separator: ",")) \(text(namespaceSelector)) \(text(selector))"
  }

  /// A selector that is absent matches nothing, whatever the keys say.
  private static func adding(_ selector: LabelSelector, keys: List<String>, _ relation: String, _ labels: TextMap)
    -> LabelSelector
  {
    if selector.isAbsent || keys.isEmpty { return selector }
    var selector = selector
    for key in keys.values {
      guard let value = labels[key] else { continue }
      selector.matchExpressions.append(
        LabelSelectorRequirement(tree: ["key": .string(key), "operator": .string(relation), "values": [.string(value)]]))
    }
    return selector
  }

  static func == (left: NeighbourTerm, right: NeighbourTerm) -> Bool { left.identity == right.identity }
  func hash(into hasher: inout Hasher) { hasher.combine(identity) }

  func matches(_ labels: TextMap, namespace: String, _ store: Store) -> Bool {
    guard selector.matches(labels) else { return false }
    if namespaces.contains(namespace) { return true }
    if namespaceSelector.isAbsent { return false }
    return namespaceSelector.matches(store.get(.namespaces, namespace)?.metadata.labels ?? TextMap())
  }
}

/// The rules of a pod about its neighbours.
struct NeighbourTerms: Sendable {
  struct Weighted: Hashable, Sendable {
    var term: NeighbourTerm
    /// Negative: stay away.
    var weight: Int
  }
  /// Pods that must be near, all of them.
  var affinity: [NeighbourTerm] = []
  /// Pods that must not be near, any of them.
  var antiAffinity: [NeighbourTerm] = []
  var preferred: [Weighted] = []

  var isEmpty: Bool { affinity.isEmpty && antiAffinity.isEmpty && preferred.isEmpty }

  init(_ pod: Pod) {
    let rules = pod.spec.affinity
    if rules.isAbsent || (rules.podAffinity.isAbsent && rules.podAntiAffinity.isAbsent) { return }
    affinity = rules.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.map { NeighbourTerm($0, of: pod) }
    antiAffinity = rules.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.map { NeighbourTerm($0, of: pod) }
    for wish in rules.podAffinity.preferredDuringSchedulingIgnoredDuringExecution {
      preferred.append(Weighted(term: NeighbourTerm(wish.podAffinityTerm, of: pod), weight: wish.weight ?? 0))
    }
    for wish in rules.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution {
      preferred.append(Weighted(term: NeighbourTerm(wish.podAffinityTerm, of: pod), weight: -(wish.weight ?? 0)))
    }
  }
}
