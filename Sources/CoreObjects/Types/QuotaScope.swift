/// Which objects a quota counts. Source: podMatchesScopeFunc, pkg/quota/v1/evaluator/core/pods.go, v1.36.
package enum QuotaScope {
  /// Whether the quota counts this object. Only pods have scopes: of others a quota with scopes counts none.
  package static func covers(_ quota: ResourceQuota, _ resource: String, _ tree: JSON) -> Bool {
    if quota.spec.scopes.isEmpty, quota.spec.scopeSelector.matchExpressions.isEmpty { return true }
    guard resource == "pods" else { return false }
    let pod = Pod(tree: tree)
    for scope in quota.spec.scopes.values where !holds(scope, pod) { return false }
    for expression in quota.spec.scopeSelector.matchExpressions where !meets(expression, pod) { return false }
    return true
  }

  private static func holds(_ scope: String, _ pod: Pod) -> Bool {
    switch scope {
    case "Terminating": return pod.spec.activeDeadlineSeconds != nil
    case "NotTerminating": return pod.spec.activeDeadlineSeconds == nil
    case "BestEffort": return QualityOfService.of(pod) == "BestEffort"
    case "NotBestEffort": return QualityOfService.of(pod) != "BestEffort"
    case "PriorityClass": return !(pod.spec.priorityClassName ?? "").isEmpty
    case "CrossNamespacePodAffinity": return looksAcrossNamespaces(pod)
    default: return false
    }
  }

  private static func meets(_ expression: ScopedResourceSelectorRequirement, _ pod: Pod) -> Bool {
    let scope = expression.scopeName ?? ""
    guard scope == "PriorityClass" else { return holds(scope, pod) }
    let name = pod.spec.priorityClassName ?? ""
    switch expression.operator {
    case "In": return expression.values.values.contains(name)
    case "NotIn": return !expression.values.values.contains(name)
    case "DoesNotExist": return name.isEmpty
    default: return !name.isEmpty
    }
  }

  private static func looksAcrossNamespaces(_ pod: Pod) -> Bool {
    let affinity = pod.spec.affinity.tree
    for kind in [affinity[.podAffinity], affinity[.podAntiAffinity]] {
      let terms =
        kind[.requiredDuringSchedulingIgnoredDuringExecution].elements
        + kind[.preferredDuringSchedulingIgnoredDuringExecution].elements.map { $0[.podAffinityTerm] }
      if terms.contains(where: { !$0[.namespaces].elements.isEmpty || $0[.namespaceSelector].isObject }) { return true }
    }
    return false
  }
}
