package import CoreObjects

/// What a ServiceAccount's token says, read once: a program shows the same token with each request. Its signature holds; audience,
/// times and the objects that it stands on are judged at each request.
/// Source of the claims: k8s.io/kubernetes/pkg/serviceaccount/claims.go, v1.36.
package final class AccountToken: Sendable {
  /// An object that has to be there as long as the token is to count.
  struct Ground: Sendable {
    let word: String
    let key: ObjectKey
    let uid: String
  }
  let issuer: String
  let audiences: [String]
  /// Seconds since 1970.
  let expiry: Int64
  let start: Int64
  let grounds: [Ground]
  let caller: Caller

  /// - Returns: nil where the claims name no account or no end; that of a Secret ends with it
  package init?(_ claims: JSON) {
    let bound = claims["kubernetes.io"]
    guard let expiry = claims["exp"].int ?? (bound["secret"].isObject ? Int.max : nil), let namespace = bound[.namespace].string,
      let name = bound["serviceaccount"][.name].string
    else { return nil }
    issuer = claims["iss"].string ?? ""
    audiences = claims["aud"].string.map { [$0] } ?? claims["aud"].elements.compactMap(\.string)
    self.expiry = Int64(expiry)
    start = Int64(claims["nbf"].int ?? 0)
    var grounds: [Ground] = []
    let words = [("serviceaccount", ResourceID.serviceAccounts), ("pod", .pods), ("secret", .secrets), ("node", .nodes)]
    for (word, resource) in words {
      let object = bound[Key(word)]
      // The node of a pod is told, and not asked for.
      guard object.isObject, word != "node" || !bound["pod"].isObject else { continue }
      let key = ObjectKey(resource, namespace: word == "node" ? "" : namespace, object[.name].string ?? "")
      grounds.append(Ground(word: word, key: key, uid: object[.uid].string ?? ""))
    }
    self.grounds = grounds
    var caller = Caller(
      name: "system:serviceaccount:\(namespace):\(name)",
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    caller.uid = grounds[0].uid
    for word in ["pod", "node"] where bound[Key(word)].isObject {
      for part in [Key.name, .uid] {
        caller.extra["authentication.kubernetes.io/\(word)-\(part.name)"] = bound[Key(word)][part].string.map { [$0] }
      }
    }
    caller.extra["authentication.kubernetes.io/credential-id"] = claims["jti"].string.map { ["JTI=\($0)"] }
    self.caller = caller
  }
}
