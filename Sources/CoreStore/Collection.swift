/// The objects of one resource, sorted by name in each namespace.
struct Collection: Sendable {
  private var namespaces: [String: SortedChunks<StoredObject>] = [:]
  private var names: [String] = []  // of the namespaces, sorted
  private(set) var count = 0

  func get(_ namespace: String, _ name: String) -> StoredObject? {
    guard let objects = namespaces[namespace] else { return nil }
    guard let found = objects.element(at: objects.position { $0.key.name < name }), found.key.name == name else { return nil }
    return found
  }

  func list(namespace: String?) -> [StoredObject] {
    var all: [StoredObject] = []
    if let namespace {
      all.reserveCapacity(namespaces[namespace]?.count ?? 0)
      namespaces[namespace]?.append(to: &all)
      return all
    }
    all.reserveCapacity(count)
    for name in names { namespaces[name]?.append(to: &all) }
    return all
  }

  mutating func put(_ object: StoredObject) {
    let namespace = object.key.namespace
    if namespaces[namespace] == nil {
      namespaces[namespace] = SortedChunks()
      names.insert(namespace, at: names.partition(before: namespace))
    }
    let name = object.key.name
    let position = namespaces[namespace]!.position { $0.key.name < name }
    if namespaces[namespace]!.element(at: position)?.key.name == name {
      namespaces[namespace]![position] = object
    } else {
      namespaces[namespace]!.insert(object, at: position)
      count += 1
    }
  }

  mutating func remove(_ namespace: String, _ name: String) {
    guard let position = namespaces[namespace]?.position({ $0.key.name < name }),
      namespaces[namespace]?.element(at: position)?.key.name == name
    else { return }
    namespaces[namespace]?.remove(at: position)
    count -= 1
    if namespaces[namespace]?.isEmpty == true {
      namespaces[namespace] = nil
      names.remove(at: names.partition(before: namespace))
    }
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
