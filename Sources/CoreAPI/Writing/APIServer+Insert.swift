import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// Every creation comes through here: a client's, a controller's, an apply of what is not there yet.
extension APIServer {
  /// As upstream (GenerateName with retries since v1.30).
  private static let generatedNameAttempts = 8

  /// `tree` is of the storage version.
  mutating func insert(
    _ served: ServedResource, namespace: String, tree given: consuming JSON, _ options: WriteOptions, _ warnings: inout [String]
  ) throws(APIError) -> StoredObject {
    var tree = consume given
    try beginMetadata(&tree, served, namespace: namespace, options)
    if served.definition.isNamespaced { try admitNamespace(namespace, served.id, tree[.metadata][.name].string ?? "") }
    setDefaults(&tree, served)
    try admitCreate(&tree, served.id, namespace: namespace, options)
    let errors = try prepareCreate(&tree, served, options)
    let name = tree[.metadata][.name].string ?? ""
    guard errors.isEmpty else {
      throw .invalid(group: served.version.group, kind: served.definition.kind, name: name, errors)
    }
    let key = ObjectKey(served.id, namespace: namespace, name)
    if store.get(key) != nil { throw .alreadyExists(served.requestID, name) }
    if options.checksEscalation { try checkEscalation(served.id, tree, namespace: namespace, options.user) }
    try chargeQuotas(served.id, tree, old: .null, options)
    warnings += served.resource.warnings(tree)
    if !options.keepsManagedFields { FieldOwnership.note(&tree, old: .null, served, options) }
    if options.isDryRun {
      return StoredObject(key: key, uid: tree[.metadata][.uid].string ?? "", revision: 0, tree: tree, encoded: tree.encoded())
    }
    return put(key, tree)
  }

  private mutating func beginMetadata(
    _ tree: inout JSON, _ served: ServedResource, namespace: String, _ options: WriteOptions
  ) throws(APIError) {
    var metadata = tree.take(.metadata)
    if !metadata.isObject { metadata = .object([]) }
    defer { tree.put(.metadata, metadata) }
    if let given = metadata[.namespace].string, !given.isEmpty, given != namespace {
      throw .badRequest("the namespace of the object (\(given)) is not the one of the request (\(namespace))")
    }
    guard (metadata[.resourceVersion].string ?? "").isEmpty else {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    if (metadata[.name].string ?? "").isEmpty, let prefix = metadata[.generateName].string, !prefix.isEmpty {
      metadata.put(.name, .string(try generateName(prefix, served, namespace: namespace)))
    }
    metadata.put(.namespace, namespace.isEmpty ? .null : .string(namespace))
    for key in [Key.resourceVersion, .deletionTimestamp, .deletionGracePeriodSeconds, .selfLink, .generation] {
      metadata.remove(key)
    }
    if !options.keepsManagedFields { metadata.remove(.managedFields) }
    metadata.put(.uid, .string(random.uid()))
    metadata.put(.creationTimestamp, .string(options.now.rfc3339))
  }

  private mutating func generateName(_ prefix: String, _ served: ServedResource, namespace: String) throws(APIError) -> String {
    let base = String(prefix.prefix(58))
    for _ in 0..<APIServer.generatedNameAttempts {
      let name = base + random.suffix()
      if store.get(served.id, namespace: namespace, name) == nil { return name }
    }
    throw .alreadyExists(served.requestID, prefix)
  }

  /// The schema's defaults and those of the kind.
  func setDefaults(_ tree: inout JSON, _ served: ServedResource) {
    if let type = Schema.shared.type(served.storage.typeName) { Schema.shared.setDefaults(&tree, type) }
    served.resource.setDefaults(&tree)
  }

  /// In a function of its own: the context's copy of the store must be gone before the store is written, or the write copies it.
  private mutating func prepareCreate(
    _ tree: inout JSON, _ served: ServedResource, _ options: WriteOptions
  ) throws(APIError) -> [FieldError] {
    let context = WriteContext(
      store: store, now: options.now, user: options.user, randomBits: random.next(), timeZones: configuration.timeZones)
    try served.resource.prepareForCreate(&tree, context)
    var errors = ObjectMetaRules.validate(ObjectMeta(tree: tree[.metadata]), served.definition)
    if !(configuration.trustsOwnWrites && options.isProgram) {
      errors += APIServer.schemaErrors(tree, served)
    } else {
      assert(APIServer.schemaErrors(tree, served).isEmpty, "\(tree)")
    }
    return errors + served.resource.validate(tree, context)
  }

  private static func schemaErrors(_ tree: JSON, _ served: ServedResource) -> [FieldError] {
    Schema.shared.type(served.storage.typeName).map { Schema.shared.validate(tree, $0) } ?? []
  }
}
