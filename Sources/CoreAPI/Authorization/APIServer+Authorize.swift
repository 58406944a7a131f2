import CoreObjects

/// Deny by default; roles and bindings allow. Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac, v1.36.
extension APIServer {
  /// - Throws: 403 naming user, verb, resource, group and namespace.
  func authorize(_ info: RequestInfo, _ user: Caller, _ roles: RoleIndex) throws(APIError) {
    if user.isMaster { return }
    guard info.isResource else {
      let access = Access(verb: info.verb, path: info.path)
      if roles.allows(user, access, in: "") { return }
      throw .deniedPath(user: user.name, verb: info.verb, path: info.path)
    }
    var access = Access(
      verb: info.verb, group: info.group, resource: info.resource, subresource: info.subresource, name: info.name)
    try authorize(access, in: info.namespace, user, roles)
    // A WebSocket begins with GET but does what POST does. Source: AuthorizePodWebsocketUpgradeCreatePermission, v1.35.
    if info.verb == "get", info.resource == "pods", ["exec", "attach", "portforward"].contains(info.subresource) {
      access.verb = "create"
      try authorize(access, in: info.namespace, user, roles)
    }
  }

  func authorize(_ access: Access, in namespace: String, _ user: Caller, _ roles: RoleIndex) throws(APIError) {
    if !roles.allows(user, access, in: namespace) { throw .denied(user: user.name, access, namespace: namespace) }
  }

  /// `kubectl --as`: each part of the wanted identity must be allowed on its own.
  func impersonate(_ wanted: Caller, by user: Caller, _ roles: RoleIndex) throws(APIError) -> Caller {
    let account = wanted.name.split(separator: ":", omittingEmptySubsequences: false)
    let isAccount = account.count == 4 && wanted.name.hasPrefix("system:serviceaccount:")
    if isAccount {
      let access = Access(verb: "impersonate", group: "", resource: "serviceaccounts", name: String(account[3]))
      try authorize(access, in: String(account[2]), user, roles)
    } else {
      guard !wanted.name.isEmpty else { throw .badRequest("groups, uid and extra can be impersonated only together with a user") }
      try authorize(Access(verb: "impersonate", group: "", resource: "users", name: wanted.name), in: "", user, roles)
    }
    for group in wanted.groups {
      try authorize(Access(verb: "impersonate", group: "", resource: "groups", name: group), in: "", user, roles)
    }
    if !wanted.uid.isEmpty {
      let access = Access(verb: "impersonate", group: "authentication.k8s.io", resource: "uids", name: wanted.uid)
      try authorize(access, in: "", user, roles)
    }
    for name in wanted.extra.keys.sorted() {
      for value in wanted.extra[name] ?? [] {
        let access = Access(
          verb: "impersonate", group: "authentication.k8s.io", resource: "userextras", subresource: name, name: value)
        try authorize(access, in: "", user, roles)
      }
    }
    var result = wanted
    if isAccount, wanted.groups.isEmpty {
      result.groups = ["system:serviceaccounts", "system:serviceaccounts:\(account[2])"]
    }
    let mark = wanted.name == Caller.anonymous.name ? "system:unauthenticated" : "system:authenticated"
    if !result.groups.contains(mark) { result.groups.append(mark) }
    return result
  }
}

extension APIError {
  static func denied(user: String, _ access: Access, namespace: String) -> APIError {
    let resource = access.subresource.isEmpty ? access.resource : "\(access.resource)/\(access.subresource)"
    let place = namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(namespace)\""
    let text = "User \"\(user)\" cannot \(access.verb) resource \"\(resource)\" in API group \"\(access.group)\" \(place)"
    return forbidden(ResourceID(access.group, access.resource), access.name, text)
  }

  static func deniedPath(user: String, verb: String, path: String) -> APIError {
    APIError(code: 403, reason: "Forbidden", message: "forbidden: User \"\(user)\" cannot \(verb) path \"\(path)\"")
  }
}
