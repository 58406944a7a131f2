import CoreJSON
package import CoreStore
package import CoreTypes

/// Empties a namespace that is being deleted, then lets it go. Source: pkg/controller/namespace, v1.36.
package struct NamespaceController: Controller {
  package let name = "namespace-controller"

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    if change.object.key.resource == .namespaces { return change.kind == .deleted ? [] : [change.object.key] }
    guard change.kind == .deleted, !change.object.key.namespace.isEmpty,
      let namespace = snapshot.store.get(.namespaces, change.object.key.namespace), namespace.metadata.deletionTimestamp != nil
    else { return [] }
    return [namespace.key]
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp != nil else { return Plan() }
    var namespace = stored.view(Namespace.self)
    guard namespace.spec.finalizers.values.contains("kubernetes") else { return Plan() }
    var plan = Plan()
    var left = 0
    for resource in snapshot.store.resources where resource != .namespaces {
      for object in snapshot.store.list(resource, namespace: key.name) {
        left += 1
        if object.metadata.deletionTimestamp != nil { continue }
        plan.changes.append(
          Change(
            .delete(object.key, uid: object.uid, graceSeconds: nil, propagation: .background),
            tolerated: ["NotFound", "Conflict"]))
      }
    }
    if left == 0 {
      namespace.spec.finalizers = List(namespace.spec.finalizers.values.filter { $0 != "kubernetes" })
      let finalizers = JSON.array(namespace.spec.finalizers.values.map { .string($0) })
      return Plan(changes: [
        Change(.patch(key, subresource: "finalize", merge: ["spec": ["finalizers": finalizers]]), tolerated: ["NotFound"])
      ])
    }
    if namespace.status.phase != "Terminating" {
      namespace.status.phase = "Terminating"
      plan.changes.append(Change(.updateStatus(.namespaces, tree: namespace.tree), tolerated: ["Conflict"]))
    }
    return plan
  }
}
