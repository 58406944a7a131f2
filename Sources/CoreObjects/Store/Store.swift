/// Revisioned objects, kept sorted as lists answer them, with an index by owner and a bounded log for watches.
///
/// A value: a copy is a snapshot, and costs the writes that follow it no more than small chunks. Writes return the change; the caller journals it and notifies watchers.
package struct Store: Sendable {
  /// The revision of the last write; 0 before any.
  package private(set) var revision: UInt64 = 0
  private var collections = ResourceMap<Collection>()
  private var owners = OwnerIndex()
  package private(set) var log: WatchLog
  /// What the CustomResourceDefinitions in it add.
  package private(set) var customKinds = CustomKinds()

  /// Whether objects are encoded when they are written. A daemon sends each to its journal; in simulated time few are ever read.
  private let keepsBytes: Bool

  /// From so many objects of a resource on, each shares with its neighbour what is the same in both: comparing costs time.
  private static let sharingCount = 1_000

  package init(logLimit: Int = 50_000, keepsBytes: Bool = true) {
    log = WatchLog(limit: logLimit)
    self.keepsBytes = keepsBytes
  }

  package func get(_ key: ObjectKey) -> StoredObject? {
    guard let place = collections.place(of: key.resource) else { return nil }
    return collections[place].get(key)
  }

  package func get(_ resource: ResourceID, namespace: String = "", _ name: String) -> StoredObject? {
    guard let place = collections.place(of: resource) else { return nil }
    return collections[place].get(namespace, name)
  }

  /// Sorted by namespace, then name. `namespace` nil: all.
  package func list(_ resource: ResourceID, namespace: String? = nil) -> [StoredObject] {
    guard let place = collections.place(of: resource) else { return [] }
    return collections[place].list(namespace: namespace)
  }

  /// As they were at a revision; nil where the log does not reach back to it.
  package func list(_ resource: ResourceID, namespace: String?, at revision: UInt64) -> ArraySlice<StoredObject>? {
    let present = list(resource, namespace: namespace)
    if revision >= self.revision { return present[...] }
    guard let changes = log.changes(after: revision) else { return nil }
    var before: [ObjectKey: StoredObject?] = [:]
    for change in changes where change.object.key.resource == resource {
      if before[change.object.key] == nil { before[change.object.key] = .some(change.previous) }
    }
    let past = before.values.compactMap { $0 }.filter { namespace == nil || $0.key.namespace == namespace }
    return (present.filter { before[$0.key] == nil } + past).sorted { $0.key < $1.key }[...]
  }

  package func count(_ resource: ResourceID) -> Int {
    guard let place = collections.place(of: resource) else { return 0 }
    return collections[place].count
  }

  /// The resources that hold objects, sorted.
  package var resources: [ResourceID] { collections.resources.filter { count($0) > 0 }.sorted() }

  /// Objects whose ownerReferences name `uid`, sorted by key.
  package func owned(by uid: String) -> [StoredObject] {
    owners.owned(by: uid).compactMap { get($0) }
  }

  /// Stores a new or changed object: sets metadata.resourceVersion, encodes once at the most, logs the change.
  package mutating func put(_ key: ObjectKey, _ tree: consuming JSON) -> StoreChange {
    revision += 1
    let uid = Store.number(&tree, revision)
    let place = collections.reserve(key.resource, Collection())
    if collections[place].count >= Store.sharingCount, let model = collections[place].predecessor(of: key) {
      tree.share(model.tree)
    }
    let object = StoredObject(
      key: key, uid: uid, revision: revision, tree: tree, encoded: keepsBytes ? tree.encoded() : nil)
    let previous = collections[place].put(object)
    index(previous, object)
    let change = StoreChange(kind: previous == nil ? .added : .modified, object: object, previous: previous)
    log.append(change)
    return change
  }

  /// Removes an object; nil if there was none.
  /// - Parameter last: its last state where it was not stored before
  package mutating func remove(_ key: ObjectKey, as last: consuming JSON? = nil) -> StoreChange? {
    guard let place = collections.place(of: key.resource), let previous = collections[place].remove(key) else { return nil }
    revision += 1
    var tree = last ?? previous.tree
    let uid = Store.number(&tree, revision)
    let last = StoredObject(
      key: key, uid: uid, revision: revision, tree: tree, encoded: keepsBytes ? tree.encoded() : nil)
    index(previous, nil)
    let change = StoreChange(kind: .deleted, object: last, previous: previous)
    log.append(change)
    return change
  }

  /// Sets metadata.resourceVersion.
  /// - Returns: metadata.uid
  private static func number(_ tree: inout JSON, _ revision: UInt64) -> String {
    var metadata = tree.take(.metadata)
    metadata.put(.resourceVersion, .string(String(revision)))
    let uid = metadata[.uid].string ?? ""
    tree.put(.metadata, metadata)
    return uid
  }

  /// Puts back an object read from the journal, with the revision it had. Not logged: watches cannot reach before a restart.
  package mutating func restore(_ object: StoredObject) {
    index(putAway(object), object)
    revision = max(revision, object.revision)
  }

  /// After a restart: revisions go on from the journal's last one, and nothing before it can be watched.
  package mutating func restore(revision: UInt64) {
    self.revision = max(self.revision, revision)
    log.compact(to: self.revision)
  }

  /// - Returns: what was there before
  private mutating func putAway(_ object: StoredObject) -> StoredObject? {
    let place = collections.reserve(object.key.resource, Collection())
    return collections[place].put(object)
  }

  private mutating func index(_ previous: StoredObject?, _ object: StoredObject?) {
    if let key = (object ?? previous)?.key, key.resource == .customResourceDefinitions {
      customKinds.update(key.name, object?.tree)
    }
    let before = previous?.ownerReferences ?? []
    let after = object?.ownerReferences ?? []
    guard let key = (object ?? previous)?.key, before != after else { return }
    for owner in before { if let uid = owner[.uid].string { owners.remove(uid, key) } }
    for owner in after { if let uid = owner[.uid].string { owners.insert(uid, key) } }
  }
}
