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
  /// The pods of one label, and the count of changes when one of them last changed.
  private struct Bucket: Sendable {
    var label: LabelPair
    var names: Set<String> = []
    var version: UInt64 = 0
  }
  /// Buckets stay where they are while they hold a pod: each pod remembers the places of its own.
  private struct Namespace: Sendable {
    var buckets: [Bucket] = []
    var free: [Int] = []
    var places: [LabelPair: Int] = [:]
    var pods: [String: [Int]] = [:]

    mutating func place(of pair: LabelPair) -> Int {
      if let place = places[pair] { return place }
      let place = free.popLast() ?? buckets.count
      if place == buckets.count { buckets.append(Bucket(label: pair)) } else { buckets[place].label = pair }
      places[pair] = place
      return place
    }

    mutating func put(_ name: String, _ labels: JSON, _ version: UInt64) {
      take(name, version)
      let places = labels.members.compactMap { label in
        label.value.string.map { place(of: LabelPair(key: label.key, value: $0)) }
      }
      for place in places {
        buckets[place].names.insert(name)
        buckets[place].version = version
      }
      pods[name] = places
    }

    mutating func take(_ name: String, _ version: UInt64) {
      for place in pods.removeValue(forKey: name) ?? [] {
        buckets[place].names.remove(name)
        buckets[place].version = version
        if buckets[place].names.isEmpty {
          places[buckets[place].label] = nil
          free.append(place)
        }
      }
    }

    mutating func touch(_ name: String, _ version: UInt64) {
      for place in pods[name] ?? [] { buckets[place].version = version }
    }
  }
  private var namespaces: [String: Namespace] = [:]
  /// 0 is the version of no pods.
  private var changes: UInt64 = 1

  /// Takes one change of a pod.
  mutating func note(_ change: StoreChange) {
    changes += 1
    let key = change.object.key
    guard let place = namespaces.index(forKey: key.namespace) else { return }
    let labels = change.object.tree[.metadata][.labels]
    if change.kind == .deleted {
      namespaces.values[place].take(key.name, changes)
    } else if change.kind == .modified, change.previous?.tree[.metadata][.labels] == labels {
      namespaces.values[place].touch(key.name, changes)
    } else {
      namespaces.values[place].put(key.name, labels, changes)
    }
  }

  /// Grows when the answer to `pods` may have changed; 0 while no pod can match.
  mutating func version(_ selector: LabelSelector, namespace: String, _ store: Store) -> UInt64 {
    if namespaces[namespace] == nil { fill(namespace, store) }
    var latest: UInt64?
    for member in selector.matchLabels.tree.members {
      guard let bucket = bucket(member, namespace) else { return 0 }
      // A pod that comes or goes is in the bucket of each of its labels: the quietest bucket knows of all that matter.
      latest = min(latest ?? bucket.version, bucket.version)
    }
    return latest ?? changes
  }

  /// The pods that a selector matches, sorted by name.
  mutating func pods(_ selector: LabelSelector, namespace: String, _ store: Store) -> [StoredObject] {
    if namespaces[namespace] == nil { fill(namespace, store) }
    var least: Set<String>?
    for member in selector.matchLabels.tree.members {
      guard let found = bucket(member, namespace)?.names else { return [] }
      if least == nil || found.count < least!.count { least = found }
    }
    guard let least else {
      return store.list(.pods, namespace: namespace).filter { selector.matches($0.metadata.labels) }
    }
    return least.sorted().compactMap { store.get(.pods, namespace: namespace, $0) }.filter {
      selector.matches($0.metadata.labels)
    }
  }

  private func bucket(_ label: Member, _ namespace: String) -> Bucket? {
    guard let value = label.value.string, let known = namespaces[namespace],
      let place = known.places[LabelPair(key: label.key, value: value)]
    else { return nil }
    return known.buckets[place]
  }

  private mutating func fill(_ namespace: String, _ store: Store) {
    namespaces[namespace] = Namespace()
    for pod in store.list(.pods, namespace: namespace) {
      namespaces[namespace]!.put(pod.key.name, pod.tree[.metadata][.labels], changes)
    }
  }
}
