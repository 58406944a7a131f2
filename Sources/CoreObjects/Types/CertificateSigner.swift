/// Those who sign with the cluster's own authority. Source: k8s.io/api/certificates/v1, v0.36.
package enum CertificateSigner: String, Sendable, CaseIterable {
  case client = "kubernetes.io/kube-apiserver-client"
  case kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet"
  case kubeletServing = "kubernetes.io/kubelet-serving"
  /// Of v1beta1: what older clusters have left behind.
  case legacyUnknown = "kubernetes.io/legacy-unknown"

  package static let group = "certificates.k8s.io"
  private static let nodePrefix = "system:node:"
  private static let nodeGroup = "system:nodes"

  /// Why it does not sign such a request; nil where it does.
  /// Source: ValidateKubeletServingCSR and ValidateKubeletClientCSR, pkg/apis/certificates/helpers.go; validAPIServerClientUsages,
  /// pkg/controller/certificates/signer/signer.go, v1.36.
  package func problem(_ facts: CertificateRequestFacts, usages: [String]) -> String? {
    let usages = Set(usages)
    let agreement: Set = ["digital signature", "key encipherment"]
    switch self {
    case .legacyUnknown: return nil
    case .client:
      if let other = usages.subtracting(agreement).subtracting(["client auth"]).sorted().first {
        return "a client's certificate is not for the usage \(other)"
      }
      return usages.contains("client auth") ? nil : "a client's certificate needs the usage client auth"
    case .kubeletClient:
      if facts.organizations != [CertificateSigner.nodeGroup] { return "the organization must be system:nodes and no other" }
      if !facts.commonName.hasPrefix(CertificateSigner.nodePrefix) { return "the common name must begin with system:node:" }
      let names = facts.dnsNames + facts.addresses + facts.emailAddresses + facts.uris
      if !names.isEmpty { return "a node's client certificate has no names besides its subject" }
      return problem(ofUsages: usages, "client auth")
    case .kubeletServing:
      if facts.organizations != [CertificateSigner.nodeGroup] { return "the organization must be system:nodes and no other" }
      if facts.dnsNames.isEmpty, facts.addresses.isEmpty { return "a serving certificate has a DNS name or an address at least" }
      if !facts.emailAddresses.isEmpty || !facts.uris.isEmpty {
        return "a serving certificate has no e-mail addresses and no URIs"
      }
      if !facts.commonName.hasPrefix(CertificateSigner.nodePrefix) { return "the common name must begin with system:node:" }
      return problem(ofUsages: usages, "server auth")
    }
  }

  /// What a node's certificate is for: signatures, its own purpose, and perhaps the exchange of keys.
  private func problem(ofUsages usages: Set<String>, _ purpose: String) -> String? {
    let needed: Set = ["digital signature", purpose]
    return needed.isSubset(of: usages) && usages.subtracting(needed).isSubset(of: ["key encipherment"])
      ? nil : "the usages must be digital signature, \(purpose) and perhaps key encipherment"
  }
}
