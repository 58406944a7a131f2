import CoreJSON
import CoreStore
import CoreTypes

extension APIServer {
  /// Kinds whose deletion answers with the object. Source: ReturnDeletedObject in pkg/registry, v1.36.
  private static let returned: Set<ResourceID> = [
    .pods, .podTemplates, .persistentVolumes, .persistentVolumeClaims, .resourceQuotas, .serviceAccounts, .services,
  ]
  private static let keptNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

  mutating func delete(_ call: Call) throws(APIError) -> APIResponse {
    let deletion = try Deletion(call)
    let object = try call.object(in: store)
    var warnings: [String] = []
    if call.served.id == .jobs, deletion.propagation == nil {
      warnings.append(
        "without a propagationPolicy the pods of a deleted job stay; Background removes them, Orphan keeps them without this warning"
      )
    }
    let (last, isGone) = try erase(object, call.served, deletion)
    if isGone, !APIServer.returned.contains(call.served.id) {
      let status = StatusBody.deleted(call.served.requestID, name: object.key.name, uid: object.uid)
      return respond(status, call, warnings: warnings)
    }
    return try respond(last, call, warnings: warnings)
  }

  /// DELETE of a collection: each of the selected objects takes the way of a single deletion.
  mutating func deleteCollection(_ call: Call) throws(APIError) -> APIResponse {
    let deletion = try Deletion(call)
    let selection = try ListSelection(call)
    let encoder = try ObjectEncoder(call)
    let objects = store.list(call.served.id, namespace: call.listNamespace).filter { selection.matches($0.tree) }
    var items: [[UInt8]] = []
    for object in objects {
      guard let present = store.get(object.key) else { continue }
      let (last, _) = try erase(present, call.served, deletion)
      items.append(encoder.item(last, at: call.now))
    }
    let (head, tail) = encoder.list(["resourceVersion": .string(String(store.revision))])
    let chunks = [head] + items.enumerated().flatMap { $0.offset == 0 ? [$0.element] : [APIServer.comma, $0.element] } + [tail]
    return .body(status: 200, contentType: "application/json", chunks: chunks, headers: [])
  }

  /// Removes an object, or marks it where grace or finalizers hold it.
  /// Source: BeforeDelete and Store.Delete, k8s.io/apiserver/pkg/registry, v1.36.
  mutating func erase(
    _ object: StoredObject, _ served: ServedResource, _ deletion: Deletion
  ) throws(APIError) -> (last: StoredObject, isGone: Bool) {
    try deletion.checkPreconditions(object, served.requestID)
    if served.id == .namespaces {
      guard !APIServer.keptNamespaces.contains(object.key.name) else {
        throw .forbidden(served.requestID, object.key.name, "this namespace may not be deleted")
      }
    }
    if isFree(object, served, deletion) { return (remove(object.key) ?? object, true) }
    let grace = served.id == .pods ? APIServer.grace(of: object.view(Pod.self), deletion.graceSeconds) : 0
    var tree = object.tree
    var metadata = object.metadata
    metadata.finalizers = List(APIServer.finalizers(metadata.finalizers.values, served.id, deletion.propagation))
    if metadata.finalizers.isEmpty { metadata.tree.remove(.finalizers) }
    if metadata.deletionTimestamp == nil {
      metadata.deletionTimestamp = (deletion.options.now + .seconds(grace)).rfc3339
      metadata.deletionGracePeriodSeconds = grace
      if let generation = metadata.generation { metadata.generation = generation + 1 }
    } else if let present = metadata.deletionGracePeriodSeconds, grace < present {
      // Only ever sooner.
      let due = metadata.deletionTimestamp.flatMap(Instant.init(rfc3339:)) ?? deletion.options.now
      metadata.deletionTimestamp = (due - .seconds(present - grace)).rfc3339
      metadata.deletionGracePeriodSeconds = grace
    }
    tree.put(.metadata, metadata.tree)
    var isHeld = !metadata.finalizers.isEmpty || (metadata.deletionGracePeriodSeconds ?? 0) > 0
    if served.id == .namespaces {
      tree[.status].put(.phase, "Terminating")
      isHeld = isHeld || !tree[.spec][.finalizers].elements.isEmpty
    }
    if deletion.options.isDryRun {
      let preview = StoredObject(key: object.key, uid: object.uid, revision: object.revision, tree: tree, encoded: tree.encoded())
      return (preview, !isHeld)
    }
    if isHeld { return (tree == object.tree ? object : put(object.key, tree), false) }
    return (remove(object.key) ?? object, true)
  }

  /// Nothing can hold it: no finalizer, no grace, no dependants to wait for. So it is with most of what is deleted: events.
  private func isFree(_ object: StoredObject, _ served: ServedResource, _ deletion: Deletion) -> Bool {
    let metadata = object.tree[.metadata]
    return served.id != .pods && served.id != .namespaces && !deletion.options.isDryRun && metadata[.finalizers].isNull
      && metadata[.deletionTimestamp].isNull && APIServer.finalizers([], served.id, deletion.propagation).isEmpty
  }

  /// A pod that runs nowhere, or runs no more, needs none. Source: podStrategy.CheckGracefulDelete.
  private static func grace(of pod: Pod, _ wanted: Int?) -> Int {
    let seconds = wanted ?? pod.spec.terminationGracePeriodSeconds ?? 30
    if (pod.spec.nodeName ?? "").isEmpty || pod.status.phase == "Succeeded" || pod.status.phase == "Failed" { return 0 }
    return seconds < 0 ? 1 : seconds
  }

  /// Source: deletionFinalizersForGarbageCollection, registry/generic/registry/store.go, v1.36.
  private static func finalizers(_ present: [String], _ id: ResourceID, _ propagation: String?) -> [String] {
    let orphan = "orphan"
    let foreground = "foregroundDeletion"
    var policy = propagation ?? ""
    if policy.isEmpty {
      if present.contains(orphan) || present.contains(foreground) { return present }
      policy = id == .jobs || id == .replicationControllers ? "Orphan" : "Background"
    }
    let others = present.filter { $0 != orphan && $0 != foreground }
    switch policy {
    case "Orphan": return others + [orphan]
    case "Foreground": return others + [foreground]
    default: return others
    }
  }
}
