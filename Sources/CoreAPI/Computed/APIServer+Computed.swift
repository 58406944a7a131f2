import CoreObjects

extension APIServer {
  func answerComputed(_ call: Call, _ writer: inout Writer, _ metrics: MetricsWindow) throws(APIError) -> APIResponse {
    guard call.info.subresource.isEmpty else { throw .noSuchResource }
    guard call.served.definition.verbs.contains(call.info.verb) else { throw .methodNotAllowed() }
    switch call.served.definition.kind {
    case "NodeMetrics", "PodMetrics": return try answerMetrics(call, writer.store, metrics)
    case "ComponentStatus": return try answerComponents(call)
    case "Binding": return try bind(call, &writer)
    default: break
    }
    guard call.info.pathName.isEmpty else { throw .methodNotAllowed() }
    let client = try ClientWrite(call)
    var warnings: [String] = []
    var tree = try Document(bodyOf: call.request).decoded(call.served, client.fieldValidation, &warnings)
    switch call.served.definition.kind {
    case "SelfSubjectAccessReview", "SubjectAccessReview", "LocalSubjectAccessReview": try reviewAccess(&tree, call, writer.roles)
    case "SelfSubjectRulesReview": reviewRules(&tree, call, writer.roles)
    case "TokenReview": try reviewToken(&tree, call, writer.store)
    default: tree.put(.status, ["userInfo": APIServer.tree(call.user)])
    }
    return respond(Schema.shared.completed(tree, as: call.served.version.typeName), call, status: 201, warnings: warnings)
  }

  private func reviewAccess(_ tree: inout JSON, _ call: Call, _ roles: RoleIndex) throws(APIError) {
    let spec = tree[.spec]
    var user = call.user
    if call.served.definition.kind != "SelfSubjectAccessReview" {
      let groups = spec[.groups].elements.compactMap(\.string)
      user = Caller(name: spec[.user].string ?? "", groups: groups)
      guard !user.name.isEmpty || !groups.isEmpty else {
        throw .badRequest("spec: at least one of user and groups must be given")
      }
    }
    let resource = spec[.resourceAttributes]
    let path = spec[.nonResourceAttributes]
    guard resource.isObject != path.isObject else {
      throw .badRequest("spec: exactly one of nonResourceAttributes and resourceAttributes must be given")
    }
    var namespace = ""
    let access: Access
    if resource.isObject {
      namespace = resource[.namespace].string ?? ""
      if call.served.definition.kind == "LocalSubjectAccessReview", namespace != call.info.namespace {
        throw .badRequest("spec.resourceAttributes.namespace must match metadata.namespace")
      }
      access = Access(
        verb: resource[.verb].string ?? "", group: resource[.group].string ?? "", resource: resource[.resource].string ?? "",
        subresource: resource[.subresource].string ?? "", name: resource[.name].string ?? "")
    } else {
      access = Access(verb: path[.verb].string ?? "", path: path[.path].string ?? "")
    }
    let grant = user.isMaster ? nil : roles.grant(to: user, in: namespace) { $0.allows(access) }
    var status: JSON = ["allowed": .bool(user.isMaster || grant != nil)]
    if let (grant, subject) = grant { status.put(.reason, .string(grant.reason(subject))) }
    tree.put(.status, status)
  }

  private func reviewRules(_ tree: inout JSON, _ call: Call, _ roles: RoleIndex) {
    let namespace = tree[.spec][.namespace].string ?? ""
    var resourceRules: [JSON] = []
    var pathRules: [JSON] = []
    func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
    _ = roles.anyRules(of: call.user, in: namespace) { set in
      for rule in set.rules {
        if !rule.paths.isEmpty {
          pathRules.append(["verbs": texts(rule.verbs), "nonResourceURLs": texts(rule.paths)])
        } else {
          var entry: JSON = ["verbs": texts(rule.verbs), "apiGroups": texts(rule.groups), "resources": texts(rule.resources)]
          if !rule.names.isEmpty { entry.put(.resourceNames, texts(rule.names)) }
          resourceRules.append(entry)
        }
      }
      return false
    }
    tree.put(.status, ["resourceRules": .array(resourceRules), "nonResourceRules": .array(pathRules), "incomplete": false])
  }

  private func reviewToken(_ tree: inout JSON, _ call: Call, _ store: Store) throws(APIError) {
    guard let token = tree[.spec][.token].string, !token.isEmpty else { throw .badRequest("spec.token must be given") }
    let wanted = tree[.spec][.audiences].elements.compactMap(\.string)
    let audiences = wanted.isEmpty ? [configuration.issuer] : wanted
    guard let account = configuration.verify(token).flatMap(AccountToken.init) else {
      tree.put(.status, ["user": .object([]), "error": "the token was not signed by this server"])
      return
    }
    do throws(APIError) {
      let user = try caller(account, audiences: audiences, store, at: call.now)
      let common = audiences.filter(account.audiences.contains)
      tree.put(
        .status,
        ["authenticated": true, "user": APIServer.tree(user), "audiences": .array(common.map { .string($0) })])
    } catch { tree.put(.status, ["user": .object([]), "error": .string(error.message)]) }
  }

  static func tree(_ user: Caller) -> JSON {
    var tree: JSON = ["username": .string(user.name)]
    if !user.uid.isEmpty { tree.put(.uid, .string(user.uid)) }
    tree.put(.groups, .array(user.groups.map { .string($0) }))
    if !user.extra.isEmpty {
      let extra = user.extra.keys.sorted().map { name in
        Member(key: Key(name), value: .array((user.extra[name] ?? []).map { .string($0) }))
      }
      tree.put(.extra, .object(extra))
    }
    return tree
  }
}
