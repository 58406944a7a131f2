package import CoreObjects

/// What a registry is shown. Never part of a message.
package struct RegistryCredential: Sendable, Equatable, CustomStringConvertible {
  /// A Secret, which stays the same one when what is in it changes.
  package struct Source: Sendable, Hashable {
    package var uid: String
    package var namespace: String
    package var name: String
    package init(uid: String, namespace: String, name: String) {
      self.uid = uid
      self.namespace = namespace
      self.name = name
    }
  }

  package var user = ""
  package var password = ""
  /// Is exchanged for a token, in the place of a password.
  package var identityToken = ""
  /// Is shown as it is.
  package var registryToken = ""
  /// nil: it is the machine's, so that any pod may have what it opens.
  package var source: Source?

  package init(user: String = "", password: String = "") {
    self.user = user
    self.password = password
  }

  /// An entry of a docker configuration, or of k3s' file: `auth` is "user:password" in base64, and counts for more than both apart.
  /// - Returns: nil for an entry that holds nothing, as where a helper keeps the password.
  package init?(_ entry: JSON) throws(RegistryKeyring.Problem) {
    user = entry["username"].string ?? ""
    password = entry["password"].string ?? ""
    identityToken = entry["identitytoken"].string ?? entry["identity_token"].string ?? ""
    registryToken = entry["registrytoken"].string ?? ""
    if let text = entry["auth"].string, !text.isEmpty {
      let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
      guard let bytes = Base64.decode(padded), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
        throw .init(reason: "an \"auth\" in it is not user:password in base64")
      }
      user = String(decoding: bytes[..<colon], as: UTF8.self)
      // Docker's own client pads it with zeros.
      password = String(decoding: bytes[(colon + 1)...].filter { $0 != 0 }, as: UTF8.self)
    }
    if user.isEmpty, password.isEmpty, identityToken.isEmpty, registryToken.isEmpty { return nil }
  }

  package var description: String {
    source.map { "the secret \($0.namespace)/\($0.name)" } ?? "a credential of this machine"
  }
}
