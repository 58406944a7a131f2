/// The objects of one resource, sorted by name in each namespace.
struct Collection: Sendable {
  /// An object with the first bytes of its name, by which most names are told apart without a look at the object.
  private struct Entry: Sendable {
    let prefix: NamePrefix
    let object: StoredObject

    init(_ object: StoredObject) {
      self.object = object
      prefix = object.key.prefix
    }

    func comesBefore(_ name: String, _ prefix: NamePrefix) -> Bool {
      self.prefix == prefix ? object.key.name.precedes(name) : self.prefix < prefix
    }
  }
  /// Few of them hold objects of one resource, mostly.
  private static let searchLimit = 8

  private var names: [String] = []  // of the namespaces, sorted
  private var namespaces: [SortedChunks<Entry>] = []
  private(set) var count = 0

  /// Where a namespace is, or would be.
  private func place(of namespace: String) -> Int {
    if names.count <= Collection.searchLimit, let place = names.firstIndex(of: namespace) { return place }
    return names.span.partition { $0.precedes(namespace) }
  }

  private func isThere(_ namespace: String, _ place: Int) -> Bool { place < names.count && names[place] == namespace }

  func get(_ key: ObjectKey) -> StoredObject? { get(key.namespace, key.name, key.prefix) }

  func get(_ namespace: String, _ name: String) -> StoredObject? { get(namespace, name, NamePrefix(name)) }

  private func get(_ namespace: String, _ name: String, _ prefix: NamePrefix) -> StoredObject? {
    let place = place(of: namespace)
    guard isThere(namespace, place),
      let found = namespaces[place].element(at: Collection.position(of: name, prefix, in: namespaces[place])),
      found.object.key.name == name
    else { return nil }
    return found.object
  }

  private static func position(
    of name: String, _ prefix: NamePrefix, in entries: SortedChunks<Entry>
  ) -> SortedChunks<Entry>.Position {
    entries.position { $0.comesBefore(name, prefix) }
  }

  func list(namespace: String?) -> [StoredObject] {
    var all: [StoredObject] = []
    if let namespace {
      let place = place(of: namespace)
      guard isThere(namespace, place) else { return [] }
      all.reserveCapacity(namespaces[place].count)
      namespaces[place].visit { all.append($0.object) }
      return all
    }
    all.reserveCapacity(count)
    for entries in namespaces { entries.visit { all.append($0.object) } }
    return all
  }

  /// The object that comes before one of this key in its namespace: mostly of the same workload.
  func predecessor(of key: ObjectKey) -> StoredObject? {
    let place = place(of: key.namespace)
    guard isThere(key.namespace, place) else { return nil }
    return namespaces[place].element(before: Collection.position(of: key.name, key.prefix, in: namespaces[place]))?.object
  }

  /// - Returns: what was there before.
  @discardableResult
  mutating func put(_ object: StoredObject) -> StoredObject? {
    let namespace = object.key.namespace
    let place = place(of: namespace)
    if !isThere(namespace, place) {
      names.insert(namespace, at: place)
      namespaces.insert(SortedChunks(), at: place)
    }
    let name = object.key.name
    let position = Collection.position(of: name, object.key.prefix, in: namespaces[place])
    if let present = namespaces[place].element(at: position)?.object, present.key.name == name {
      namespaces[place][position] = Entry(object)
      return present
    }
    namespaces[place].insert(Entry(object), at: position)
    count += 1
    return nil
  }

  /// - Returns: what was there.
  @discardableResult
  mutating func remove(_ key: ObjectKey) -> StoredObject? {
    let place = place(of: key.namespace)
    guard isThere(key.namespace, place),
      case let position = Collection.position(of: key.name, key.prefix, in: namespaces[place]),
      let present = namespaces[place].element(at: position)?.object, present.key.name == key.name
    else { return nil }
    namespaces[place].remove(at: position)
    count -= 1
    if namespaces[place].isEmpty {
      names.remove(at: place)
      namespaces.remove(at: place)
    }
    return present
  }
}
