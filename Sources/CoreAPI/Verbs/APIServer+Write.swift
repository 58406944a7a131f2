import CoreObjects

/// The verbs that write: each reads its request into an intent, and answers with what the writer made of it.
extension APIServer {
  static let patchTypes = [
    "application/json-patch+json", "application/merge-patch+json", strategicType, applyType,
  ]
  static let strategicType = "application/strategic-merge-patch+json"
  private static let applyType = "application/apply-patch+yaml"

  func create(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    let document = try Document(bodyOf: call.request)
    return try write(.create(call.served.id, namespace: call.namespace, document), call, client, &writer, status: 201)
  }

  /// PUT of the object or of its status. What is not there is not made: 404.
  func update(_ call: Call, _ scope: WriteScope, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    return try write(.replace(call.key, try Document(bodyOf: call.request), scope), call, client, &writer)
  }

  func finalize(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    return try write(.finalize(call.key, try Document(bodyOf: call.request)), call, client, &writer)
  }

  private func write(
    _ intent: consuming WriteIntent, _ call: Call, _ client: ClientWrite, _ writer: inout Writer, status: Int = 200
  ) throws(APIError) -> APIResponse {
    let written = try writer.write(intent, by: .client(client), at: call.now)
    return try respond(written.object, call, status: status, warnings: written.warnings)
  }

  // MARK: Patches

  /// PATCH of the object or of its status: the patched whole then takes the way of an update.
  func patch(_ call: Call, _ scope: WriteScope, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let type = mediaType(of: call.request.contentType)
    let accepted = call.served.patchTypes
    guard accepted.contains(type) else { throw .unsupportedMediaType(call.request.contentType, accepted: accepted) }
    let client = try ClientWrite(call, isApply: type == APIServer.applyType)
    if type == APIServer.applyType { return try apply(scope, call, client, &writer) }
    var document = try Document(json: call.request.body)
    let old = try call.object(in: writer.store)
    let shown = call.served.shown(old.tree)
    document.tree = try APIServer.patched(shown, document.tree, type, call.served)
    document.origin = .patch
    guard document.tree[.metadata][.name].string == old.key.name else {
      throw .badRequest("a patch cannot change the name of \(call.served.requestID) \"\(old.key.name)\"")
    }
    return try write(.replace(call.key, document, scope), call, client, &writer)
  }

  /// PATCH with application/apply-patch+yaml: what is not there is made, for who may create it.
  private func apply(
    _ scope: WriteScope, _ call: Call, _ client: ClientWrite, _ writer: inout Writer
  ) throws(APIError) -> APIResponse {
    let present = writer.store.get(call.key)
    let idle = IdleApplies.Apply(
      revision: present?.revision ?? 0, manager: client.fieldManager, apiVersion: call.served.version.apiVersion, scope: scope,
      validation: client.fieldValidation, body: call.request.body)
    if let present, let warnings = writer.idleApplies.warnings(call.key, idle) {
      return try respond(present, call, warnings: warnings)
    }
    let wanted = try ServerSideApply(call, client, scope)
    let isNew = present == nil
    if isNew, scope == .object {
      let access = Access(
        verb: "create", group: call.info.group, resource: call.info.resource, subresource: "", name: call.info.pathName)
      try authorize(access, in: call.namespace, call.user, writer.roles)
    }
    let written = try writer.write(.apply(call.key, wanted), by: .client(client), at: call.now)
    if written.object === present { writer.idleApplies.add(call.key, idle, warnings: written.warnings) }
    return try respond(written.object, call, status: isNew ? 201 : 200, warnings: written.warnings)
  }

  /// The object with the patch in it; the type of the patch is one of the first three of `patchTypes`.
  static func patched(_ tree: JSON, _ patch: JSON, _ type: String, _ served: ServedResource) throws(APIError) -> JSON {
    var result = tree
    if type == patchTypes[0] { return try jsonPatched(tree, patch) }
    guard patch.isObject else { throw .badRequest("the patch must be an object, not \(patch.typeName)") }
    guard type == patchTypes[2], let schema = served.type else {
      result.merge(patch)
      return result
    }
    do throws(StrategicMergeError) { try Schema.shared.strategicMerge(original: &result, patch: patch, schema) } catch {
      throw .badRequest("the strategic merge patch cannot be applied: \(error)")
    }
    return result
  }

  private static func jsonPatched(_ tree: JSON, _ patch: JSON) throws(APIError) -> JSON {
    do throws(JSONPatchError) { return try JSONPatch(patch).applied(to: tree) } catch {
      switch error.kind {
      case .malformed: throw .badRequest(error.message)
      case .tooLarge: throw APIError(code: 413, reason: "RequestEntityTooLarge", message: error.message)
      case .notApplicable: throw .unprocessable(error.message)
      }
    }
  }

  // MARK: Scale

  func getScale(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    respond(ScaleSubresource.of(try call.object(in: store), store.scalePaths(of: call.served.id)), call)
  }

  func updateScale(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    return try scale(.scale(call.key, try Document(bodyOf: call.request)), call, client, &writer)
  }

  func patchScale(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let type = mediaType(of: call.request.contentType)
    let client = try ClientWrite(call, isApply: type == APIServer.applyType)
    if type == APIServer.applyType {
      return try scale(.apply(call.key, try ServerSideApply(call, client, .scale)), call, client, &writer)
    }
    var document = try Document(json: call.request.body)
    let shown = ScaleSubresource.of(try call.object(in: writer.store), writer.store.scalePaths(of: call.served.id))
    switch type {
    case APIServer.patchTypes[0]: document.tree = try APIServer.jsonPatched(shown, document.tree)
    case APIServer.patchTypes[1], APIServer.patchTypes[2]:
      let patch = document.tree
      document.tree = shown
      document.tree.merge(patch)
    default: throw .unsupportedMediaType(call.request.contentType, accepted: APIServer.patchTypes)
    }
    return try scale(.scale(call.key, document), call, client, &writer)
  }

  private func scale(
    _ intent: consuming WriteIntent, _ call: Call, _ client: ClientWrite, _ writer: inout Writer
  ) throws(APIError) -> APIResponse {
    let written = try writer.write(intent, by: .client(client), at: call.now)
    let scale = ScaleSubresource.of(written.object, writer.store.scalePaths(of: call.served.id))
    return respond(scale, call, warnings: written.warnings)
  }

  // MARK: Pods

  /// pods/binding, and bindings that name their pod themselves.
  func bind(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let client = try ClientWrite(call)
    var warnings: [String] = []
    let document = try Document(bodyOf: call.request)
    try document.checkKind("Binding", apiVersion: "v1")
    let binding = try document.decoded(
      as: Schema.shared.type("core.v1.Binding"), title: "Binding in version \"v1\"", client.fieldValidation, &warnings)
    let target = binding[.target]
    guard target[.kind].string ?? "Node" == "Node", let node = target[.name].string, !node.isEmpty else {
      let error = FieldError(.required, "target.name", detail: "the name of a Node")
      throw .invalid(group: "", kind: "Binding", name: call.info.pathName, [error])
    }
    let name = call.info.pathName.isEmpty ? binding[.metadata][.name].string ?? "" : call.info.pathName
    let pod = ObjectKey(.pods, namespace: call.info.namespace, name)
    let uid = binding[.metadata][.uid].string ?? ""
    try writer.write(.bind(pod, uid: uid, node: node), by: .client(client), at: call.now)
    return respond(StatusBody.success(code: 201), call, status: 201, warnings: warnings)
  }

  func evict(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    var client = try ClientWrite(call)
    var deletion = Deletion()
    let given = try Document(bodyOf: call.request).tree
    guard given.isObject, given[.kind].string ?? "Eviction" == "Eviction" else {
      throw .badRequest("the body must be of kind Eviction")
    }
    guard given[.metadata][.name].string == call.info.pathName else {
      throw .badRequest("the name of the eviction is not that of the pod on the URL")
    }
    if !given[.deleteOptions].isNull { try deletion.read(given[.deleteOptions], &client) }
    try writer.write(.evict(call.key, deletion), by: .client(client), at: call.now)
    return respond(StatusBody.success(code: 201), call, status: 201)
  }
}

extension ServerSideApply {
  fileprivate init(_ call: Call, _ client: ClientWrite, _ scope: WriteScope) throws(APIError) {
    document = try Document(json: call.request.body)
    document.origin = .apply
    manager = client.fieldManager
    self.scope = scope
    isForced = call.query.flag("force") == true
  }
}
