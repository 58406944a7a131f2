import CoreObjects

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
    /// The label names that selectors have asked for: pods are in buckets of these only.
    let keys: [Key]
    var buckets = Slots<LabelPair, Bucket>()
    var pods: [String: [Int]] = [:]

    func version(ofBucket place: Int) -> UInt64? { buckets.indices.contains(place) ? buckets[place].version : nil }

    mutating func put(_ name: String, _ labels: JSON, _ version: UInt64) {
      remove(name, version)
      var places: [Int] = []
      for key in keys {
        guard let value = labels[key].string else { continue }
        let label = LabelPair(key: key, value: value)
        places.append(buckets.reserve(label, Bucket(label: label)))
      }
      for place in places {
        buckets[place].names.insert(name)
        buckets[place].version = version
      }
      pods[name] = places
    }

    mutating func remove(_ name: String, _ version: UInt64) {
      for place in pods.removeValue(forKey: name) ?? [] {
        buckets[place].names.remove(name)
        buckets[place].version = version
        let bucket = buckets[place]
        // Its version stays, for watches of it.
        if bucket.names.isEmpty { buckets.remove(bucket.label, leaving: bucket) }
      }
    }

    mutating func touch(_ name: String, _ version: UInt64) {
      for place in pods[name] ?? [] { buckets[place].version = version }
    }
  }
  /// More label names than this are not kept for one namespace: with the next one they begin anew.
  private static let keyLimit = 64

  /// A namespace that was asked for stays in its place.
  private var namespaces: [Namespace] = []
  private var places: [String: Int] = [:]
  /// 0 is the version of no pods.
  private var changes: UInt64 = 1

  mutating func record(_ change: StoreChange) {
    changes += 1
    let key = change.object.key
    guard let place = places[key.namespace] else { return }
    let labels = change.object.tree[.metadata][.labels]
    if change.kind == .deleted {
      namespaces[place].remove(key.name, changes)
    } else if change.kind == .modified, change.previous?.tree[.metadata][.labels] == labels {
      namespaces[place].touch(key.name, changes)
    } else {
      namespaces[place].put(key.name, labels, changes)
    }
  }

  /// A bucket that all pods of an answer are in: while its version stays, so does the answer.
  struct Watch: Sendable {
    fileprivate var namespace = -1
    fileprivate var bucket = -1
    fileprivate(set) var version: UInt64
  }

  func isCurrent(_ watch: Watch) -> Bool {
    watch.bucket >= 0 && namespaces[watch.namespace].version(ofBucket: watch.bucket) == watch.version
  }

  /// Where a namespace is kept from now on.
  private mutating func place(ofNamespace name: String) -> Int {
    if let place = places[name] { return place }
    places[name] = namespaces.count
    namespaces.append(Namespace(keys: []))
    return namespaces.count - 1
  }

  /// Its version grows when the answer to `pods` may have changed; it is 0 while no pod can match.
  mutating func watch(_ selector: LabelSelector, namespace: String, _ store: Store) -> Watch {
    let place = place(ofNamespace: namespace)
    var quietest: Watch?
    for member in selector.matchLabels.tree.members {
      guard let bucket = bucket(member, place, namespace, store) else { return Watch(version: 0) }
      // A pod that comes or goes is in the bucket of each of its labels: the quietest bucket knows of all that matter.
      let version = namespaces[place].buckets[bucket].version
      if quietest.map({ version < $0.version }) ?? true {
        quietest = Watch(namespace: place, bucket: bucket, version: version)
      }
    }
    return quietest ?? Watch(version: changes)
  }

  /// The pods that a selector matches, sorted by name.
  mutating func pods(_ selector: LabelSelector, namespace: String, _ store: Store) -> [StoredObject] {
    let place = place(ofNamespace: namespace)
    var least: Set<String>?
    for member in selector.matchLabels.tree.members {
      guard let bucket = bucket(member, place, namespace, store) else { return [] }
      let found = namespaces[place].buckets[bucket].names
      if least == nil || found.count < least!.count { least = found }
    }
    guard let least else {
      return store.list(.pods, namespace: namespace).filter { selector.matches($0.metadata.labels) }
    }
    return least.sorted().compactMap { store.get(.pods, namespace: namespace, $0) }.filter {
      selector.matches($0.metadata.labels)
    }
  }

  /// The place of a label's bucket; nil where no pod has the label.
  private mutating func bucket(_ label: Member, _ place: Int, _ namespace: String, _ store: Store) -> Int? {
    guard let value = label.value.string else { return nil }
    let keys = namespaces[place].keys
    if !keys.contains(label.key) {
      namespaces[place] = filled(namespace, keys.count < Self.keyLimit ? keys + [label.key] : [label.key], store)
    }
    return namespaces[place].buckets.place(of: LabelPair(key: label.key, value: value))
  }

  private mutating func filled(_ name: String, _ keys: [Key], _ store: Store) -> Namespace {
    // No bucket of before may seem to be as it was.
    changes += 1
    var namespace = Namespace(keys: keys)
    for pod in store.list(.pods, namespace: name) {
      namespace.put(pod.key.name, pod.tree[.metadata][.labels], changes)
    }
    return namespace
  }
}
