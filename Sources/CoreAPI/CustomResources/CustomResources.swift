import CoreObjects

/// The kinds that the store's CustomResourceDefinitions add: those that are established. Schemas are made ready once for each spec.
struct CustomResources: Sendable {
  private struct Known: Sendable {
    var spec: JSON
    var revision: UInt64
    var versions: [CustomVersion]
  }
  private var known: [String: Known] = [:]
  private var found: [String: CustomResource] = [:]

  init(_ store: Store) {
    for object in store.list(.customResourceDefinitions) { add(object) }
  }

  /// Sorted by the names of their definitions.
  var all: [CustomResource] { found.keys.sorted().compactMap { found[$0] } }

  /// - Returns: whether something else is served now
  mutating func update(with change: StoreChange) -> Bool {
    let name = change.object.key.name
    if change.kind == .deleted {
      known[name] = nil
      return found.removeValue(forKey: name) != nil
    }
    let before = change.previous.map { CustomResources.served($0.tree) }
    if before == CustomResources.served(change.object.tree), found[name] != nil || !isEstablished(change.object) { return false }
    add(change.object)
    return true
  }

  /// All that decides what is served.
  private static func served(_ tree: JSON) -> JSON {
    let isEstablished = CustomResourceDefinition(tree: tree).isEstablished
    return [
      "spec": tree[.spec], "status": tree[.status][.acceptedNames], "ready": .bool(isEstablished),
      "kept": .bool(tree[.metadata][.deletionTimestamp].isNull),
    ]
  }

  private func isEstablished(_ object: StoredObject) -> Bool { object.view(CustomResourceDefinition.self).isEstablished }

  private mutating func add(_ object: StoredObject) {
    let (name, definition) = (object.key.name, object.view(CustomResourceDefinition.self))
    guard definition.isEstablished else {
      found[name] = nil
      return
    }
    let spec = object.tree[.spec]
    var ready = known[name]
    if ready?.spec != spec {
      let all = definition.spec.versions.map {
        (
          isStored: $0.storage == true,
          CustomVersion($0, group: definition.spec.group ?? "", kind: definition.spec.names.kind ?? "")
        )
      }
      let versions = all.filter(\.isStored).map(\.1) + all.filter { !$0.isStored }.map(\.1)
      let isSame = ready.map { $0.versions.first?.schema.source == versions.first?.schema.source } ?? false
      ready = Known(spec: spec, revision: isSame ? ready?.revision ?? 0 : object.revision, versions: versions)
      known[name] = ready
    }
    guard let ready, !ready.versions.isEmpty else { return }
    found[name] = CustomResource(definition, ready.versions, schemaRevision: ready.revision)
  }
}
