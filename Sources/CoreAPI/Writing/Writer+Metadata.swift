import CoreObjects

/// What the server decides of an object's metadata, whatever was sent.
extension Writer {
  /// As upstream (GenerateName with retries since v1.30).
  private static let generatedNameAttempts = 8

  mutating func beginMetadata(_ draft: inout Draft) throws(APIError) {
    var metadata = draft.tree.take(.metadata)
    if !metadata.isObject { metadata = .object([]) }
    defer { draft.tree.put(.metadata, metadata) }
    if let given = metadata[.namespace].string, !given.isEmpty, given != draft.namespace {
      throw .badRequest("the namespace of the object (\(given)) is not the one of the request (\(draft.namespace))")
    }
    guard (metadata[.resourceVersion].string ?? "").isEmpty else {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    if (metadata[.name].string ?? "").isEmpty, let prefix = metadata[.generateName].string, !prefix.isEmpty {
      metadata.put(.name, .string(try generateName(prefix, draft)))
    }
    metadata.put(.namespace, draft.namespace.isEmpty ? .null : .string(draft.namespace))
    for key in [Key.resourceVersion, .deletionTimestamp, .deletionGracePeriodSeconds, .selfLink, .generation] {
      metadata.remove(key)
    }
    if !draft.isApplied { metadata.remove(.managedFields) }
    metadata.put(.uid, .string(random.uid()))
    metadata.put(.creationTimestamp, .string(draft.now.rfc3339))
  }

  private mutating func generateName(_ prefix: String, _ draft: Draft) throws(APIError) -> String {
    let base = String(prefix.prefix(58))
    for _ in 0..<Writer.generatedNameAttempts {
      let name = base + random.suffix()
      if store.get(draft.resource, namespace: draft.namespace, name) == nil { return name }
    }
    throw .alreadyExists(draft.served.requestID, prefix)
  }

  /// What must not change stays, and somebody who wrote in between is noticed.
  func continueMetadata(_ draft: inout Draft, _ old: StoredObject) throws(APIError) {
    var metadata = draft.tree.take(.metadata)
    if !metadata.isObject { metadata = .object([]) }
    defer { draft.tree.put(.metadata, metadata) }
    let before = old.tree[.metadata]
    let preconditions = Preconditions(uid: metadata[.uid].string, resourceVersion: metadata[.resourceVersion].string)
    try preconditions.checkUnmodified(old, draft.served.requestID)
    for key in [
      Key.resourceVersion, .uid, .creationTimestamp, .deletionTimestamp, .deletionGracePeriodSeconds, .generation, .generateName,
    ] {
      metadata.put(key, before[key])
    }
    metadata.remove(.selfLink)
    if metadata[.namespace].isNull { metadata.put(.namespace, before[.namespace]) }
    if metadata[.name].isNull { metadata.put(.name, before[.name]) }
    if !draft.isApplied {
      metadata.put(.managedFields, FieldOwnership.kept(metadata[.managedFields], before: before[.managedFields]))
    }
  }

  /// A document is about the object that the request names.
  func checkName(_ tree: JSON, _ key: ObjectKey) throws(APIError) {
    let name = tree[.metadata][.name].string ?? ""
    guard name == key.name else {
      throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(key.name))")
    }
    if let namespace = tree[.metadata][.namespace].string, !namespace.isEmpty, namespace != key.namespace {
      throw .badRequest(
        "the namespace of the object (\(namespace)) does not match the namespace on the request (\(key.namespace))")
    }
  }
}

extension Preconditions {
  /// For what replaces an object: it is the one that was read, and nobody has written it since.
  /// Source of the order: GuaranteedUpdate, k8s.io/apiserver/pkg/storage/etcd3/store.go, v1.36.
  func checkUnmodified(_ object: StoredObject, _ resource: ResourceID) throws(APIError) {
    if let uid, !uid.isEmpty { try check(uid: uid, object, resource) }
    if let resourceVersion, !resourceVersion.isEmpty, resourceVersion != "0", resourceVersion != String(object.revision) {
      throw .modified(resource, object.key.name)
    }
  }

  /// For what deletes an object: upstream names the kind in the place of the resource.
  func check(_ object: StoredObject, _ kind: String) throws(APIError) {
    let resource = ResourceID(object.key.resource.group, kind)
    if let uid { try check(uid: uid, object, resource) }
    if let resourceVersion, resourceVersion != String(object.revision) {
      throw .conflict(
        resource, object.key.name,
        "Precondition failed: ResourceVersion in precondition: \(resourceVersion), ResourceVersion in object meta: \(object.revision)"
      )
    }
  }

  private func check(uid: String, _ object: StoredObject, _ resource: ResourceID) throws(APIError) {
    if uid == object.uid { return }
    throw .conflict(
      resource, object.key.name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
  }
}
