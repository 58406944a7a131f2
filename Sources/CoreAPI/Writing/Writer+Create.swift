import CoreObjects

extension Writer {
  /// The row of a new object that somebody sent.
  mutating func create(
    _ resource: ResourceID, _ namespace: String, _ document: consuming Document, _ actor: Actor, _ now: Instant
  ) throws(APIError) -> Written {
    var draft = try draft(resource, namespace: namespace, by: actor, at: now)
    try document.decode(into: &draft)
    return try create(&draft)
  }

  /// The row of every new object, once it is decoded.
  mutating func create(_ draft: inout Draft) throws(APIError) -> Written {
    try beginMetadata(&draft)
    try admitNamespace(draft)
    warnOfLimits(&draft)
    setDefaults(&draft)
    try admitCreate(&draft)
    try mutateByPolicies(&draft, .create)
    try prepareCreate(&draft)
    try checkLimits(draft)
    try checkOverhead(draft)
    if store.get(draft.key) != nil { throw .alreadyExists(draft.served.requestID, draft.name) }
    try checkEscalation(draft)
    try checkSigner(draft)
    try judgeByPolicies(&draft, .create)
    try chargeQuotas(draft)
    if !draft.actor.isProgram { draft.warnings += draft.served.resource.warnings(draft.tree) }
    writeZeros(&draft)
    FieldOwnership.record(&draft)
    return Written(object: put(&draft), warnings: draft.warnings)
  }

  /// The row of an event of the control plane's own: nothing is left to do but to see that its namespace is there.
  mutating func create(_ event: consuming Event, _ now: Instant) throws(APIError) -> Written {
    let key = ObjectKey(.events, of: event.tree)
    try admitNamespace(key.namespace, .events, key.name)
    if store.get(key) != nil { throw .alreadyExists(.events, key.name) }
    // It has neither yet; it is created when it happens.
    var metadata = event.tree.take(.metadata).members
    metadata.reserveCapacity(metadata.count + 3)
    metadata.append(Member(key: .uid, value: .string(random.uid())))
    metadata.append(Member(key: .creationTimestamp, value: .string(now.rfc3339)))
    event.tree.put(.metadata, .object(metadata))
    // Moved, so that the store need not copy it to number it.
    var tree = JSON.null
    swap(&tree, &event.tree)
    return Written(object: put(key, consume tree))
  }
}
