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
    case .serviceAccount(let claims):
      return try serviceAccount(claims, audiences: [configuration.issuer], store, at: now)
    case .invalid(let reason): throw .unauthorized("Unauthorized: \(reason)")
    }
  }

  /// Checks what the claims say against the time and the store.
  /// Source of the claims: k8s.io/kubernetes/pkg/serviceaccount/claims.go, v1.36.
  func serviceAccount(
    _ claims: JSON, audiences: [String], _ store: Store, at now: Instant
  ) throws(APIError) -> Caller {
    func refuse(_ reason: String) -> APIError { .unauthorized("Unauthorized: \(reason)") }
    guard claims["iss"].string == configuration.issuer else { throw refuse("the token was issued by somebody else") }
    let given = claims["aud"].string.map { [$0] } ?? claims["aud"].elements.compactMap(\.string)
    guard given.contains(where: audiences.contains) else { throw refuse("the token is meant for another audience") }
    guard let expiry = claims["exp"].int, Int64(expiry) > now.seconds else { throw refuse("the token has expired") }
    if let start = claims["nbf"].int, Int64(start) > now.seconds + 1 { throw refuse("the token is not valid yet") }
    let bound = claims["kubernetes.io"]
    let account = bound["serviceaccount"]
    guard let namespace = bound[.namespace].string, let name = account[.name].string else {
      throw refuse("the token names no service account")
    }
    guard let stored = store.get(.serviceAccounts, namespace: namespace, name), stored.uid == account[.uid].string else {
      throw refuse("the token's service account \(namespace)/\(name) is gone")
    }
    var user = Caller(
      name: "system:serviceaccount:\(namespace):\(name)",
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    user.uid = stored.uid
    for (word, resource) in [("pod", ResourceID.pods), ("secret", .secrets)] where bound[Key(word)].isObject {
      let reference = bound[Key(word)]
      let object = store.get(resource, namespace: namespace, reference[.name].string ?? "")
      guard let object, object.uid == reference[.uid].string else {
        throw refuse("the \(word) that the token is bound to is gone")
      }
      if word == "pod" {
        user.extra["authentication.kubernetes.io/pod-name"] = [object.key.name]
        user.extra["authentication.kubernetes.io/pod-uid"] = [object.uid]
      }
    }
    if let id = claims["jti"].string { user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(id)"] }
    return user
  }
}
