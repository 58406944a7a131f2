import CoreAPI
import CoreObjects
import EdgeHTTP
import Synchronization

/// Who asks, by what proof: a client certificate or a token.
final class CredentialReader: Sendable {
  /// Tokens whose signature was checked. What they say is judged by the core at every request.
  private static let cacheLimit = 1_000
  private let tokens: AccountTokens
  private let adminToken: String
  private let verified = Mutex<[String: AccountToken]>([:])

  init(tokens: AccountTokens, adminToken: String) {
    self.tokens = tokens
    self.adminToken = adminToken
  }

  func read(_ request: HTTPRequest) -> Credential {
    if let certificate = request.peer.certificate {
      if let problem = certificate.verificationError { return .invalid("the client certificate is not valid: \(problem)") }
      return .certificate(commonName: certificate.commonName, organizations: certificate.organizations)
    }
    guard let header = request.headers["authorization"] else { return .none }
    guard header.prefix(7).lowercased() == "bearer " else {
      return .invalid("only Bearer tokens and client certificates are understood")
    }
    let token = String(decoding: trimmed(header.utf8.dropFirst(7)), as: UTF8.self)
    if token == adminToken {
      return .token(user: Caller(name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"]))
    }
    if let known = verified.withLock({ $0[token] }) { return .serviceAccount(known) }
    guard let account = tokens.verify(token).flatMap(AccountToken.init) else {
      return .invalid("the token is not one of this cluster")
    }
    verified.withLock { cache in
      if cache.count >= CredentialReader.cacheLimit { cache = [:] }
      cache[token] = account
    }
    return .serviceAccount(account)
  }
}
