import CoreObjects

extension APIServer {
  /// Many objects, of their cached bytes where the client reads the storage version.
  func list(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    try checkListOptions(call)
    let selection = try ListSelection(call)
    let encoder = try ObjectEncoder(call)
    // 0 is any state, which is answered whole; below 0 is no limit.
    let limit = call.query["resourceVersion"] == "0" ? 0 : try call.query.number("limit", atLeast: .min) ?? 0
    let token = try continueToken(call, store)
    let wanted = token == nil ? try exactRevision(call, limit, store) : token?.revision
    guard var objects = store.list(call.served.id, namespace: call.listNamespace, at: wanted ?? store.revision) else {
      throw .expired("The resourceVersion \(wanted ?? 0) is no longer kept; list again from the beginning")
    }
    let revision = wanted ?? store.revision
    if let token {
      let last = ObjectKey(call.served.id, namespace: token.namespace, token.name)
      objects = objects.drop { !(last < $0.key) }
    }
    let matching = selection.isEverything ? objects : objects.filter { selection.matches($0.tree) }[...]
    let page = limit > 0 ? matching.prefix(limit) : matching
    var metadata: JSON = ["resourceVersion": .string(String(revision))]
    if page.count < matching.count, let last = page.last?.key {
      metadata.put(
        .continue, .string(ContinueToken(revision: revision, namespace: last.namespace, name: last.name).text))
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
    guard [nil, "", "0"].contains(call.query["resourceVersion"]) else {
      throw .badRequest("a list goes on at its own resourceVersion")
    }
    guard token.revision >= store.log.compactedRevision, token.revision <= store.revision else {
      throw .expired("The provided continue parameter is too old; list again from the beginning")
    }
    return token
  }

  /// The revision of which a list is wanted; nil for now, which is not older than any that was reached.
  private func exactRevision(_ call: Call, _ limit: Int, _ store: Store) throws(APIError) -> UInt64? {
    let text = call.query["resourceVersion"] ?? ""
    let match = call.query["resourceVersionMatch"] ?? ""
    let isExact = match == "Exact" || (match.isEmpty && limit > 0 && !text.isEmpty && text != "0")
    guard let revision = try checkReached(text, store, waits: !isExact), isExact else { return nil }
    return revision
  }

  /// Source: ValidateListOptions, apimachinery/pkg/apis/meta/internalversion/validation, v1.36.
  func checkListOptions(_ call: Call) throws(APIError) {
    if call.query.isEmpty { return }
    for number in ["limit", "timeoutSeconds"] { _ = try call.query.number(number, atLeast: .min) }
    let match = call.query["resourceVersionMatch"] ?? ""
    let path: FieldPath = "resourceVersionMatch"
    let sendsInitial = call.query["sendInitialEvents"] != nil
    let isWatch = call.info.verb == "watch"
    var errors: [FieldError] = []
    if isWatch, sendsInitial, match != "NotOlderThan" {
      errors.add(.forbidden, path, "sendInitialEvents wants NotOlderThan here")
    }
    if !isWatch, sendsInitial { errors.add(.forbidden, "sendInitialEvents", "only a watch sends them") }
    if !match.isEmpty {
      let version = call.query["resourceVersion"] ?? ""
      if isWatch, !sendsInitial { errors.add(.forbidden, path, "a watch has it only with sendInitialEvents") }
      if !isWatch, version.isEmpty { errors.add(.forbidden, path, "without a resourceVersion it means nothing") }
      if call.query["continue"]?.isEmpty == false { errors.add(.forbidden, path, "a list goes on at its own revision") }
      let supported = isWatch ? ["NotOlderThan"] : ["Exact", "NotOlderThan"]
      if !supported.contains(match) { errors.append(.notSupported(path, value: match, supported: supported)) }
      if !isWatch, match == "Exact", version == "0" {
        errors.add(.forbidden, path, "resourceVersion 0 is any state, not an exact one")
      }
    }
    if !errors.isEmpty { throw .invalidOptions("ListOptions", errors) }
  }
}
