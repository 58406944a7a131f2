import CoreObjects

/// Nobody grants what they do not hold, unless they may `escalate` the role or `bind` it.
/// Source: k8s.io/kubernetes/pkg/registry/rbac (policybased), v1.36.
extension Writer {
  func checkEscalation(_ draft: Draft) throws(APIError) {
    guard draft.resource.group == RoleIndex.group, case .client(let client) = draft.actor else { return }
    let (id, tree, namespace, user) = (draft.resource, draft.tree, draft.namespace, client.user)
    if user.isMaster { return }
    if let old = draft.old, !Writer.changesRights(tree, old.tree) { return }
    let name = draft.key.name
    switch id {
    case .roles, .clusterRoles:
      if roles.allows(user, Access(verb: "escalate", group: id.group, resource: id.name, name: name), in: namespace) { return }
      // A role that gathers the rules of others could be made to hold anything.
      if id == .clusterRoles, !tree[.aggregationRule][.clusterRoleSelectors].elements.isEmpty {
        let everything = Access(verb: "*", group: "*", resource: "*")
        guard holds(user, everything, in: ""), holds(user, Access(verb: "*", path: "*"), in: "") else {
          throw .forbidden(id, name, "an aggregationRule asks for every right, which user \"\(user.name)\" does not hold")
        }
      }
      try checkHeld(RuleSet(tree[.rules]), in: namespace, user, id, name)
    case .roleBindings, .clusterRoleBindings:
      let reference = tree[.roleRef]
      let isCluster = reference[.kind].string == "ClusterRole"
      let role = reference[.name].string ?? ""
      let resource = isCluster ? "clusterroles" : "roles"
      if roles.allows(user, Access(verb: "bind", group: id.group, resource: resource, name: role), in: namespace) { return }
      guard let rules = isCluster ? roles.clusterRole(role) : roles.role(role, in: namespace) else {
        throw .notFound(ResourceID(id.group, resource), role)
      }
      try checkHeld(rules, in: namespace, user, id, name)
    default: break
    }
  }

  private static func changesRights(_ new: JSON, _ old: JSON) -> Bool {
    [Key.rules, .roleRef, .subjects, "aggregationRule"].contains { new[$0] != old[$0] }
  }

  private func checkHeld(_ wanted: RuleSet, in namespace: String, _ user: Caller, _ id: ResourceID, _ name: String)
    throws(APIError)
  {
    for rule in wanted.rules {
      for part in rule.parts where !holds(user, part, in: namespace) {
        let what = part.path.map { "path \"\($0)\"" } ?? "resource \"\(part.resource)\" in API group \"\(part.group)\""
        throw .forbidden(id, name, "user \"\(user.name)\" would grant the right to \(part.verb) \(what), which they do not hold")
      }
    }
  }

  /// As `allows`, where the access may itself be a pattern: "*" is held only through "*".
  private func holds(_ user: Caller, _ part: Access, in namespace: String) -> Bool {
    roles.anyRules(of: user, in: namespace) { $0.allows(part) }
  }
}
