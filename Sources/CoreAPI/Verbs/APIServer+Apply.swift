import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// PATCH with application/apply-patch+yaml: the client says what it wants of an object and owns what it says.
/// Source: apimachinery/pkg/util/managedfields and structured-merge-diff v6 merge, v1.36.
extension APIServer {
  mutating func apply(
    _ patch: JSON, _ duplicates: [String], _ call: Call, _ given: WriteOptions
  ) throws(APIError) -> APIResponse {
    var options = given
    guard let name = call.query["fieldManager"], !name.isEmpty else {
      throw .badRequest("parameter fieldManager is required for server-side apply")
    }
    guard patch[.metadata][.managedFields].isNull else { throw .badRequest("metadata.managedFields must not be set in an apply") }
    if call.query["fieldValidation"] == nil { options.fieldValidation = .strict }
    options.keepsManagedFields = true
    var warnings: [String] = []
    var configuration = try decode(patch, duplicates: duplicates, call.served, options, &warnings)
    if configuration[.metadata][.name].isNull { configuration[.metadata].put(.name, .string(call.info.pathName)) }
    try APIServer.checkName(configuration, call)
    guard let type = Schema.shared.type(call.served.storage.typeName) else {
      throw .internalError("no schema for \(call.served.storage.typeName)")
    }
    let manager = ManagedFields.Manager(name: name, isApply: true, subresource: options.subresource)
    let wanted = FieldOwnership.scoped(Schema.shared.fieldSet(of: configuration, type), options.subresource)
    guard let old = store.get(call.key) else {
      return try applyNew(configuration, manager, wanted, call, options, &warnings)
    }
    var managed = ManagedFields(old.tree[.metadata][.managedFields]) ?? ManagedFields()
    if managed.entries.isEmpty { managed = firstApply(old.tree, type, call.served) }
    let live = FieldOwnership.plain(old.tree)
    var tree = Schema.shared.applied(configuration, to: live, type)
    let gone = managed[manager].subtracting(wanted).subtracting(managed.others(than: manager))
    if !gone.isEmpty {
      tree = Schema.shared.removing(gone, keeping: managed.others(than: manager).union(wanted), from: tree, type)
    }
    let (changed, removed) = Schema.shared.difference(from: live, to: tree, type)
    let written = FieldOwnership.scoped(changed, options.subresource)
    if call.query.flag("force") != true { try checkConflicts(written, manager, managed, old.tree, type, call) }
    managed.take(written, for: manager)
    managed.forget(removed)
    managed.set(manager, wanted, apiVersion: call.served.version.apiVersion, time: call.now.rfc3339)
    tree[.metadata].put(.managedFields, managed.tree)
    let object = try replace(call.served, old, with: tree, options, &warnings)
    return try respond(object, call, warnings: warnings)
  }

  /// What is not there is made, for who may create it.
  private mutating func applyNew(
    _ configuration: JSON, _ manager: ManagedFields.Manager, _ wanted: FieldSet, _ call: Call, _ options: WriteOptions,
    _ warnings: inout [String]
  ) throws(APIError) -> APIResponse {
    guard options.subresource.isEmpty else { throw .notFound(call.served.requestID, call.info.pathName) }
    guard (configuration[.metadata][.uid].string ?? "").isEmpty else {
      throw .conflict(call.served.requestID, call.info.pathName, "uid mismatch: the object was deleted")
    }
    let access = Access(
      verb: "create", group: call.info.group, resource: call.info.resource, subresource: "", name: call.info.pathName)
    try authorize(access, in: call.namespace, call.user)
    var managed = ManagedFields()
    managed.set(manager, wanted, apiVersion: call.served.version.apiVersion, time: call.now.rfc3339)
    var tree = configuration
    tree[.metadata].put(.managedFields, managed.tree)
    let object = try insert(call.served, namespace: call.namespace, tree: tree, options, &warnings)
    return try respond(object, call, status: 201, warnings: warnings)
  }

  /// All that is there belongs to one manager of updates. Source: skipnonapplied.go, v1.36.
  private func firstApply(_ tree: JSON, _ type: TypeSchema, _ served: ServedResource) -> ManagedFields {
    var managed = ManagedFields()
    let set = Schema.shared.fieldSet(of: FieldOwnership.plain(tree), type).subtractingTrees(FieldOwnership.unowned)
    managed.set(
      ManagedFields.Manager(name: ManagedFields.beforeFirstApply, isApply: false), set, apiVersion: served.storage.apiVersion,
      time: tree[.metadata][.creationTimestamp].string ?? "")
    return managed
  }

  private func checkConflicts(
    _ written: FieldSet, _ manager: ManagedFields.Manager, _ managed: ManagedFields, _ live: JSON, _ type: TypeSchema,
    _ call: Call
  ) throws(APIError) {
    var causes: [APIError.Cause] = []
    let own = lastApplied(live, manager, type, call)
    for entry in managed.entries where entry.manager != manager {
      var conflicts = entry.set.intersection(written)
      if entry.manager.name == ManagedFields.beforeFirstApply { conflicts = conflicts.subtracting(own) }
      for path in conflicts.paths {
        let text = "conflict with \(entry.manager.text) using \(entry.apiVersion)"
        causes.append(APIError.Cause(reason: "FieldManagerConflict", message: text, field: path))
      }
    }
    if causes.isEmpty { return }
    let list = causes.prefix(16).map { "\($0.message): \($0.field)" }.joined(separator: "; ")
    let count = causes.count == 1 ? "1 conflict" : "\(causes.count) conflicts"
    var error = APIError(code: 409, reason: "Conflict", message: "Apply failed with \(count): \(list)")
    error.causes = causes
    throw error
  }

  /// What kubectl applied itself before it applied here: no conflict with itself. Source: lastappliedmanager.go, v1.36.
  private func lastApplied(_ live: JSON, _ manager: ManagedFields.Manager, _ type: TypeSchema, _ call: Call) -> FieldSet {
    guard manager.name == "kubectl",
      let text = live[.metadata][.annotations]["kubectl.kubernetes.io/last-applied-configuration"].string,
      let tree = try? JSONParser.parse(text)
    else { return FieldSet() }
    return Schema.shared.fieldSet(of: tree, type)
  }
}
