import COpenSSL
import EdgeLinux
import Glibc

/// Issues certificates. The clock is the system's: certificates are checked by programs that know no other.
package final class CertificateAuthority: Sendable {
  package let certificate: Certificate
  let key: PrivateKey

  package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(CertificateError) {
    certificate = try Certificate(pem: certificatePEM)
    key = try PrivateKey(pem: keyPEM)
    guard X509_check_private_key(certificate.x509, key.key) == 1 else { throw .unusable(openSSLErrors()) }
  }

  /// A new authority that signs itself.
  package init(named commonName: String, days: Int = 3650) throws(CertificateError) {
    let key = try PrivateKey()
    self.key = key
    let request = CertificateRequest(
      commonName: commonName, organizations: [], days: days,
      extensions: [
        (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"),
        (NID_subject_key_identifier, "hash"),
      ])
    certificate = try request.sign(subjectKey: key, issuer: nil, issuerKey: key)
  }

  package var certificatePEM: [UInt8] { certificate.pem }
  package var keyPEM: [UInt8] { key.pem }

  /// For a server; names that are IP addresses become IP entries.
  package func issueServer(commonName: String, names: [String], days: Int = 365) throws(CertificateError) -> Identity {
    let entries = names.map { (SocketAddress(host: $0, port: 0).isLiteral ? "IP:" : "DNS:") + $0 }
    let permitted = names.allSatisfy { $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2C && $0 < 0x7F } }
    guard permitted else { throw .failed("a server name has a comma, a space or a character outside ASCII") }
    var extensions = [(NID_ext_key_usage, "serverAuth")]
    if !entries.isEmpty { extensions.append((NID_subject_alt_name, entries.joined(separator: ","))) }
    return try issue(commonName, [], days, extensions)
  }

  /// For a user: the common name is the user's name, the organizations are the groups.
  package func issueClient(commonName: String, organizations: [String] = [], days: Int = 365) throws(CertificateError) -> Identity
  {
    try issue(commonName, organizations, days, [(NID_ext_key_usage, "clientAuth")])
  }

  private func issue(
    _ commonName: String, _ organizations: [String], _ days: Int, _ extensions: [(Int32, String)]
  ) throws(CertificateError) -> Identity {
    let leafKey = try PrivateKey()
    let common = [
      (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
      (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid"),
    ]
    let request = CertificateRequest(
      commonName: commonName, organizations: organizations, days: days, extensions: common + extensions)
    let leaf = try request.sign(subjectKey: leafKey, issuer: certificate, issuerKey: key)
    return Identity(certificatePEM: leaf.pem, keyPEM: leafKey.pem)
  }
}

/// What a certificate shall say.
private struct CertificateRequest {
  var commonName: String
  var organizations: [String]
  var days: Int
  /// Extension numbers and their values in OpenSSL's configuration syntax.
  var extensions: [(Int32, String)]

  func sign(subjectKey: PrivateKey, issuer: Certificate?, issuerKey: PrivateKey) throws(CertificateError) -> Certificate {
    guard let x509 = X509_new() else { throw .failed(openSSLErrors()) }
    let certificate = Certificate(owning: x509)
    X509_set_version(x509, 2)
    certificate.setRandomSerial()
    // A little in the past: clocks of machines differ.
    X509_gmtime_adj(X509_getm_notBefore(x509), -300)
    X509_gmtime_adj(X509_getm_notAfter(x509), days * 86_400)
    X509_set_pubkey(x509, subjectKey.key)
    let subject = X509_get_subject_name(x509)
    for organization in organizations { try add(organization, NID_organizationName, to: subject) }
    try add(commonName, NID_commonName, to: subject)
    X509_set_issuer_name(x509, issuer.map { X509_get_subject_name($0.x509) } ?? subject)
    try certificate.add(extensions, issuer: issuer)
    guard X509_sign(x509, issuerKey.key, EVP_sha256()) > 0 else { throw .failed(openSSLErrors()) }
    return certificate
  }

  private func add(_ value: String, _ identifier: Int32, to name: OpaquePointer?) throws(CertificateError) {
    let bytes = Array(value.utf8)
    guard X509_NAME_add_entry_by_NID(name, identifier, utf8StringKind, bytes, Int32(bytes.count), -1, 0) == 1 else {
      throw .failed("\"\(value)\" cannot be part of a certificate's subject: \(openSSLErrors())")
    }
  }
}

extension Certificate {
  func setRandomSerial() {
    let serial = secureRandomBytes(16)
    let number = BN_bin2bn([serial[0] & 0x7F | 0x40] + serial.dropFirst(), Int32(serial.count), nil)
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509))
    BN_free(number)
  }

  /// - Parameters:
  ///   - extensions: numbers and their values in OpenSSL's configuration syntax
  ///   - issuer: nil for one that signs itself
  func add(_ extensions: [(Int32, String)], issuer: Certificate?) throws(CertificateError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer?.x509 ?? x509, x509, nil, nil, 0)
    for (identifier, value) in extensions {
      guard let item = X509V3_EXT_conf_nid(nil, &context, identifier, value) else { throw .failed(openSSLErrors()) }
      X509_add_ext(x509, item, -1)
      X509_EXTENSION_free(item)
    }
  }
}

/// MBSTRING_UTF8: asn1.h builds it from a flag, which Swift cannot import.
private let utf8StringKind: Int32 = 0x1000
