package import CoreObjects

/// serviceaccounts/token. Source: pkg/registry/core/serviceaccount/storage/token.go, v1.36.
extension APIServer {
  private static let shortestSeconds = 600
  private static let longestSeconds = 1 << 32

  func requestToken(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    var warnings: [String] = []
    let document = try Document(bodyOf: call.request)
    try document.checkKind("TokenRequest", apiVersion: "authentication.k8s.io/v1")
    var request = TokenRequest(
      tree: try document.decoded(
        as: Schema.shared.type("authentication.v1.TokenRequest"), title: "TokenRequest in version \"v1\"", client.fieldValidation,
        &warnings))
    let account = try call.object(in: writer.store)
    let seconds = request.spec.expirationSeconds ?? 3600
    guard seconds >= APIServer.shortestSeconds, seconds <= APIServer.longestSeconds else {
      let detail = "may not be less than \(APIServer.shortestSeconds) seconds (10 minutes) nor more than 2^32"
      let error = FieldError(.invalid, "spec.expirationSeconds", value: .int(Int64(seconds)), detail: detail)
      throw .invalid(group: "authentication.k8s.io", kind: "TokenRequest", name: account.key.name, [error])
    }
    let bound = request.spec.boundObjectRef.isAbsent ? nil : try boundObject(request.spec.boundObjectRef, account, writer.store)
    var audiences = request.spec.audiences.values
    if audiences.isEmpty { audiences = [configuration.issuer] }
    request.spec.audiences = List(audiences)
    request.spec.expirationSeconds = seconds
    request.metadata = ObjectMeta()
    request.metadata.name = account.key.name
    request.metadata.namespace = account.key.namespace
    request.metadata.creationTimestamp = call.now.rfc3339
    request.status.token = configuration.token(
      id: writer.random.uid(), for: account, bound: bound, in: writer.store, audiences: audiences, seconds: seconds, at: call.now)
    request.status.expirationTimestamp = (call.now + .seconds(seconds)).rfc3339
    var tree = request.tree
    tree.put(.kind, "TokenRequest")
    tree.put(.apiVersion, "authentication.k8s.io/v1")
    return respond(
      Schema.shared.completed(tree, as: "authentication.v1.TokenRequest"), call, status: 201, warnings: warnings)
  }

  private func boundObject(
    _ reference: BoundObjectReference, _ account: StoredObject, _ store: Store
  ) throws(APIError) -> StoredObject {
    let resource: ResourceID
    switch reference.kind {
    case "Pod": resource = .pods
    case "Secret": resource = .secrets
    case "Node": resource = .nodes
    default: throw .badRequest("a token can be bound to a Pod, a Secret or a Node, not to \"\(reference.kind ?? "")\"")
    }
    let name = reference.name ?? ""
    guard let object = store.get(resource, namespace: resource == .nodes ? "" : account.key.namespace, name) else {
      throw .notFound(resource, name)
    }
    if let uid = reference.uid, !uid.isEmpty, uid != object.uid {
      throw .conflict(
        resource, name, "the UID in the bound object reference (\(uid)) does not match the UID in record (\(object.uid))")
    }
    if resource == .pods {
      let pod = object.view(Pod.self)
      guard (pod.spec.serviceAccountName ?? "default") == account.key.name else {
        throw .badRequest("pod \"\(name)\" does not run as service account \"\(account.key.name)\"")
      }
    }
    return object
  }
}

extension APIConfiguration {
  /// A signed token for a ServiceAccount, bound to a pod or a secret of its namespace where one is given.
  /// - Parameters:
  ///   - id: names this token in audits
  ///   - seconds: nil: it counts as long as what it is bound to is there
  package func token(
    id: String, for account: StoredObject, bound: StoredObject?, in store: Store, audiences: [String], seconds: Int?,
    at now: Instant
  ) -> String {
    var identity: JSON = [
      "namespace": .string(account.key.namespace),
      "serviceaccount": ["name": .string(account.key.name), "uid": .string(account.uid)],
    ]
    var named = [bound].compactMap { $0 }
    if let node = bound?.view(Pod.self).spec.nodeName { named += [store.get(.nodes, node)].compactMap { $0 } }
    for object in named {
      let word = object.key.resource == .pods ? "pod" : object.key.resource == .nodes ? "node" : "secret"
      identity.put(Key(word), ["name": .string(object.key.name), "uid": .string(object.uid)])
    }
    let start = now.seconds
    let claims: JSON = [
      "aud": .array(audiences.map { .string($0) }), "exp": seconds.map { .int(start + Int64($0)) } ?? .null, "iat": .int(start),
      "iss": .string(issuer), "jti": .string(id), "kubernetes.io": identity, "nbf": .int(start),
      "sub": .string("system:serviceaccount:\(account.key.namespace):\(account.key.name)"),
    ]
    return sign(claims.withoutNulls)
  }
}
