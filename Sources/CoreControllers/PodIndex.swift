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
  private struct Bucket: Sendable {
    var names: Set<String> = []
    /// The count of changes when one of these pods last changed.
    var version: UInt64
  }
  private var namespaces: [String: [LabelPair: Bucket]] = [:]
  private var changes: UInt64 = 0

  /// Takes one change of a pod.
  mutating func note(_ change: StoreChange) {
    changes += 1
    let key = change.object.key
    guard namespaces[key.namespace] != nil else { return }
    let old = change.previous?.tree[.metadata][.labels] ?? .null
    let new = change.kind == .deleted ? .null : change.object.tree[.metadata][.labels]
    if old != new { for member in old.members { remove(key, member) } }
    for member in new.members { insert(key, member) }
  }

  private mutating func insert(_ key: ObjectKey, _ label: Member) {
    guard let value = label.value.string else { return }
    let pair = LabelPair(key: label.key, value: value)
    let version = changes
    func take(_ bucket: inout Bucket) {
      bucket.version = version
      bucket.names.insert(key.name)
    }
    take(&namespaces[key.namespace]![pair, default: Bucket(version: version)])
  }

  private mutating func remove(_ key: ObjectKey, _ label: Member) {
    guard let value = label.value.string else { return }
    let pair = LabelPair(key: label.key, value: value)
    namespaces[key.namespace]![pair]?.names.remove(key.name)
    namespaces[key.namespace]![pair]?.version = changes
    if namespaces[key.namespace]![pair]?.names.isEmpty == true { namespaces[key.namespace]![pair] = nil }
  }

  /// Grows when the answer to `pods` may have changed; 0 while no pod can match.
  mutating func version(_ selector: LabelSelector, namespace: String, _ store: Store) -> UInt64 {
    if namespaces[namespace] == nil { fill(namespace, store) }
    var latest: UInt64?
    for member in selector.matchLabels.tree.members {
      guard let value = member.value.string,
        let version = namespaces[namespace]![LabelPair(key: member.key, value: value)]?.version
      else { return 0 }
      // A pod that comes or goes is in the bucket of each of its labels: the quietest bucket knows of all that matter.
      latest = min(latest ?? version, version)
    }
    return latest ?? changes
  }

  /// The pods that a selector matches, sorted by name.
  mutating func pods(_ selector: LabelSelector, namespace: String, _ store: Store) -> [StoredObject] {
    if namespaces[namespace] == nil { fill(namespace, store) }
    var least: Set<String>?
    for member in selector.matchLabels.tree.members {
      guard let value = member.value.string,
        let found = namespaces[namespace]![LabelPair(key: member.key, value: value)]?.names
      else { return [] }
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
