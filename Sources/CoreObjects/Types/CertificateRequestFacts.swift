/// What a request for a certificate (PKCS #10) says, once its own signature was found right.
package struct CertificateRequestFacts: Sendable, Equatable {
  package var commonName = ""
  package var organizations: [String] = []
  package var dnsNames: [String] = []
  package var addresses: [String] = []
  package var emailAddresses: [String] = []
  package var uris: [String] = []
  package init() {}
}
