import CoreObjects
import EdgeHTTP
import EdgeJournal

/// The cluster's own keys: certificate authority, token key, admin's token. Made once, kept in the journal.
package struct ClusterSecrets: Sendable {
  let authority: CertificateAuthority
  let signer: TokenSigner
  let adminToken: String
  /// Signs what the server shows to those that it passes requests on to. A CA of its own: they believe who is named on its word.
  let frontProxy: CertificateAuthority

  private static let names = (
    certificate: "ca.crt", key: "ca.key", token: "token.key", admin: "admin.token", frontProxy: "front-proxy-ca.crt",
    frontProxyKey: "front-proxy-ca.key"
  )

  /// Those of the journal, or new ones with the records that keep them.
  static func load(_ metadata: [String: [UInt8]]) throws(CertificateError) -> (
    secrets: ClusterSecrets, records: [JournalEntry]
  ) {
    let (frontProxy, more) = try frontProxy(metadata)
    if let certificate = metadata[names.certificate], let key = metadata[names.key], let token = metadata[names.token],
      let admin = metadata[names.admin]
    {
      let secrets = ClusterSecrets(
        authority: try CertificateAuthority(certificatePEM: certificate, keyPEM: key),
        signer: TokenSigner(key: try PrivateKey(pem: token)),
        adminToken: String(decoding: admin, as: UTF8.self), frontProxy: frontProxy)
      return (secrets, more)
    }
    let authority = try CertificateAuthority(named: "wavetank-ca")
    let tokenKey = try PrivateKey()
    let admin = secureRandomBytes(24).hexadecimal
    return (
      ClusterSecrets(authority: authority, signer: TokenSigner(key: tokenKey), adminToken: admin, frontProxy: frontProxy),
      more + [
        .set(name: names.certificate, value: authority.certificatePEM), .set(name: names.key, value: authority.keyPEM),
        .set(name: names.token, value: tokenKey.pem), .set(name: names.admin, value: Array(admin.utf8)),
      ]
    )
  }

  /// Data directories of before have none.
  private static func frontProxy(_ metadata: [String: [UInt8]]) throws(CertificateError) -> (
    CertificateAuthority, [JournalEntry]
  ) {
    if let certificate = metadata[names.frontProxy], let key = metadata[names.frontProxyKey] {
      return (try CertificateAuthority(certificatePEM: certificate, keyPEM: key), [])
    }
    let authority = try CertificateAuthority(named: "wavetank-front-proxy-ca")
    return (
      authority,
      [
        .set(name: names.frontProxy, value: authority.certificatePEM), .set(name: names.frontProxyKey, value: authority.keyPEM),
      ]
    )
  }
}

/// JSON Web Tokens of ServiceAccounts (RFC 7519).
struct AccountTokens: Sendable {
  let signer: TokenSigner

  func sign(_ claims: JSON) -> String {
    let header: JSON = ["alg": .string(signer.algorithm), "kid": .string(signer.keyID), "typ": "JWT"]
    let message = Base64URL.encode(header.encoded()) + "." + Base64URL.encode(claims.encoded())
    guard let signature = try? signer.sign(Array(message.utf8)) else { return "" }
    return message + "." + Base64URL.encode(signature)
  }

  /// What tokens are checked with (RFC 7518, section 6.2).
  var publicKey: JSON {
    let (x, y) = signer.publicPoint
    return [
      "use": "sig", "kty": "EC", "kid": .string(signer.keyID), "crv": "P-256", "alg": .string(signer.algorithm),
      "x": .string(Base64URL.encode(x)), "y": .string(Base64URL.encode(y)),
    ]
  }

  /// The claims, if the signature holds.
  func verify(_ token: String) -> JSON? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let signature = Base64URL.decode(String(parts[2])),
      signer.verify(Array((parts[0] + "." + parts[1]).utf8), signature: signature),
      let claims = Base64URL.decode(String(parts[1]))
    else { return nil }
    return try? JSONParser.parse(claims)
  }
}

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5).
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> String {
    var out = ""
    for character in Base64.encode(bytes) {
      switch character {
      case "+": out.append("-")
      case "/": out.append("_")
      case "=": continue
      default: out.append(character)
      }
    }
    return out
  }

  static func decode(_ text: String) -> [UInt8]? {
    var plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    while plain.utf8.count % 4 != 0 { plain += "=" }
    return Base64.decode(plain)
  }
}
