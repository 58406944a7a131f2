import CoreObjects

extension Writer {
  /// ClusterRoles with an aggregationRule hold the rules of those that it selects.
  /// Source: pkg/controller/clusterroleaggregation, v1.36; done with the write itself, so that nobody sees the time between.
  mutating func gatherRules(after change: StoreChange) {
    let all = store.list(.clusterRoles)
    for stored in all where !stored.tree[.aggregationRule].isNull {
      let selectors = stored.tree[.aggregationRule][.clusterRoleSelectors].elements.map { LabelSelector(tree: $0) }
      let isConcerned = [change.object, change.previous].contains { role in
        role.map { role in role.key == stored.key || selectors.contains { $0.matches(role.metadata.labels) } } ?? false
      }
      if selectors.isEmpty || !isConcerned { continue }
      var rules: [JSON] = []
      for other in all where other.key != stored.key && selectors.contains(where: { $0.matches(other.metadata.labels) }) {
        for rule in other.tree[.rules].elements where !rules.contains(rule) { rules.append(rule) }
      }
      if stored.tree[.rules].elements == rules { continue }
      var tree = stored.tree
      tree.put(.rules, .array(rules))
      // This write comes back here; it ends when nothing changes, for each round moves rules one level up.
      _ = put(stored.key, tree)
    }
  }
}
