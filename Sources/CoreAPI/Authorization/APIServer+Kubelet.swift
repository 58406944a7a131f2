package import CoreObjects

/// Who may ask a node's kubelet for what.
package struct KubeletAccess: Sendable, Equatable {
  package let verb: String
  /// Subresources of the node: any of them suffices.
  package let subresources: [String]

  /// Source: GetRequestAttributes, pkg/kubelet/server/auth.go, v1.36.
  package init(method: String, path: String) {
    verb = ["POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"][method] ?? ""
    let top = path.split(separator: "/", omittingEmptySubsequences: true).first.map(String.init) ?? ""
    switch top {
    case "stats", "metrics", "checkpoint": subresources = [top]
    case "logs": subresources = ["log"]
    case "pods", "healthz", "configz": subresources = [top, "proxy"]
    case "runningpods": subresources = ["pods", "proxy"]
    default: subresources = ["proxy"]
    }
  }
}

extension APIServer {
  /// Whether the kubelet of a node may answer: as a TokenReview and SubjectAccessReviews would have it.
  /// - Throws: 401 for nobody, 403.
  package func admit(
    _ credential: Credential, to access: KubeletAccess, ofNode node: String, _ writer: Writer, at now: Instant
  ) throws(APIError) {
    if case .none = credential { throw .unauthorized() }
    let user = try authenticate(credential, writer.store, at: now)
    let isAllowed =
      user.isMaster
      || access.subresources.contains { subresource in
        let wanted = Access(verb: access.verb, group: "", resource: "nodes", subresource: subresource, name: node)
        return writer.roles.allows(user, wanted, in: "")
      }
    if isAllowed { return }
    let subresources = access.subresources.joined(separator: " ")
    throw APIError(
      code: 403, reason: "Forbidden",
      message: "Forbidden (user=\(user.name), verb=\(access.verb), resource=nodes, subresource(s)=[\(subresources)])")
  }
}
