import COpenSSL

extension CertificateAuthority {
  /// A little in the past: clocks of machines differ.
  private static let backdateSeconds = 300
  /// Those that live shorter get back what was taken from them.
  private static let shortLifeSeconds = 8 * 3600

  /// Kubernetes' names of usages, and those of OpenSSL's configuration. Source: k8s.io/api/certificates/v1; x509v3_config(5).
  private static let keyUsages = [
    "signing": "digitalSignature", "digital signature": "digitalSignature", "content commitment": "nonRepudiation",
    "key encipherment": "keyEncipherment", "key agreement": "keyAgreement", "data encipherment": "dataEncipherment",
    "cert sign": "keyCertSign", "crl sign": "cRLSign", "encipher only": "encipherOnly", "decipher only": "decipherOnly",
  ]
  private static let extendedUsages = [
    "any": "anyExtendedKeyUsage", "server auth": "serverAuth", "client auth": "clientAuth", "code signing": "codeSigning",
    "email protection": "emailProtection", "s/mime": "emailProtection", "ipsec end system": "ipsecEndSystem",
    "ipsec tunnel": "ipsecTunnel", "ipsec user": "ipsecUser", "timestamping": "timeStamping", "ocsp signing": "OCSPSigning",
    "microsoft sgc": "msSGC", "netscape sgc": "nsSGC",
  ]

  /// The certificate that a request asks for: subject and names are its own, usages and life the order's.
  /// Source: PermissiveSigningPolicy, pkg/controller/certificates/authority/policies.go, v1.36.
  package func sign(request pem: [UInt8], usages: [String], lifeSeconds: Int) throws(CertificateError) -> [UInt8] {
    let request = try SigningRequest(pem: pem)
    guard let x509 = X509_new() else { throw .failed(openSSLErrors()) }
    let leaf = Certificate(owning: x509)
    X509_set_version(x509, 2)
    leaf.setRandomSerial()
    let isShort = lifeSeconds - CertificateAuthority.backdateSeconds < CertificateAuthority.shortLifeSeconds
    let end = isShort ? lifeSeconds : lifeSeconds - CertificateAuthority.backdateSeconds
    X509_gmtime_adj(X509_getm_notBefore(x509), -CertificateAuthority.backdateSeconds)
    X509_gmtime_adj(X509_getm_notAfter(x509), min(end, certificate.remainingSeconds))
    X509_set_pubkey(x509, request.key)
    X509_set_subject_name(x509, X509_REQ_get_subject_name(request.x509))
    X509_set_issuer_name(x509, X509_get_subject_name(certificate.x509))
    try extend(leaf, request, usages)
    guard X509_sign(x509, key.key, EVP_sha256()) > 0 else { throw .failed(openSSLErrors()) }
    return leaf.pem
  }

  private func extend(_ leaf: Certificate, _ request: SigningRequest, _ usages: [String]) throws(CertificateError) {
    func names(_ table: [String: String]) -> String { Set(usages.compactMap { table[$0] }).sorted().joined(separator: ",") }
    var extensions = [(NID_basic_constraints, "critical,CA:FALSE"), (NID_authority_key_identifier, "keyid")]
    let (plain, extended) = (names(CertificateAuthority.keyUsages), names(CertificateAuthority.extendedUsages))
    if !plain.isEmpty { extensions.append((NID_key_usage, "critical," + plain)) }
    if !extended.isEmpty { extensions.append((NID_ext_key_usage, extended)) }
    try leaf.add(extensions, issuer: certificate)
    guard let wanted = X509_REQ_get_extensions(request.x509) else { return }
    defer { c_X509_EXTENSIONS_free(wanted) }
    c_copy_subject_alternative_names(wanted, leaf.x509)
  }
}
