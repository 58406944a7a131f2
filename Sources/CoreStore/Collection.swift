/// The objects of one resource: by name in each namespace, both kept sorted.
struct Collection: Sendable {
  private var namespaces: [String: SortedObjects] = [:]
  private var names: [String] = []  // of the namespaces, sorted
  private(set) var count = 0

  func get(_ namespace: String, _ name: String) -> StoredObject? { namespaces[namespace]?.byName[name] }

  func list(namespace: String?) -> [StoredObject] {
    if let namespace { return namespaces[namespace]?.sorted ?? [] }
    var all: [StoredObject] = []
    all.reserveCapacity(count)
    for name in names { if let objects = namespaces[name] { all += objects.sorted } }
    return all
  }

  mutating func put(_ object: StoredObject) {
    let namespace = object.key.namespace
    if namespaces[namespace] == nil {
      namespaces[namespace] = SortedObjects()
      names.insert(namespace, at: names.partition(before: namespace))
    }
    if namespaces[namespace]!.put(object) { count += 1 }
  }

  mutating func remove(_ namespace: String, _ name: String) {
    guard namespaces[namespace]?.remove(name) == true else { return }
    count -= 1
    if namespaces[namespace]?.byName.isEmpty == true {
      namespaces[namespace] = nil
      names.remove(at: names.partition(before: namespace))
    }
  }
}

/// The objects of one namespace, sorted by name.
struct SortedObjects: Sendable {
  private(set) var byName: [String: StoredObject] = [:]
  private var names: [String] = []

  var sorted: [StoredObject] { names.map { byName[$0]! } }

  /// True if the object is new.
  mutating func put(_ object: StoredObject) -> Bool {
    if byName.updateValue(object, forKey: object.key.name) != nil { return false }
    names.insert(object.key.name, at: names.partition(before: object.key.name))
    return true
  }

  mutating func remove(_ name: String) -> Bool {
    guard byName.removeValue(forKey: name) != nil else { return false }
    names.remove(at: names.partition(before: name))
    return true
  }
}

extension [String] {
  /// The first index whose element is not less than `element`, in a sorted array.
  func partition(before element: String) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
