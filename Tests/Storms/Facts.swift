package import CoreEngine
package import CoreObjects

/// What anybody can see through the API: the objects as a watch of everything would have told them. Kept apart from the engine's own
/// store, so that the two can be compared.
package struct Facts: Sendable {
  private var collections: [ResourceID: [StoredObject]] = [:]  // sorted by key
  package private(set) var revision: UInt64 = 0
  package var now: Instant
  /// The write that is looked at answers a request of the storm's user.
  package var isUsers = false

  package init(now: Instant) { self.now = now }

  package func list(_ resource: ResourceID) -> [StoredObject] { collections[resource] ?? [] }
  package func list(_ resource: ResourceID, namespace: String) -> [StoredObject] {
    list(resource).filter { $0.key.namespace == namespace }
  }
  package var all: [StoredObject] { collections.keys.sorted().flatMap { list($0) } }

  package func get(_ key: ObjectKey) -> StoredObject? {
    guard let objects = collections[key.resource] else { return nil }
    let index = Facts.position(of: key, in: objects)
    return index < objects.count && objects[index].key == key ? objects[index] : nil
  }

  package func get(_ resource: ResourceID, namespace: String = "", _ name: String) -> StoredObject? {
    get(ObjectKey(resource, namespace: namespace, name))
  }

  /// Pods that name this object as their controller.
  package func pods(of owner: StoredObject) -> [PodFacts] {
    list(.pods).filter { $0.key.namespace == owner.key.namespace }.map(PodFacts.init).filter { $0.controllerUID == owner.uid }
  }

  /// Takes one write; nil where it removes what was not there.
  package mutating func apply(_ record: JournalRecord) -> StoreChange? {
    switch record {
    case .put(let object):
      revision = max(revision, object.revision)
      var objects = collections.removeValue(forKey: object.key.resource) ?? []
      let index = Facts.position(of: object.key, in: objects)
      var previous: StoredObject?
      if index < objects.count, objects[index].key == object.key {
        previous = objects[index]
        objects[index] = object
      } else {
        objects.insert(object, at: index)
      }
      collections[object.key.resource] = objects
      return StoreChange(kind: previous == nil ? .added : .modified, object: object, previous: previous)
    case .delete(let key, let revision):
      self.revision = max(self.revision, revision)
      guard let previous = get(key) else { return nil }
      collections[key.resource]!.remove(at: Facts.position(of: key, in: collections[key.resource]!))
      return StoreChange(kind: .deleted, object: previous, previous: previous)
    }
  }

  /// What a journal that holds these writes gives back.
  package func store() -> Store {
    var store = Store()
    for object in all { store.restore(object) }
    store.restore(revision: revision)
    return store
  }

  private static func position(of key: ObjectKey, in objects: [StoredObject]) -> Int {
    var low = 0
    var high = objects.count
    while low < high {
      let middle = (low + high) / 2
      let other = objects[middle].key
      if (other.namespace, other.name) < (key.namespace, key.name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A pod as kubectl would show it.
package struct PodFacts: Sendable {
  package let object: StoredObject
  package let controllerUID: String?
  package let isLeaving: Bool
  package let phase: String
  package let readySince: Instant?

  package init(_ object: StoredObject) {
    self.object = object
    let metadata = object.metadata
    controllerUID = metadata.ownerReferences.first { $0.controller == true }?.uid
    isLeaving = metadata.deletionTimestamp != nil
    let status = object.view(Pod.self).status
    phase = status.phase ?? "Pending"
    let ready = status.conditions.first { $0.type == "Ready" && $0.status == "True" }
    readySince = ready?.lastTransitionTime.flatMap { Instant(rfc3339: $0) }
  }

  package var name: String { object.key.name }
  package var isReady: Bool { phase == "Running" && readySince != nil }
  package var isOver: Bool { phase == "Failed" || phase == "Succeeded" }
  package var node: String { object.view(Pod.self).spec.nodeName ?? "" }
  package func label(_ name: String) -> String { object.metadata.labels[name] ?? "" }

  /// Ready for so long, and there to stay.
  package func isAvailable(_ minReadySeconds: Int, _ now: Instant) -> Bool {
    guard let readySince, isReady, !isLeaving else { return false }
    return now - readySince >= .seconds(minReadySeconds)
  }

  /// The number after the last hyphen.
  package var ordinal: Int? { name.split(separator: "-").last.flatMap { Int($0) } }
}

extension StoreChange {
  /// The pod that this write asks to go: by its deletion timestamp, or at once.
  package var leavingPod: PodFacts? {
    guard object.key.resource == .pods, let previous, previous.metadata.deletionTimestamp == nil else { return nil }
    return kind == .deleted || object.metadata.deletionTimestamp != nil ? PodFacts(previous) : nil
  }
  package var madePod: PodFacts? { kind == .added && object.key.resource == .pods ? PodFacts(object) : nil }
}
