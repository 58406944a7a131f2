import CoreObjects

/// PATCH with application/apply-patch+yaml: the client says what it wants of an object and owns what it says.
/// Source: apimachinery/pkg/util/managedfields and structured-merge-diff v6 merge, v1.36.
extension Writer {
  /// The row of an apply: the configuration is laid over the object, then takes the way of a new one or of a change.
  mutating func apply(
    _ key: ObjectKey, _ wanted: consuming ServerSideApply, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    guard wanted.document.tree[.metadata][.managedFields].isNull else {
      throw .badRequest("metadata.managedFields must not be set in an apply")
    }
    var draft = try draft(key.resource, namespace: key.namespace, wanted.scope, by: actor, at: now)
    draft.isApplied = true
    if wanted.scope == .scale { return try scale(&draft, key, wanted) }
    let configuration = wanted.document.tree
    try wanted.document.decode(into: &draft)
    if let type = draft.schema, let path = Schema.shared.repetition(in: draft.tree, type) {
      throw .unknown("the patch has no type: \(path) has an element twice")
    }
    if draft.tree[.metadata][.name].isNull { draft.tree[.metadata].put(.name, .string(key.name)) }
    try checkName(draft.tree, key)
    draft.old = store.get(key)
    if let old = draft.old, isThere(draft, in: old.tree, configuration, wanted) {
      draft.tree = old.tree
      warnOfChange(&draft, old)
      return Written(object: old, warnings: draft.warnings)
    }
    try merge(&draft, wanted)
    keepLastApplied(&draft, configuration, wanted.manager)
    return try replace(&draft)
  }

  /// The number in a Scale belongs to who applies it, as a field of the object that is scaled.
  private mutating func scale(_ draft: inout Draft, _ key: ObjectKey, _ wanted: ServerSideApply) throws(APIError) -> Written {
    var warnings: [String] = []
    var scale = try ScaleSubresource.decoded(wanted.document, draft.actor.fieldValidation, &warnings)
    draft.warnings = warnings
    if scale[.metadata][.name].isNull { scale[.metadata].put(.name, .string(key.name)) }
    try checkName(scale, key)
    let paths = store.scalePaths(of: key.resource)
    let checked = try ScaleSubresource.applied(scale, to: try find(key, &draft), paths)[.metadata]
    let replicas = scale[.spec][.replicas]
    draft.tree = [:]
    if !replicas.isNull { draft.tree.put(replicas, at: paths.wanted) }
    try merge(&draft, wanted)
    // A Scale without the number wants none.
    if draft.tree.value(at: paths.wanted).isNull { draft.tree.put(0, at: paths.wanted) }
    for key in [Key.uid, .resourceVersion] { draft.tree[.metadata].put(key, checked[key]) }
    return try replace(&draft)
  }

  private static func manager(_ wanted: ServerSideApply) -> ManagedFields.Manager {
    ManagedFields.Manager(name: wanted.manager, isApply: true, subresource: wanted.scope.rawValue)
  }

  private static func fields(_ draft: Draft, _ type: TypeSchema) -> FieldSet {
    FieldOwnership.scoped(Schema.shared.fieldSet(of: draft.tree, type), draft.scope)
  }

  /// Whether all that is applied is as it was applied before: then no later stage has anything to do. Most applies are like this.
  private func isThere(_ draft: Draft, in old: JSON, _ configuration: JSON, _ wanted: ServerSideApply) -> Bool {
    guard let type = draft.schema,
      let owned = ManagedFields.fieldsV1(
        of: Writer.manager(wanted), draft.served.version.apiVersion, in: old[.metadata][.managedFields]),
      owned == Writer.fields(draft, type).fieldsV1.encoded()
    else { return false }
    var draft = draft
    let live = FieldOwnership.plain(old)
    draft.tree = Schema.shared.applied(draft.tree, to: live, type)
    keepLastApplied(&draft, configuration, wanted.manager)
    return draft.tree == live
  }

  /// Lays the configuration in the draft over the present object, and says in managedFields who owns what then.
  private func merge(_ draft: inout Draft, _ wanted: ServerSideApply) throws(APIError) {
    guard let type = draft.schema else { throw .internalError("no schema for \(draft.served.storage.typeName)") }
    let manager = Writer.manager(wanted)
    let fields = Writer.fields(draft, type)
    var managed = ManagedFields()
    if let old = draft.old {
      managed = ManagedFields(old.tree[.metadata][.managedFields]) ?? ManagedFields()
      if managed.entries.isEmpty { managed = firstApply(old.tree, type, draft.served) }
      let live = FieldOwnership.plain(old.tree)
      draft.tree = Schema.shared.applied(draft.tree, to: live, type)
      let others = managed.others(than: manager)
      let gone = managed[manager].subtracting(fields).subtracting(others)
      if !gone.isEmpty { draft.tree = Schema.shared.removing(gone, keeping: others.union(fields), from: draft.tree, type) }
      let (changed, removed) = Schema.shared.difference(from: live, to: draft.tree, type)
      let written = FieldOwnership.scoped(changed, wanted.scope)
      if !wanted.isForced { try checkConflicts(written, manager, managed, old.tree, type, wanted.scope) }
      managed.transfer(written, to: manager)
      managed.remove(removed)
    } else {
      guard wanted.scope == .object else { throw .notFound(draft.served.requestID, draft.name) }
      guard (draft.tree[.metadata][.uid].string ?? "").isEmpty else {
        throw .conflict(draft.served.requestID, draft.name, "uid mismatch: the object was deleted")
      }
    }
    managed.set(manager, fields, apiVersion: draft.served.version.apiVersion, time: draft.now.rfc3339)
    draft.tree[.metadata].put(.managedFields, managed.tree)
  }

  /// What kubectl applied by itself belongs to the manager whose fields it takes over when it applies here; all else that is there
  /// belongs to one manager of updates. Source: skipnonapplied.go, and csaupgrade of client-go, v1.36.
  private func firstApply(_ tree: JSON, _ type: TypeSchema, _ served: ServedResource) -> ManagedFields {
    var managed = ManagedFields()
    let all = Schema.shared.fieldSet(of: FieldOwnership.plain(tree), type).subtractingTrees(FieldOwnership.unowned)
    var applied = lastApplied(tree, type).intersection(all)
    if !applied.isEmpty { applied = applied.union(Writer.lastAppliedField) }
    for (name, fields) in [(ManagedFields.clientSideApply, applied), (ManagedFields.beforeFirstApply, all.subtracting(applied))] {
      managed.set(
        ManagedFields.Manager(name: name, isApply: false), fields, apiVersion: served.storage.apiVersion,
        time: tree[.metadata][.creationTimestamp].string ?? "")
    }
    return managed
  }

  /// Source of the form: NewConflictError, managedfields/internal/conflict.go, v1.36.
  private func checkConflicts(
    _ written: FieldSet, _ manager: ManagedFields.Manager, _ managed: ManagedFields, _ live: JSON, _ type: TypeSchema,
    _ scope: WriteScope
  ) throws(APIError) {
    var causes: [APIError.Cause] = []
    var lists: [String] = []
    // No conflict with itself.
    let own = manager.name == Writer.kubectl ? lastApplied(live, type) : FieldSet()
    var entries = managed.entries
    // To a Scale the fields of others are fields of a Scale.
    if scope == .scale { for index in entries.indices { entries[index].apiVersion = "autoscaling/v1" } }
    for entry in entries.sorted(by: { $0.text < $1.text }) where entry.manager != manager {
      let paths = entry.set.intersection(written).subtracting(own).paths
      causes += paths.map { .init(reason: "FieldManagerConflict", message: "conflict with \(entry.text)", field: $0) }
      if !paths.isEmpty { lists.append("conflicts with \(entry.text):\n" + paths.map { "- " + $0 }.joined(separator: "\n")) }
    }
    guard let first = causes.first else { return }
    let text =
      causes.count == 1
      ? "1 conflict: \(first.message): \(first.field)" : "\(causes.count) conflicts: " + lists.joined(separator: "\n")
    var error = APIError(code: 409, reason: "Conflict", message: "Apply failed with " + text)
    error.causes = causes
    throw error
  }

  private static let lastAppliedKey = Key("kubectl.kubernetes.io/last-applied-configuration")
  /// Whose configuration the annotation holds.
  private static let kubectl = "kubectl"

  private static let lastAppliedField: FieldSet = {
    var annotations = FieldSet()
    annotations["f:" + lastAppliedKey.name] = .leaf
    var metadata = FieldSet()
    metadata["f:annotations"] = annotations
    var all = FieldSet()
    all["f:metadata"] = metadata
    return all
  }()

  /// What kubectl applied itself before it applied here, as far as it is still so. Source: lastappliedmanager.go, v1.36.
  private func lastApplied(_ live: JSON, _ type: TypeSchema) -> FieldSet {
    guard let text = live[.metadata][.annotations][Writer.lastAppliedKey].string, let tree = try? JSONParser.parse(text) else {
      return FieldSet()
    }
    let (set, removed) = Schema.shared.difference(from: tree, to: live, type)
    return Schema.shared.fieldSet(of: tree, type).subtracting(set).subtracting(removed)
  }

  /// Where kubectl applied by itself before, its annotation follows what it applies here: if it applies by itself again, it knows
  /// what to take away. Source: lastappliedupdater.go, v1.36.
  private func keepLastApplied(_ draft: inout Draft, _ configuration: consuming JSON, _ manager: String) {
    guard manager == Writer.kubectl, !draft.tree[.metadata][.annotations][Writer.lastAppliedKey].isNull else { return }
    configuration[.metadata].remove(.managedFields)
    if configuration[.metadata][.annotations].isObject { configuration[.metadata][.annotations].remove(Writer.lastAppliedKey) }
    if configuration[.metadata][.annotations].members.isEmpty { configuration[.metadata].remove(.annotations) }
    draft.tree[.metadata][.annotations].put(Writer.lastAppliedKey, .string(configuration.description + "\n"))
  }
}
