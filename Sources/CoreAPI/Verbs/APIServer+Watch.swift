import CoreObjects

extension APIServer {
  /// Changes from a revision on. Without one, or from "0": the present state first, as ADDED events.
  func watch(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    try checkListOptions(call)
    let lines = WatchLines(selection: try ListSelection(call), encoder: try ObjectEncoder(call), scope: call.listNamespace)
    let text = call.query["resourceVersion"] ?? ""
    let allowBookmarks = call.query.flag("allowWatchBookmarks") ?? false
    let sendsInitial = call.query.flag("sendInitialEvents")
    guard let revision = text.isEmpty ? 0 : UInt64(text) else { throw .unknown("resourceVersion \"\(text)\" is no number") }
    if sendsInitial == true { _ = try checkReached(text, store, waits: true) }
    var initial: [[UInt8]] = []
    if sendsInitial ?? (revision == 0) {
      for object in store.list(call.served.id, namespace: call.listNamespace) where lines.selection.matches(object.tree) {
        initial.append(lines.line("ADDED", object, at: call.now))
      }
      if sendsInitial == true, allowBookmarks { initial.append(lines.bookmark(store.revision, endsInitial: true)) }
    } else if sendsInitial == nil {
      guard let changes = store.log.changes(after: revision) else {
        throw .expired("too old resource version: \(revision) (\(store.log.compactedRevision))")
      }
      for change in changes where change.object.key.resource == call.served.id {
        if let line = lines.event(change, at: call.now) { initial.append(line) }
      }
    }
    // From a revision that is still to come on: what comes before it is not sent.
    let isAhead = revision > store.revision
    let seconds = try call.query.number("timeoutSeconds", atLeast: .min) ?? 0
    let request = WatchRequest(
      resource: call.served.id, namespace: call.listNamespace, revision: store.revision, allowBookmarks: allowBookmarks,
      timeoutSeconds: seconds == 0 ? nil : max(0, seconds), initial: initial,
      shape: lines.selection.isEverything && !isAhead ? lines.encoder.identity : nil,
      event: { isAhead && $0.object.revision <= revision ? nil : lines.event($0, at: $1) },
      bookmark: { lines.bookmark($0, endsInitial: false) })
    return .watch(request, contentType: "application/json")
  }
}

/// Watch events as lines of JSON, as one watcher sees them.
struct WatchLines: Sendable {
  let selection: ListSelection
  let encoder: ObjectEncoder
  /// nil: all namespaces.
  let scope: String?

  /// An object that begins to match is ADDED, one that stops is DELETED: the watcher never sees others.
  func event(_ change: StoreChange, at now: Instant) -> [UInt8]? {
    if let scope, change.object.key.namespace != scope { return nil }
    if selection.isEverything { return line(change.kind.rawValue, change.object, at: now) }
    let matches = change.kind != .deleted && selection.matches(change.object.tree)
    let matched = change.previous.map { selection.matches($0.tree) } ?? false
    switch (matched, matches) {
    case (false, false): return nil
    case (false, true): return line("ADDED", change.object, at: now)
    case (true, true): return line("MODIFIED", change.object, at: now)
    case (true, false): return line("DELETED", change.object, at: now)
    }
  }

  func line(_ type: String, _ object: StoredObject, at now: Instant) -> [UInt8] {
    let body = encoder.bytes(object, at: now)
    var line: [UInt8] = []
    line.reserveCapacity(body.count + 40)
    line += "{\"type\":\"".utf8
    line += type.utf8
    line += "\",\"object\":".utf8
    line += body
    line += "}\n".utf8
    return line
  }

  /// Only kind and revision. `endsInitial`: the state is complete (k8s.io/initial-events-end).
  func bookmark(_ revision: UInt64, endsInitial: Bool) -> [UInt8] {
    var metadata: JSON = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
    metadata = metadata.withoutNulls
    if endsInitial { metadata.put(.annotations, .object([Member(key: Key("k8s.io/initial-events-end"), value: "true")])) }
    let object: JSON
    switch encoder.shape {
    case .object, .discovery:
      object = [
        "kind": .string(encoder.served.definition.kind), "apiVersion": .string(encoder.served.version.apiVersion),
        "metadata": metadata,
      ]
    case .partial(let version):
      object = ["kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/" + version), "metadata": metadata]
    case .table(let version):
      object = [
        "kind": "Table", "apiVersion": .string("meta.k8s.io/" + version), "metadata": metadata, "columnDefinitions": .array([]),
        "rows": .array([]),
      ]
    }
    return Array("{\"type\":\"BOOKMARK\",\"object\":\(object.description)}\n".utf8)
  }
}
