import CoreObjects

/// What only a kind does to a write of it (`Resource`), and all rules that the result must keep.
///
/// Functions of their own: a context's copy of the store must be gone before the store is written, or the write copies it.
extension Writer {
  /// - Throws: 422 with all that is wrong
  mutating func prepareCreate(_ draft: inout Draft) throws(APIError) {
    let resource = draft.served.resource
    let context = context(draft, randomBits: random.next())
    dropDisabled(&draft)
    try resource.prepareForCreate(&draft.tree, context)
    var errors = ObjectMetaRules.validate(ObjectMeta(tree: draft.tree[.metadata]), draft.served.definition)
    if configuration.trustsOwnWrites && draft.actor.isProgram {
      assert(draft.schema.map { Schema.shared.validate(draft.tree, $0) } ?? [] == [], "\(draft.tree)")
    } else if let type = draft.schema {
      errors += Schema.shared.validate(draft.tree, type, timeZones: configuration.timeZones)
    }
    errors += resource.validate(draft.tree, context)
    guard errors.isEmpty else { throw draft.invalid(errors) }
  }

  /// - Throws: 422 with all that is wrong
  mutating func prepareReplace(_ draft: inout Draft, _ old: StoredObject) throws(APIError) {
    let resource = draft.served.resource
    let context = context(draft, randomBits: random.next())
    if !draft.scope.isOfStatus { dropDisabled(&draft) }
    switch draft.scope {
    case .object, .scale, .ephemeralContainers, .resize: try resource.prepareForUpdate(&draft.tree, old: old.tree, context)
    case .status, .approval: resource.prepareForStatusUpdate(&draft.tree, old: old.tree, context)
    case .finalize: break
    }
    let metadata = ObjectMeta(tree: draft.tree[.metadata])
    var errors = ObjectMetaRules.validate(metadata, draft.served.definition, old: old.metadata)
    errors += ObjectMetaRules.validateUpdate(metadata, old: old.metadata)
    if draft.scope.isOfStatus {
      if let type = draft.schema {
        errors += Schema.shared.validate(draft.tree, type, ofStatus: true, known: old.tree, timeZones: configuration.timeZones)
      }
      errors += resource.validateStatusUpdate(draft.tree, old: old.tree, context)
    } else {
      if let type = draft.schema {
        errors += Schema.shared.validate(draft.tree, type, known: old.tree, timeZones: configuration.timeZones)
        errors += Schema.shared.validateUpdate(draft.tree, old: old.tree, type)
      }
      // What is as it was stored was found valid then.
      let isJudged = draft.served.definition.isJudgedBySpec && draft.tree[.spec] == old.tree[.spec]
      if !isJudged { errors += resource.validate(draft.tree, context) }
      errors += resource.validateUpdate(draft.tree, old: old.tree, context)
    }
    guard errors.isEmpty else { throw draft.invalid(errors) }
  }

  /// A status as its type wants it.
  /// - Throws: 400 where a value has the wrong type, 422 where one is wrong otherwise
  func judged(_ status: JSON, _ draft: Draft, _ old: StoredObject) throws(APIError) -> JSON {
    var warnings: [String] = []
    let known = JSON.object([Member(key: .status, value: old.tree[.status])])
    var part = try Document(.object([Member(key: .status, value: status)])).decoded(
      as: draft.schema, title: draft.served.definition.kind, known: known, .ignore, &warnings)
    let type = draft.schema
    if let type { Schema.shared.setDefaults(&part, type) }
    var errors = type.map { Schema.shared.validate(part, $0, ofStatus: true, known: known) } ?? []
    var tree = old.tree
    tree.put(.status, part[.status])
    errors += draft.served.resource.validateStatusUpdate(tree, old: old.tree, context(draft, randomBits: 0))
    guard errors.isEmpty else { throw draft.invalid(errors) }
    var judged = part.take(.status)
    writeZeros(ofStatus: &judged, draft)
    return judged
  }

  /// Programs write of features that are off what they have read.
  private func dropDisabled(_ draft: inout Draft) {
    guard !draft.actor.isProgram, let type = draft.schema else { return }
    Schema.shared.dropDisabled(&draft.tree, type, old: draft.old?.tree ?? .null)
  }

  private func context(_ draft: Draft, randomBits: UInt64) -> WriteContext {
    var context = WriteContext(
      store: store, now: draft.now, randomBits: randomBits, timeZones: configuration.timeZones,
      featureGates: configuration.featureGates, addresses: configuration.addresses,
      readCertificateRequest: configuration.readCertificateRequest, scope: draft.scope)
    if case .client(let client) = draft.actor { context.caller = client.user }
    return context
  }
}
