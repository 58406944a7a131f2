/// The objects of one resource, sorted by name in each namespace.
struct Collection: Sendable {
  /// An object with the first bytes of its name, by which most names are told apart without a look at the object.
  private struct Entry: Sendable {
    let prefix: UInt64
    let object: StoredObject

    init(_ object: StoredObject) {
      self.object = object
      prefix = Entry.prefix(of: object.key.name)
    }

    /// The first eight bytes, in the order of the text.
    static func prefix(of name: String) -> UInt64 {
      var word: UInt64 = 0
      var shift: UInt64 = 64
      for byte in name.utf8 {
        shift -= 8
        word |= UInt64(byte) << shift
        if shift == 0 { break }
      }
      return word
    }

    func comesBefore(_ name: String, _ prefix: UInt64) -> Bool {
      self.prefix != prefix ? self.prefix < prefix : object.key.name.precedes(name)
    }
  }
  private var namespaces: [String: SortedChunks<Entry>] = [:]
  private var names: [String] = []  // of the namespaces, sorted
  private(set) var count = 0

  func get(_ namespace: String, _ name: String) -> StoredObject? {
    guard let entries = namespaces[namespace],
      let found = entries.element(at: Collection.position(of: name, in: entries)), found.object.key.name == name
    else { return nil }
    return found.object
  }

  private static func position(of name: String, in entries: SortedChunks<Entry>) -> SortedChunks<Entry>.Position {
    let prefix = Entry.prefix(of: name)
    return entries.position { $0.comesBefore(name, prefix) }
  }

  func list(namespace: String?) -> [StoredObject] {
    var all: [StoredObject] = []
    if let namespace {
      all.reserveCapacity(namespaces[namespace]?.count ?? 0)
      namespaces[namespace]?.forEach { all.append($0.object) }
      return all
    }
    all.reserveCapacity(count)
    for name in names { namespaces[name]?.forEach { all.append($0.object) } }
    return all
  }

  /// - Returns: what was there before.
  @discardableResult
  mutating func put(_ object: StoredObject) -> StoredObject? {
    let namespace = object.key.namespace
    if namespaces[namespace] == nil {
      namespaces[namespace] = SortedChunks()
      names.insert(namespace, at: names.partition(before: namespace))
    }
    let name = object.key.name
    let position = Collection.position(of: name, in: namespaces[namespace]!)
    if let present = namespaces[namespace]!.element(at: position)?.object, present.key.name == name {
      namespaces[namespace]![position] = Entry(object)
      return present
    }
    namespaces[namespace]!.insert(Entry(object), at: position)
    count += 1
    return nil
  }

  mutating func remove(_ namespace: String, _ name: String) {
    guard let entries = namespaces[namespace], case let position = Collection.position(of: name, in: entries),
      entries.element(at: position)?.object.key.name == name
    else { return }
    removeEntry(namespace, at: position)
  }

  /// Not in the function above: it would still hold the entries, which would be copied.
  private mutating func removeEntry(_ namespace: String, at position: SortedChunks<Entry>.Position) {
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
      if self[middle].precedes(element) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
