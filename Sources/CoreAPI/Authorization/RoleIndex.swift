import CoreObjects

/// Roles and bindings of the store, arranged so that a request is judged by a few look-ups. Kept up to date write by write.
struct RoleIndex: Sendable {
  static let group = "rbac.authorization.k8s.io"

  /// Whom a binding names.
  enum Subject: Hashable, Sendable, CustomStringConvertible {
    case user(String)
    case group(String)

    var description: String {
      guard case .user(let name) = self else {
        guard case .group(let name) = self else { return "" }
        return "Group \"\(name)\""
      }
      let parts = name.split(separator: ":", omittingEmptySubsequences: false)
      guard name.hasPrefix("system:serviceaccount:"), parts.count == 4 else { return "User \"\(name)\"" }
      return "ServiceAccount \"\(parts[3])/\(parts[2])\""
    }
  }
  private struct RoleName: Hashable, Sendable {
    /// "" for a ClusterRole.
    let namespace: String
    let name: String
  }
  /// One binding as one of its subjects sees it.
  struct Grant: Sendable {
    let binding: ObjectKey
    let roleIsCluster: Bool
    let roleName: String

    /// Which binding gives which role to whom, in the form of upstream's rbac authorizer (v1.36).
    func reason(_ subject: Subject) -> String {
      let isCluster = binding.namespace.isEmpty
      let name = isCluster ? binding.name : "\(binding.name)/\(binding.namespace)"
      return "RBAC: allowed by \(isCluster ? "ClusterRoleBinding" : "RoleBinding") \"\(name)\" of "
        + "\(roleIsCluster ? "ClusterRole" : "Role") \"\(roleName)\" to \(subject)"
    }
  }

  private var rules: [RoleName: RuleSet] = [:]
  private var clusterGrants: [Subject: [Grant]] = [:]
  private var namespaceGrants: [String: [Subject: [Grant]]] = [:]

  init(_ store: Store) {
    for resource in [ResourceID.roles, .clusterRoles, .roleBindings, .clusterRoleBindings] {
      for object in store.list(resource) { update(with: StoreChange(kind: .added, object: object, previous: nil)) }
    }
  }

  mutating func update(with change: StoreChange) {
    let key = change.object.key
    switch key.resource {
    case .roles, .clusterRoles:
      let name = RoleName(namespace: key.namespace, name: key.name)
      rules[name] = change.kind == .deleted ? nil : RuleSet(change.object.tree[.rules])
    case .roleBindings, .clusterRoleBindings:
      if let previous = change.previous { edit(previous) { grants, _ in grants.removeAll { $0.binding == key } } }
      if change.kind != .deleted { edit(change.object) { grants, grant in grants.append(grant) } }
    default: break
    }
  }

  private mutating func edit(_ binding: StoredObject, _ body: (inout [Grant], Grant) -> Void) {
    let role = binding.tree[.roleRef]
    let grant = Grant(
      binding: binding.key, roleIsCluster: role[.kind].string == "ClusterRole", roleName: role[.name].string ?? "")
    for subject in binding.tree[.subjects].elements {
      guard let subject = RoleIndex.subject(subject, in: binding.key.namespace) else { continue }
      if binding.key.resource == .clusterRoleBindings {
        body(&clusterGrants[subject, default: []], grant)
      } else {
        body(&namespaceGrants[binding.key.namespace, default: [:]][subject, default: []], grant)
      }
    }
  }

  private static func subject(_ tree: JSON, in namespace: String) -> Subject? {
    guard let name = tree[.name].string else { return nil }
    switch tree[.kind].string {
    case "User": return .user(name)
    case "Group": return .group(name)
    case "ServiceAccount": return .user("system:serviceaccount:\(tree[.namespace].string ?? namespace):\(name)")
    default: return nil
    }
  }

  /// Calls `body` with the rules that bind `user` in `namespace` ("" for the cluster alone), until it answers true.
  func anyRules(of user: Caller, in namespace: String, where body: (RuleSet) -> Bool) -> Bool {
    grant(to: user, in: namespace, where: body) != nil
  }

  /// The first grant whose rules satisfy `body`, and whom it names.
  func grant(to user: Caller, in namespace: String, where body: (RuleSet) -> Bool) -> (grant: Grant, subject: Subject)? {
    let local = namespace.isEmpty ? nil : namespaceGrants[namespace]
    func find(_ subject: Subject) -> Grant? {
      if let grants = clusterGrants[subject] {
        for grant in grants { if let set = rules[RoleName(namespace: "", name: grant.roleName)], body(set) { return grant } }
      }
      guard let grants = local?[subject] else { return nil }
      for grant in grants {
        let name = RoleName(namespace: grant.roleIsCluster ? "" : namespace, name: grant.roleName)
        if let set = rules[name], body(set) { return grant }
      }
      return nil
    }
    if let found = find(.user(user.name)) { return (found, .user(user.name)) }
    for group in user.groups { if let found = find(.group(group)) { return (found, .group(group)) } }
    return nil
  }

  /// Deny by default; roles and bindings allow.
  func allows(_ user: Caller, _ access: Access, in namespace: String) -> Bool {
    user.isMaster || anyRules(of: user, in: namespace) { $0.allows(access) }
  }

  func clusterRole(_ name: String) -> RuleSet? { rules[RoleName(namespace: "", name: name)] }
  func role(_ name: String, in namespace: String) -> RuleSet? { rules[RoleName(namespace: namespace, name: name)] }
}
