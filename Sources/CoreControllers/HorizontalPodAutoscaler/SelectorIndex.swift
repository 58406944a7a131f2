import CoreObjects

/// The selectors of all autoscalers by one of their labels, to find pods that two autoscalers scale.
/// Source: pkg/controller/podautoscaler/hpa_selector_store.go and horizontal.go, v1.36.
struct SelectorIndex: Sendable {
  private struct Entry: Sendable {
    var key: ObjectKey
    var selector: LabelSelector
  }
  private struct Namespace: Sendable {
    var count = 0
    /// nil: a selector without matchLabels, which any pod may meet.
    var entries: [LabelPair?: [Entry]] = [:]
  }
  private var namespaces: [String: Namespace] = [:]
  private var selectors: [ObjectKey: LabelSelector] = [:]
  /// Grows with every change.
  private(set) var version = 0

  private static func pair(_ selector: LabelSelector) -> LabelPair? {
    selector.matchLabels.tree.members.first.flatMap { member in
      member.value.string.map { LabelPair(key: member.key, value: $0) }
    }
  }

  /// Whether it is another than before.
  mutating func put(_ key: ObjectKey, _ selector: LabelSelector) -> Bool {
    if selectors[key] == selector { return false }
    remove(key)
    version += 1
    selectors[key] = selector
    namespaces[key.namespace, default: Namespace()].count += 1
    namespaces[key.namespace]!.entries[Self.pair(selector), default: []].append(Entry(key: key, selector: selector))
    return true
  }

  mutating func remove(_ key: ObjectKey) {
    guard let selector = selectors.removeValue(forKey: key) else { return }
    version += 1
    let pair = Self.pair(selector)
    namespaces[key.namespace]!.count -= 1
    namespaces[key.namespace]!.entries[pair]!.removeAll { $0.key == key }
    if namespaces[key.namespace]!.entries[pair]!.isEmpty { namespaces[key.namespace]!.entries[pair] = nil }
    if namespaces[key.namespace]!.count == 0 { namespaces[key.namespace] = nil }
  }

  /// Another autoscaler that scales one of these pods. `key` is in the index.
  func rival(of key: ObjectKey, for pods: [AutoscaledPod]) -> ObjectKey? {
    guard let namespace = namespaces[key.namespace], namespace.count > 1 else { return nil }
    let free = namespace.entries[nil]
    for pod in pods {
      let labels = pod.stored.metadata.labels
      if let rival = free.flatMap({ Self.rival(of: key, in: $0, labels) }) { return rival }
      for member in labels.tree.members {
        guard let value = member.value.string, let found = namespace.entries[LabelPair(key: member.key, value: value)],
          found.count > 1 || found[0].key != key
        else { continue }
        if let rival = Self.rival(of: key, in: found, labels) { return rival }
      }
    }
    return nil
  }

  /// Autoscalers whose selector matches a pod's labels, sorted.
  func keys(matching labels: TextMap, namespace: String) -> [ObjectKey] {
    guard let namespace = namespaces[namespace] else { return [] }
    var found = namespace.entries[nil] ?? []
    for member in labels.tree.members {
      guard let value = member.value.string else { continue }
      found += namespace.entries[LabelPair(key: member.key, value: value)] ?? []
    }
    return found.filter { $0.selector.matches(labels) }.map(\.key).sorted()
  }

  private static func rival(of key: ObjectKey, in entries: [Entry], _ labels: TextMap) -> ObjectKey? {
    entries.filter { $0.key != key && $0.selector.matches(labels) }.map(\.key).min()
  }
}
