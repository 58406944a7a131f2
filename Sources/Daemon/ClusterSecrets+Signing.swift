import CoreObjects
import EdgeHTTP

extension CertificateRequestFacts {
  /// What a request says (PKCS #10, PEM); nil where it is none, or not signed with its own key.
  @Sendable static func read(_ pem: [UInt8]) -> CertificateRequestFacts? {
    guard let request = try? SigningRequest(pem: pem) else { return nil }
    var facts = CertificateRequestFacts()
    facts.commonName = request.commonName
    facts.organizations = request.organizations
    for name in request.names {
      switch name {
      case .dns(let text): facts.dnsNames.append(text)
      case .email(let text): facts.emailAddresses.append(text)
      case .uri(let text): facts.uris.append(text)
      case .address(let bytes): facts.addresses.append(bytes.map { String($0) }.joined(separator: "."))
      }
    }
    return facts
  }
}

extension ClusterSecrets {
  /// Certificates are of the machine's time: programs check them by it, at whatever speed the cluster runs.
  @Sendable func sign(_ order: SigningOrder) -> SigningAnswer {
    do throws(CertificateError) {
      let pem = try authority.sign(request: order.request, usages: order.usages, lifeSeconds: order.lifeSeconds)
      return SigningAnswer(order, .certificate(pem))
    } catch { return SigningAnswer(order, .failed("\(error)")) }
  }
}
