import CoreObjects

extension Writer {
  private static let keptNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

  /// The row of a deletion: the object is removed, or marked where grace or finalizers hold it.
  /// Source: BeforeDelete and Store.Delete, k8s.io/apiserver/pkg/registry, v1.36.
  mutating func delete(_ key: ObjectKey, _ deletion: Deletion, _ actor: Actor, _ now: Instant) throws(APIError) -> Written {
    var (draft, object) = try draft(of: key, by: actor, at: now)
    try deletion.preconditions.check(object, draft.served.definition.kind)
    if key.resource == .namespaces, Writer.keptNamespaces.contains(key.name) {
      throw .forbidden(draft.served.requestID, key.name, "this namespace may not be deleted")
    }
    draft.old = object
    try judgeByPolicies(&draft, .delete)
    if !actor.isDryRun, Writer.isFree(object, deletion) { return Written(object: remove(key) ?? object, isGone: true) }
    let isHeld = markDeleted(&draft, object, deletion)
    if actor.isDryRun { return Written(object: draft.preview, isGone: !isHeld) }
    if !isHeld { return Written(object: remove(key, as: draft.takeTree()) ?? object, isGone: true) }
    return Written(object: draft.tree == object.tree ? object : put(&draft))
  }

  /// Nothing can hold it: no finalizer, no grace, no dependants to wait for. So it is with most of what is deleted: events.
  private static func isFree(_ object: StoredObject, _ deletion: Deletion) -> Bool {
    let metadata = object.tree[.metadata]
    let resource = object.key.resource
    return resource != .pods && resource != .namespaces && resource != .customResourceDefinitions && metadata[.finalizers].isNull
      && metadata[.deletionTimestamp].isNull
      && finalizers([], resource, deletion.propagation).isEmpty
  }

  /// - Returns: whether something holds it still
  private func markDeleted(_ draft: inout Draft, _ object: StoredObject, _ deletion: Deletion) -> Bool {
    let grace = draft.resource == .pods ? Writer.grace(of: object.view(Pod.self), deletion.graceSeconds) : 0
    var metadata = object.metadata
    metadata.finalizers = List(Writer.finalizers(metadata.finalizers.values, draft.resource, deletion.propagation))
    if draft.resource == .customResourceDefinitions { beginRemoval(&draft, &metadata) }
    if metadata.finalizers.isEmpty { metadata.tree.remove(.finalizers) }
    if metadata.deletionTimestamp == nil {
      metadata.deletionTimestamp = (draft.now + .seconds(grace)).rfc3339
      if draft.resource != .namespaces { metadata.deletionGracePeriodSeconds = grace }
      if let generation = metadata.generation { metadata.generation = generation + 1 }
    } else if let present = metadata.deletionGracePeriodSeconds, grace < present {
      // Only ever sooner.
      let due = metadata.deletionTimestamp.flatMap(Instant.init(rfc3339:)) ?? draft.now
      metadata.deletionTimestamp = (due - .seconds(present - grace)).rfc3339
      metadata.deletionGracePeriodSeconds = grace
    }
    draft.tree.put(.metadata, metadata.tree)
    let isHeld = !metadata.finalizers.isEmpty || (metadata.deletionGracePeriodSeconds ?? 0) > 0
    guard draft.resource == .namespaces else { return isHeld }
    draft.tree[.status].put(.phase, "Terminating")
    return isHeld || !draft.tree[.spec][.finalizers].elements.isEmpty
  }

  /// A kind goes with all its objects, which somebody has to delete first.
  private func beginRemoval(_ draft: inout Draft, _ metadata: inout ObjectMeta) {
    let finalizer = CustomResourceDefinition.cleanupFinalizer
    guard metadata.deletionTimestamp == nil, !metadata.finalizers.values.contains(finalizer) else { return }
    metadata.finalizers = List(metadata.finalizers.values + [finalizer])
    var definition = CustomResourceDefinition(tree: draft.takeTree())
    let condition = CustomResourceDefinitionCondition.make(
      type: "Terminating", status: "True", reason: "InstanceDeletionPending",
      message: "the definition is marked for deletion; its objects go first", lastTransitionTime: draft.now.rfc3339)
    definition.status.conditions = List(definition.status.conditions.filter { $0.type != "Terminating" } + [condition])
    draft.tree = definition.tree
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
