import CoreJSON
import CoreStore
import CoreTypes

/// A label with its value.
struct LabelPair: Hashable, Sendable {
  var key: Key
  var value: String
}

/// Pods by label, in the namespaces that were asked for: so that a look at one selector costs its own pods, not all pods.
struct PodIndex: Sendable {
  private var namespaces: [String: [LabelPair: Set<String>]] = [:]

  /// Takes one change of a pod.
  mutating func note(_ change: StoreChange) {
    let key = change.object.key
    guard namespaces[key.namespace] != nil else { return }
    let old = change.previous?.tree[.metadata][.labels] ?? .null
    let new = change.kind == .deleted ? .null : change.object.tree[.metadata][.labels]
    if change.kind == .modified, old == new { return }
    for member in old.members { remove(key, member) }
    for member in new.members { insert(key, member) }
  }

  private mutating func insert(_ key: ObjectKey, _ label: Member) {
    guard let value = label.value.string else { return }
    namespaces[key.namespace]![LabelPair(key: label.key, value: value), default: []].insert(key.name)
  }

  private mutating func remove(_ key: ObjectKey, _ label: Member) {
    guard let value = label.value.string else { return }
    let pair = LabelPair(key: label.key, value: value)
    namespaces[key.namespace]![pair]?.remove(key.name)
    if namespaces[key.namespace]![pair]?.isEmpty == true { namespaces[key.namespace]![pair] = nil }
  }

  /// The pods that a selector matches, sorted by name.
  mutating func pods(_ selector: LabelSelector, namespace: String, _ store: Store) -> [StoredObject] {
    if namespaces[namespace] == nil { fill(namespace, store) }
    var least: Set<String>?
    for member in selector.matchLabels.tree.members {
      guard let value = member.value.string, let found = namespaces[namespace]![LabelPair(key: member.key, value: value)] else {
        return []
      }
      if least == nil || found.count < least!.count { least = found }
    }
    guard let least else {
      return store.list(.pods, namespace: namespace).filter { selector.matches($0.metadata.labels) }
    }
    return least.sorted().compactMap { store.get(.pods, namespace: namespace, $0) }.filter {
      selector.matches($0.metadata.labels)
    }
  }

  private mutating func fill(_ namespace: String, _ store: Store) {
    namespaces[namespace] = [:]
    for pod in store.list(.pods, namespace: namespace) {
      for member in pod.tree[.metadata][.labels].members { insert(pod.key, member) }
    }
  }
}
