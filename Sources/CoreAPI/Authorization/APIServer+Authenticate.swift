import CoreObjects

/// From what the edge could prove to who asks.
extension APIServer {
  /// - Throws: 401.
  func authenticate(_ credential: Credential, _ store: Store, at now: Instant) throws(APIError) -> Caller {
    switch credential {
    case .none: return .anonymous
    case .certificate(let name, let organizations): return Caller(name: name, groups: organizations + ["system:authenticated"])
    case .token(var user):
      if !user.groups.contains("system:authenticated") { user.groups.append("system:authenticated") }
      return user
    case .serviceAccount(let token):
      return try caller(token, audiences: [configuration.issuer], store, at: now)
    case .invalid(let reason): throw .unauthorized("Unauthorized: \(reason)")
    }
  }

  /// Who shows the token, if it counts for one of `audiences` just now.
  func caller(
    _ token: AccountToken, audiences: [String], _ store: Store, at now: Instant
  ) throws(APIError) -> Caller {
    func refuse(_ reason: String) -> APIError { .unauthorized("Unauthorized: \(reason)") }
    guard token.issuer == configuration.issuer else { throw refuse("the token was issued by somebody else") }
    guard token.audiences.contains(where: audiences.contains) else { throw refuse("the token is meant for another audience") }
    guard token.expiry > now.seconds else { throw refuse("the token has expired") }
    guard token.start <= now.seconds + 1 else { throw refuse("the token is not valid yet") }
    for ground in token.grounds where store.get(ground.key)?.uid != ground.uid {
      throw refuse("the \(ground.word) \(ground.key.namespace)/\(ground.key.name) that the token was made for is gone")
    }
    return token.caller
  }
}
