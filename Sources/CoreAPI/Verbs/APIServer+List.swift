import CoreObjects

extension APIServer {
  /// Many objects, of their cached bytes where the client reads the storage version.
  func list(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    let selection = try ListSelection(call)
    let encoder = try ObjectEncoder(call)
    let limit = try call.query.number("limit") ?? 0
    let token = try continueToken(call, store)
    try checkListRevision(call, continues: token != nil, store)
    var objects = store.list(call.served.id, namespace: call.listNamespace)[...]
    if let token {
      let last = ObjectKey(call.served.id, namespace: token.namespace, token.name)
      objects = objects.drop { !(last < $0.key) }
    }
    let matching = selection.isEverything ? Array(objects) : objects.filter { selection.matches($0.tree) }
    let page = limit > 0 ? matching.prefix(limit) : matching[...]
    var metadata: JSON = ["resourceVersion": .string(String(token?.revision ?? store.revision))]
    if page.count < matching.count, let last = page.last?.key {
      let next = ContinueToken(revision: token?.revision ?? store.revision, namespace: last.namespace, name: last.name)
      metadata.put(.continue, .string(next.text))
      // With selectors upstream does not tell either: it would have to read everything.
      if selection.isEverything { metadata.put(.remainingItemCount, .int(Int64(matching.count - page.count))) }
    }
    return encode(page, metadata, encoder, call)
  }

  private func encode(_ page: ArraySlice<StoredObject>, _ metadata: JSON, _ encoder: ObjectEncoder, _ call: Call) -> APIResponse {
    var body = ListBody(encoder, at: call.now)
    for object in page { body.append(object) }
    let response = body.response(metadata)
    if call.query.flag("pretty") == true, case .body(_, _, let chunks, _) = response,
      let tree = try? JSONParser.parse(chunks.flatMap { $0 })
    {
      return respond(tree, call)
    }
    return response
  }

  /// - Throws: 410 Expired for one whose revision is compacted.
  private func continueToken(_ call: Call, _ store: Store) throws(APIError) -> ContinueToken? {
    guard let text = call.query["continue"], !text.isEmpty else { return nil }
    let token = try ContinueToken(text)
    guard token.revision >= store.log.compactedRevision, token.revision <= store.revision else {
      throw .expired("The provided continue parameter is too old; list again from the beginning")
    }
    return token
  }

  /// Lists are of now. A wish for "exactly then" can be met only if now is then.
  private func checkListRevision(_ call: Call, continues: Bool, _ store: Store) throws(APIError) {
    let match = call.query["resourceVersionMatch"] ?? ""
    let version = call.query["resourceVersion"] ?? ""
    if match.isEmpty {
      try checkReached(version, store)
      return
    }
    guard match == "Exact" || match == "NotOlderThan" else {
      throw .badRequest("resourceVersionMatch \"\(match)\" is neither Exact nor NotOlderThan")
    }
    guard !version.isEmpty else { throw .badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided") }
    guard !continues else { throw .badRequest("resourceVersionMatch is forbidden when continue is provided") }
    try checkReached(version, store)
    if match == "Exact" {
      if version == "0" { throw .badRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"") }
      if version != String(store.revision) {
        throw .expired("The resourceVersion \(version) is no longer kept as a whole list; list without it")
      }
    }
  }
}
