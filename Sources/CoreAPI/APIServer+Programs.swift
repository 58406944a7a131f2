package import CoreJSON
package import CoreStore
package import CoreTypes

/// The verbs as the engine uses them for controllers and nodes: the way of a client's request, without transport and authorisation.
extension APIServer {
  private func served(_ id: ResourceID) throws(APIError) -> ServedResource {
    guard let served = table.find(id) else { throw .noSuchResource }
    return served
  }

  private func options(_ user: UserInfo, _ now: Instant) -> WriteOptions { WriteOptions(program: user, now: now) }

  private func decoded(
    _ tree: JSON, known: JSON = .null, _ served: ServedResource, _ options: WriteOptions
  ) throws(APIError) -> JSON {
    var warnings: [String] = []
    return try decode(tree, duplicates: [], known: known, served, options, &warnings)
  }

  @discardableResult
  package mutating func create(
    _ id: ResourceID, namespace: String, tree: JSON, user: UserInfo, at now: Instant
  ) throws(APIError) -> StoredObject {
    let served = try served(id)
    let options = options(user, now)
    var warnings: [String] = []
    return try insert(served, namespace: namespace, tree: try decoded(tree, served, options), options, &warnings)
  }

  /// An event that the control plane's own recorder made: its form is right and its name is new, so that nothing is left to admit
  /// but its namespace.
  package mutating func createEvent(_ event: consuming Event) throws(APIError) -> StoredObject {
    let key = ObjectKey(
      .events, namespace: event.tree[.metadata][.namespace].string ?? "", event.tree[.metadata][.name].string ?? "")
    try admitNamespace(key.namespace, .events, key.name)
    if store.get(key) != nil { throw .alreadyExists(.events, key.name) }
    // It has neither yet; it is created when it happens.
    var metadata = event.tree.take(.metadata).members
    metadata.reserveCapacity(metadata.count + 3)
    metadata.append(Member(key: .uid, value: .string(random.uid())))
    metadata.append(Member(key: .creationTimestamp, value: event.tree[.firstTimestamp]))
    event.tree.put(.metadata, .object(metadata))
    // Moved, so that the store need not copy it to number it.
    var tree = JSON.null
    swap(&tree, &event.tree)
    return put(key, consume tree)
  }

  @discardableResult
  package mutating func update(_ id: ResourceID, tree: JSON, user: UserInfo, at now: Instant) throws(APIError) -> StoredObject {
    let served = try served(id)
    let options = options(user, now)
    let old = try stored(id, tree)
    var warnings: [String] = []
    return try replace(served, old, with: try decoded(tree, known: old.tree, served, options), options, &warnings)
  }

  /// Replaces the status and nothing else.
  @discardableResult
  package mutating func updateStatus(_ id: ResourceID, tree: JSON, user: UserInfo, at now: Instant) throws(APIError)
    -> StoredObject
  {
    let served = try served(id)
    let old = try stored(id, tree)
    if let version = tree[.metadata][.resourceVersion].string, !version.isEmpty, version != "0", version != String(old.revision) {
      throw .modified(served.requestID, old.key.name)
    }
    return try replaceStatus(served, old, with: tree[.status], options(user, now))
  }

  private func stored(_ id: ResourceID, _ tree: JSON) throws(APIError) -> StoredObject {
    let metadata = tree[.metadata]
    let name = metadata[.name].string ?? ""
    guard let old = store.get(id, namespace: metadata[.namespace].string ?? "", name) else { throw .notFound(id, name) }
    if let uid = metadata[.uid].string, !uid.isEmpty, uid != old.uid {
      throw .conflict(
        id, name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
    }
    return old
  }

  /// A merge patch of the object ("") or of its status, scale or finalize.
  @discardableResult
  package mutating func patch(
    _ key: ObjectKey, subresource: String, merge: JSON, user: UserInfo, at now: Instant
  ) throws(APIError) -> StoredObject {
    let served = try served(key.resource)
    var options = options(user, now)
    options.subresource = subresource
    guard let old = store.get(key) else { throw .notFound(key.resource, key.name) }
    var warnings: [String] = []
    switch subresource {
    case "scale":
      var scale = APIServer.scale(of: old)
      scale.merge(merge)
      return try writeScale(scale, old, served, options, &warnings)
    case "finalize":
      var tree = old.tree
      tree.merge(merge)
      return try finalize(served, old, finalizers: tree[.spec][.finalizers], options)
    case "status":
      var status = old.tree[.status]
      status.merge(merge[.status])
      return try replaceStatus(served, old, with: status, options)
    case "":
      var tree = old.tree
      tree.merge(merge)
      return try replace(served, old, with: try decoded(tree, known: old.tree, served, options), options, &warnings)
    default: throw .noSuchResource
    }
  }

  /// `uid` is a precondition unless empty; nil propagation is the kind's default.
  package mutating func delete(
    _ key: ObjectKey, uid: String, graceSeconds: Int?, propagation: String?, user: UserInfo, at now: Instant
  ) throws(APIError) {
    let served = try served(key.resource)
    guard let object = store.get(key) else { throw .notFound(key.resource, key.name) }
    var deletion = Deletion(options(user, now))
    if !uid.isEmpty { deletion.uid = uid }
    deletion.graceSeconds = graceSeconds
    deletion.propagation = propagation
    _ = try erase(object, served, deletion)
  }

  package mutating func bind(pod: ObjectKey, uid: String, node: String, user: UserInfo, at now: Instant) throws(APIError) {
    try bind(pod, uid: uid, node: node, options(user, now))
  }
}
