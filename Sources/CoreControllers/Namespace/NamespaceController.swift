package import CoreObjects

/// Empties a namespace that is being deleted, then lets it go. Source: pkg/controller/namespace, v1.36.
package struct NamespaceController: Controller {
  package let name = "namespace-controller"
  /// Names of the namespaces that are being deleted.
  private var leaving: Set<String> = []

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    if change.object.key.resource == .namespaces {
      record(change)
      return change.kind == .deleted ? [] : [change.object.key]
    }
    guard change.kind == .deleted, !leaving.isEmpty, leaving.contains(change.object.key.namespace),
      let namespace = snapshot.store.get(.namespaces, change.object.key.namespace), namespace.metadata.deletionTimestamp != nil
    else { return [] }
    return [namespace.key]
  }

  private mutating func record(_ change: StoreChange) {
    if change.kind != .deleted, change.object.metadata.deletionTimestamp != nil {
      leaving.insert(change.object.key.name)
    } else {
      leaving.remove(change.object.key.name)
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp != nil else { return Plan() }
    var namespace = stored.view(Namespace.self)
    guard namespace.spec.finalizers.values.contains("kubernetes") else { return Plan() }
    var plan = Plan()
    var remaining = Remaining()
    // What pods depend on, such as claims and Secrets, stays until they have gone, and is not counted before.
    // Source: OrderedNamespaceDeletion, namespaced_resources_deleter.go, v1.36.
    let hasPods = !snapshot.store.list(.pods, namespace: key.name).isEmpty
    for resource in hasPods ? [.pods] : snapshot.store.resources where resource != .namespaces {
      let objects = snapshot.store.list(resource, namespace: key.name)
      if !objects.isEmpty { remaining.counts.append((resource, objects.count)) }
      for object in objects {
        for finalizer in object.metadata.finalizers.values { remaining.finalizers[finalizer, default: 0] += 1 }
        if object.metadata.deletionTimestamp != nil { continue }
        plan.changes.append(.delete(object, propagation: .background))
      }
    }
    if remaining.isEmpty {
      namespace.spec.finalizers = List(namespace.spec.finalizers.values.filter { $0 != "kubernetes" })
      let finalizers = JSON.array(namespace.spec.finalizers.values.map { .string($0) })
      return Plan(changes: [
        Change(.patch(key, subresource: "finalize", merge: ["spec": ["finalizers": finalizers]]), tolerated: Change.untilGone)
      ])
    }
    namespace.status.phase = "Terminating"
    NamespaceController.setConditions(&namespace.status, remaining, at: now)
    if namespace.tree != stored.tree {
      let merge = StatusPatch.from(stored.tree[.status], to: namespace.status.tree)
      plan.changes.append(.patchStatus(of: key, with: merge))
    }
    return plan
  }

  /// Why the namespace is still there.
  /// Source: conditionUpdater, pkg/controller/namespace/deletion/status_condition_utils.go, v1.36.
  private static func setConditions(_ status: inout NamespaceStatus, _ remaining: Remaining, at now: Instant) {
    let counts = remaining.counts.map { "\($0.resource): \($0.count)" }.joined(separator: ", ")
    let finalizers = remaining.finalizers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let wanted: [(type: String, status: Bool, reason: String, message: String)] = [
      ("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "all resources are known"),
      ("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "all group versions could be read"),
      ("NamespaceDeletionContentFailure", false, "ContentDeleted", "all content is deleted or about to be"),
      ("NamespaceContentRemaining", true, "SomeResourcesRemain", "still there: \(counts)"),
      (
        "NamespaceFinalizersRemaining", !finalizers.isEmpty,
        finalizers.isEmpty ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
        finalizers.isEmpty ? "no finalizer holds content" : "finalizers that hold content: \(finalizers)"
      ),
    ]
    var conditions: [NamespaceCondition] = []
    for each in wanted {
      var condition = status.conditions.first { $0.type == each.type } ?? NamespaceCondition()
      let value = each.status ? "True" : "False"
      if condition.status != value { condition.lastTransitionTime = now.rfc3339 }
      condition.type = each.type
      condition.status = value
      condition.reason = each.reason
      condition.message = each.message
      conditions.append(condition)
    }
    status.conditions = List(conditions)
  }

  private struct Remaining {
    var counts: [(resource: ResourceID, count: Int)] = []
    var finalizers: [String: Int] = [:]
    var isEmpty: Bool { counts.isEmpty }
  }
}
