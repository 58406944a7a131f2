import CoreObjects

extension Writer {
  /// The row of a whole object, or of what a request for its status sends.
  mutating func replace(
    _ key: ObjectKey, _ document: consuming Document, _ scope: WriteScope, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    var draft = try draft(key.resource, namespace: key.namespace, scope, by: actor, at: now)
    // A client first hears what is wrong with its body.
    if actor.isProgram { try find(key, &draft) }
    try document.decode(into: &draft)
    try checkName(draft.tree, key)
    try find(key, &draft)
    return try replace(&draft)
  }

  /// The row of every change of a present object, once it is decoded: PUT, PATCH, apply, status, scale, finalize.
  mutating func replace(_ draft: inout Draft) throws(APIError) -> Written {
    guard let old = draft.old else { return try create(&draft) }
    try continueMetadata(&draft, old)
    warnOfLimits(&draft)
    setDefaults(&draft)
    admitReplace(&draft, old)
    try mutateByPolicies(&draft, .update)
    try prepareReplace(&draft, old)
    if draft.resource == .persistentVolumeClaims || draft.scope == .resize { try checkLimits(draft) }
    try checkEscalation(draft)
    try checkSigner(draft)
    try judgeByPolicies(&draft, .update)
    warnOfChange(&draft, old)
    writeZeros(&draft)
    FieldOwnership.record(&draft)
    if Writer.isSame(draft.tree, old.tree) { return Written(object: old, warnings: draft.warnings) }
    try chargeQuotas(draft)
    let stored = put(&draft)
    if draft.actor.isDryRun { return Written(object: stored, warnings: draft.warnings) }
    return Written(object: finishDeletion(stored) ?? stored, warnings: draft.warnings)
  }

  /// Pods are changed by programs, and of other kinds only what is said anew is worth a warning.
  func warnOfChange(_ draft: inout Draft, _ old: StoredObject) {
    guard !draft.actor.isProgram, draft.scope == .object, draft.resource != .pods else { return }
    let resource = draft.served.resource
    if resource.definition.template == nil || draft.tree[.spec] != old.tree[.spec] {
      draft.warnings += resource.warnings(draft.tree)
    }
  }

  /// Of what a client says itself, before anything is filled in.
  func warnOfLimits(_ draft: inout Draft) {
    guard !draft.actor.isProgram, !draft.scope.isOfStatus, let type = draft.schema else { return }
    draft.warnings += Schema.shared.limits(draft.tree, type, old: draft.old?.tree ?? .null)
  }

  /// The row of the control plane's own statuses: metadata and spec stay as they are stored, and are not looked at again.
  mutating func replaceStatus(
    _ key: ObjectKey, _ given: JSON, _ preconditions: Preconditions, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    var (draft, old) = try draft(of: key, .status, by: actor, at: now)
    try preconditions.checkUnmodified(old, draft.served.requestID)
    if given == old.tree[.status] { return Written(object: old) }
    var status = given
    if configuration.trustsOwnWrites {
      writeZeros(ofStatus: &status, draft)
      assert((try? judged(status, draft, old)) == status, "\(old.key): \(status)")
    } else {
      status = try judged(status, draft, old)
    }
    draft.served.resource.completeStatus(&status, old: old.tree[.status], at: now)
    if status == old.tree[.status] { return Written(object: old) }
    draft.tree.put(.status, status)
    draft.old = old
    try judgeByPolicies(&draft, .update)
    FieldOwnership.record(&draft)
    return Written(object: put(&draft))
  }

  /// The row of a Scale: the number in it takes the way of a whole object.
  mutating func scale(
    _ key: ObjectKey, _ document: consuming Document, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    var draft = try draft(key.resource, namespace: key.namespace, .scale, by: actor, at: now)
    let scale = try ScaleSubresource.decoded(document, actor.fieldValidation, &draft.warnings)
    try checkName(scale, key)
    draft.tree = try ScaleSubresource.applied(scale, to: try find(key, &draft), store.scalePaths(of: key.resource))
    return try replace(&draft)
  }

  /// The row of namespaces/finalize: the only way to take "kubernetes" out of spec.finalizers.
  mutating func finalize(
    _ key: ObjectKey, _ document: consuming Document, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    var draft = try draft(key.resource, namespace: key.namespace, .finalize, by: actor, at: now)
    try document.decode(into: &draft)
    try checkName(draft.tree, key)
    let finalizers = draft.tree[.spec][.finalizers]
    draft.tree = try find(key, &draft).tree
    draft.tree[.spec].put(.finalizers, finalizers.elements.isEmpty ? .null : finalizers)
    if draft.tree[.spec].isNull { draft.tree.put(.spec, .object([])) }
    return try replace(&draft)
  }

  /// Once nothing holds a terminating object any more it goes. Source: ShouldDeleteDuringUpdate, registry/generic/registry/store.go.
  private mutating func finishDeletion(_ object: StoredObject) -> StoredObject? {
    let metadata = object.metadata
    guard metadata.deletionTimestamp != nil, metadata.finalizers.isEmpty, (metadata.deletionGracePeriodSeconds ?? 0) == 0 else {
      return nil
    }
    if object.key.resource == .namespaces, !object.tree[.spec][.finalizers].elements.isEmpty { return nil }
    return remove(object.key)
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
