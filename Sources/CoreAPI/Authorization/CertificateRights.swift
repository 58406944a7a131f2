package import CoreObjects

/// What the certificate controller asks of authorization.
package enum CertificateRights {
  /// Whether who asks for a certificate may create this subresource of requests: who may has it without being asked further.
  package static func mayCreate(_ spec: CertificateSigningRequestSpec, _ subresource: String, _ store: Store) -> Bool {
    let user = Caller(name: spec.username ?? "", groups: spec.groups.values)
    let access = Access(
      verb: "create", group: CertificateSigner.group, resource: ResourceID.certificateSigningRequests.name,
      subresource: subresource)
    return user.isMaster || RoleIndex(store).allows(user, access, in: "")
  }
}
