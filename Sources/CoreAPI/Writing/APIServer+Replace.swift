import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// Every change of a present object comes through here: PUT, PATCH, status, scale, finalize, the controllers' writes.
extension APIServer {
  /// `tree` is the whole new object in the storage version.
  mutating func replace(
    _ served: ServedResource, _ old: StoredObject, with given: JSON, _ options: WriteOptions, _ warnings: inout [String]
  ) throws(APIError) -> StoredObject {
    var tree = given
    try continueMetadata(&tree, served, old, options)
    setDefaults(&tree, served)
    if options.subresource.isEmpty { try admitUpdate(&tree, old.tree, served.id, options) }
    let errors = try prepareUpdate(&tree, served, old, options)
    guard errors.isEmpty else {
      throw .invalid(group: served.version.group, kind: served.definition.kind, name: old.key.name, errors)
    }
    if options.checksEscalation, served.id.group == RoleIndex.group, APIServer.changesRights(tree, old.tree) {
      try checkEscalation(served.id, tree, namespace: old.key.namespace, options.user)
    }
    warnings += served.resource.warnings(tree)
    if !options.keepsManagedFields { FieldOwnership.note(&tree, old: old.tree, served, options) }
    if APIServer.isSame(tree, old.tree) { return old }
    if options.subresource.isEmpty { try chargeQuotas(served.id, tree, old: old.tree, options) }
    if options.isDryRun {
      return StoredObject(key: old.key, uid: old.uid, revision: old.revision, tree: tree, encoded: tree.encoded())
    }
    let stored = put(old.key, tree)
    return finishDeletion(stored) ?? stored
  }

  /// The way of the control plane's own statuses: metadata and spec stay as they are stored, and are not looked at again.
  mutating func replaceStatus(
    _ served: ServedResource, _ old: StoredObject, with status: JSON, _ options: WriteOptions
  ) throws(APIError) -> StoredObject {
    if status == old.tree[.status] { return old }
    var status = status
    if configuration.trustsOwnWrites {
      assert((try? judged(status, served, old, options)) == status, "\(old.key): \(status)")
    } else {
      status = try judged(status, served, old, options)
      if status == old.tree[.status] { return old }
    }
    var tree = old.tree
    tree.put(.status, status)
    FieldOwnership.note(&tree, old: old.tree, served, options)
    return put(old.key, consume tree)
  }

  /// A status as its type wants it.
  /// - Throws: 400 where a value has the wrong type, 422 where one is wrong otherwise
  private func judged(
    _ status: JSON, _ served: ServedResource, _ old: StoredObject, _ options: WriteOptions
  ) throws(APIError) -> JSON {
    var warnings: [String] = []
    var part = JSON.object([Member(key: .status, value: status)])
    let known = JSON.object([Member(key: .status, value: old.tree[.status])])
    part = try decode(
      part, as: served.storage.typeName, title: served.definition.kind, known: known, options, &warnings)
    let type = Schema.shared.type(served.storage.typeName)
    if let type { Schema.shared.setDefaults(&part, type) }
    var errors = type.map { Schema.shared.validate(part, $0, ofStatus: true, known: known) } ?? []
    var tree = old.tree
    tree.put(.status, part[.status])
    let context = WriteContext(
      store: store, now: options.now, user: options.user, randomBits: 0, timeZones: configuration.timeZones)
    errors += served.resource.validateStatusUpdate(tree, old: old.tree, context)
    guard errors.isEmpty else {
      throw .invalid(group: served.version.group, kind: served.definition.kind, name: old.key.name, errors)
    }
    return part[.status]
  }

  /// Once nothing holds a terminating object any more it goes. Source: ShouldDeleteDuringUpdate, registry/generic/registry/store.go.
  mutating func finishDeletion(_ object: StoredObject) -> StoredObject? {
    let metadata = object.metadata
    guard metadata.deletionTimestamp != nil, metadata.finalizers.isEmpty, (metadata.deletionGracePeriodSeconds ?? 0) == 0 else {
      return nil
    }
    if object.key.resource == .namespaces, !object.tree[.spec][.finalizers].elements.isEmpty { return nil }
    return remove(object.key)
  }

  private func continueMetadata(
    _ tree: inout JSON, _ served: ServedResource, _ old: StoredObject, _ options: WriteOptions
  ) throws(APIError) {
    var metadata = tree.take(.metadata)
    if !metadata.isObject { metadata = .object([]) }
    defer { tree.put(.metadata, metadata) }
    let before = old.tree[.metadata]
    if let version = metadata[.resourceVersion].string, !version.isEmpty, version != "0",
      version != before[.resourceVersion].string
    {
      throw .modified(served.requestID, old.key.name)
    }
    if let uid = metadata[.uid].string, !uid.isEmpty, uid != old.uid {
      throw .conflict(
        served.requestID, old.key.name,
        "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
    }
    for key in [
      Key.resourceVersion, .uid, .creationTimestamp, .deletionTimestamp, .deletionGracePeriodSeconds, .generation, .generateName,
    ] {
      metadata.put(key, before[key])
    }
    metadata.remove(.selfLink)
    if metadata[.namespace].isNull { metadata.put(.namespace, before[.namespace]) }
    if metadata[.name].isNull { metadata.put(.name, before[.name]) }
    if !options.keepsManagedFields {
      metadata.put(.managedFields, FieldOwnership.kept(metadata[.managedFields], before: before[.managedFields]))
    }
  }

  /// In a function of its own for the reason told at `prepareCreate`.
  private mutating func prepareUpdate(
    _ tree: inout JSON, _ served: ServedResource, _ old: StoredObject, _ options: WriteOptions
  ) throws(APIError) -> [FieldError] {
    let context = WriteContext(
      store: store, now: options.now, user: options.user, randomBits: random.next(), timeZones: configuration.timeZones)
    let type = Schema.shared.type(served.storage.typeName)
    if options.subresource == "status" {
      served.resource.prepareForStatusUpdate(&tree, old: old.tree, context)
      var errors = metadataErrors(tree, old, served)
      if let type { errors += Schema.shared.validate(tree, type, ofStatus: true, known: old.tree) }
      return errors + served.resource.validateStatusUpdate(tree, old: old.tree, context)
    }
    if options.subresource != "finalize" { try served.resource.prepareForUpdate(&tree, old: old.tree, context) }
    var errors = metadataErrors(tree, old, served)
    if let type {
      errors += Schema.shared.validate(tree, type, known: old.tree)
      errors += Schema.shared.validateUpdate(tree, old: old.tree, type)
    }
    // What is as it was stored was found valid then.
    let isJudged = served.definition.isJudgedBySpec && tree[.spec] == old.tree[.spec]
    if !isJudged { errors += served.resource.validate(tree, context) }
    return errors + served.resource.validateUpdate(tree, old: old.tree, context)
  }

  private func metadataErrors(_ tree: JSON, _ old: StoredObject, _ served: ServedResource) -> [FieldError] {
    let metadata = ObjectMeta(tree: tree[.metadata])
    return ObjectMetaRules.validate(metadata, served.definition, old: old.metadata)
      + ObjectMetaRules.validateUpdate(metadata, old: old.metadata)
  }

  private static func changesRights(_ new: JSON, _ old: JSON) -> Bool {
    [Key.rules, .roleRef, .subjects, "aggregationRule"].contains { new[$0] != old[$0] }
  }

  /// Nothing changed, apart from when fields were last written: the revision stays.
  private static func isSame(_ new: JSON, _ old: JSON) -> Bool {
    if new == old { return true }
    func plain(_ tree: JSON) -> JSON {
      var tree = tree
      let fields = tree[.metadata][.managedFields].elements.map { entry in
        var entry = entry
        entry.remove(.time)
        return entry
      }
      tree[.metadata].put(.managedFields, .array(fields))
      return tree
    }
    guard !new[.metadata][.managedFields].isNull || !old[.metadata][.managedFields].isNull else { return false }
    return plain(new) == plain(old)
  }
}
