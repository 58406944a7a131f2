import CoreObjects

/// A wish for a certificate of the cluster's own authority.
struct CertificateSigningRequestResource: Resource {
  let definition = ResourceDefinition(
    id: .certificateSigningRequests, kind: "CertificateSigningRequest", isNamespaced: false, shortNames: ["csr"], hasStatus: true,
    subresources: [Subresource(name: "approval", kind: "CertificateSigningRequest", verbs: ["get", "patch", "update"])],
    columns: [.name, .age, "SignerName", "Requestor", "RequestedDuration", "Condition"],
    selectable: ["spec.signerName": { $0[.spec][.signerName] }], nameRule: .pathSegment)

  /// Who asks is what the server knows, not what the request says. Source: pkg/registry/certificates/certificates/strategy.go, v1.36.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object.remove(.status)
    guard object[.spec].isObject else { return }
    let user = context.caller.map(APIServer.tree) ?? .null
    for key in [Key.username, .uid, .groups, .extra] { object[.spec].put(key, user[key]) }
  }

  /// Nothing but the metadata changes.
  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    for key in [Key.spec, .status] { object.put(key, old[key]) }
  }

  /// An approval changes conditions, and nothing else.
  func prepareForStatusUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) {
    var result = old
    var status = object[.status]
    if context.scope == .approval {
      let conditions = status[.conditions]
      status = old[.status]
      status.put(.conditions, conditions)
    }
    completeStatus(&status, old: old[.status], at: context.now)
    result.put(.status, status)
    result.put(.metadata, object[.metadata])
    object = result
  }

  /// Conditions have times: those that they are given, or now.
  func completeStatus(_ status: inout JSON, old: JSON, at now: Instant) {
    let time = JSON.string(now.rfc3339)
    for index in status[.conditions].elements.indices {
      let condition = status[.conditions][index]
      let before = old[.conditions].elements.first { $0[.type] == condition[.type] } ?? .null
      if condition[.lastUpdateTime].isNull { status[.conditions][index].put(.lastUpdateTime, time) }
      guard condition[.lastTransitionTime].isNull else { continue }
      let isSame = before[.status] == condition[.status] && !before[.lastTransitionTime].isNull
      status[.conditions][index].put(.lastTransitionTime, isSame ? before[.lastTransitionTime] : time)
    }
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    // It never changes, and was found valid when it was made.
    context.store.get(ObjectKey(.certificateSigningRequests, of: object)) == nil
      ? CertificateRequestRules.validate(CertificateSigningRequest(tree: object).spec, context) : []
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    CertificateRequestRules.validateStatus(object[.status], old: old[.status], context.scope)
  }

  /// Source: printCertificateSigningRequest.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let (spec, status) = (object[.spec], object[.status])
    let types = status[.conditions].elements.compactMap { $0[.type].string }
    var state = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
    if types.contains("Failed") { state += ",Failed" }
    if !(status[.certificate].string ?? "").isEmpty { state += ",Issued" }
    let seconds = spec[.expirationSeconds].int.map { HumanDuration.text(.seconds($0)) }
    return [
      TableCells.name(object), TableCells.age(object, now), .string(spec[.signerName].string ?? "<none>"),
      .string(spec[.username].string ?? ""), .string(seconds ?? "<none>"), .string(state),
    ]
  }
}
