import CoreObjects

/// Who may decide about requests for certificates, and what may not be asked for at all.
/// Source: plugin/pkg/admission/certificates (approval, signing, subjectrestriction), v1.36.
extension Writer {
  func checkSigner(_ draft: Draft) throws(APIError) {
    guard draft.resource == .certificateSigningRequests, case .client(let client) = draft.actor else { return }
    let name = draft.tree[.spec][.signerName].string ?? ""
    switch draft.scope {
    case .approval: try check(client.user, "approve", signer: name, draft)
    case .status: if Writer.signs(draft) { try check(client.user, "sign", signer: name, draft) }
    case .object where draft.old == nil: try checkSubject(draft, signer: name)
    default: return
    }
  }

  /// Whether the draft brings the certificate, or says that there will be none.
  private static func signs(_ draft: Draft) -> Bool {
    func failed(_ tree: JSON) -> JSON { tree[.status][.conditions].elements.first { $0[.type] == "Failed" } ?? .null }
    guard let old = draft.old?.tree else { return false }
    return draft.tree[.status][.certificate] != old[.status][.certificate] || failed(draft.tree) != failed(old)
  }

  /// A right for one signer, or for all of its domain.
  private func check(_ user: Caller, _ verb: String, signer: String, _ draft: Draft) throws(APIError) {
    let domain = String(signer.prefix { $0 != "/" }) + "/*"
    let mayDo = [signer, domain].contains { name in
      let access = Access(verb: verb, group: draft.resource.group, resource: "signers", name: name)
      return user.isMaster || roles.allows(user, access, in: "")
    }
    if mayDo { return }
    throw .forbidden(
      draft.resource, draft.name, "user \"\(user.name)\" may not \(verb) requests to the signer \"\(signer)\"")
  }

  /// Nobody becomes a master by a certificate.
  private func checkSubject(_ draft: Draft, signer: String) throws(APIError) {
    guard signer == CertificateSigner.client.rawValue, let read = configuration.readCertificateRequest,
      let facts = draft.tree[.spec][.request].string.flatMap({ Base64.decode($0) }).flatMap(read),
      facts.organizations.contains("system:masters")
    else { return }
    throw .forbidden(draft.resource, draft.name, "\(signer) gives nobody a certificate with the group system:masters")
  }
}
