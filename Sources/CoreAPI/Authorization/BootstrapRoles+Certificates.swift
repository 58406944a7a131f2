import CoreObjects

/// Roles about requests for certificates. Source of names and rules: as of the others.
extension BootstrapRoles {
  private static let requests = "certificatesigningrequests"

  static var certificateRoles: [JSON] {
    let signers = CertificateSigner.allCases.map(\.rawValue)
    let approvers = CertificateSigner.allCases.map { signer in
      let name = String(signer.rawValue.drop { $0 != "/" }.dropFirst())
      return role(
        "system:certificates.k8s.io:\(name)-approver",
        [rule([CertificateSigner.group], ["signers"], ["approve"], names: [signer.rawValue])])
    }
    // Whoever may create these subresources, which nobody serves, has such requests approved.
    let clients = ["nodeclient", "selfnodeclient"].map { name in
      role(
        "system:certificates.k8s.io:\(requests):\(name)",
        [rule([CertificateSigner.group], ["\(requests)/\(name)"], ["create"])])
    }
    let controller = role(
      "system:controller:certificate-controller",
      [
        rule([CertificateSigner.group], [requests], ["delete"] + read),
        rule([CertificateSigner.group], ["\(requests)/approval", "\(requests)/status"], ["update"]),
        rule([CertificateSigner.group], ["signers"], ["approve"], names: [CertificateSigner.kubeletClient.rawValue]),
        rule([CertificateSigner.group], ["signers"], ["sign"], names: signers),
        rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
        rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]),
      ])
    let bootstrapper = role(
      "system:node-bootstrapper", [rule([CertificateSigner.group], [requests], ["create"] + read)])
    return approvers + clients + [controller, bootstrapper]
  }
}
