import CoreJSON
import CoreStore
import CoreTypes

/// The selectors of all autoscalers by one of their labels, to find pods that two autoscalers scale.
/// Source: pkg/controller/podautoscaler/hpa_selector_store.go and horizontal.go, v1.36.
struct SelectorIndex: Sendable {
  private struct Place: Hashable, Sendable {
    var namespace: String
    /// nil: a selector without matchLabels, which any pod may meet.
    var pair: LabelPair?
  }
  private struct Entry: Sendable {
    var key: ObjectKey
    var selector: LabelSelector
  }
  private var entries: [Place: [Entry]] = [:]
  private var places: [ObjectKey: (place: Place, selector: LabelSelector)] = [:]

  mutating func put(_ key: ObjectKey, _ selector: LabelSelector) {
    if let present = places[key], present.selector == selector { return }
    remove(key)
    let pair = selector.matchLabels.tree.members.first.flatMap { member in
      member.value.string.map { LabelPair(key: member.key, value: $0) }
    }
    let place = Place(namespace: key.namespace, pair: pair)
    places[key] = (place, selector)
    entries[place, default: []].append(Entry(key: key, selector: selector))
  }

  mutating func remove(_ key: ObjectKey) {
    guard let (place, _) = places.removeValue(forKey: key) else { return }
    entries[place]?.removeAll { $0.key == key }
    if entries[place]?.isEmpty == true { entries[place] = nil }
  }

  /// Another autoscaler that scales one of these pods.
  func rival(of key: ObjectKey, for pods: [StoredObject]) -> ObjectKey? {
    let free = entries[Place(namespace: key.namespace, pair: nil)]
    for pod in pods {
      let labels = pod.metadata.labels
      if let rival = free.flatMap({ Self.rival(of: key, in: $0, labels) }) { return rival }
      for member in labels.tree.members {
        guard let value = member.value.string,
          let found = entries[Place(namespace: key.namespace, pair: LabelPair(key: member.key, value: value))],
          found.count > 1 || found[0].key != key
        else { continue }
        if let rival = Self.rival(of: key, in: found, labels) { return rival }
      }
    }
    return nil
  }

  private static func rival(of key: ObjectKey, in entries: [Entry], _ labels: TextMap) -> ObjectKey? {
    entries.filter { $0.key != key && $0.selector.matches(labels) }.map(\.key).min()
  }
}
