package import CoreObjects

/// ReplicaSets that follow one another as the template changes. Source: pkg/controller/deployment, v1.36.
package struct DeploymentController: Controller {
  package let name = "deployment-controller"
  package var resources: Set<ResourceID>? { [.deployments, .replicaSets, .pods] }
  /// The ReplicaSet that the last plan of a Deployment made; one that is not there at the next look was refused.
  private var lastNewSet: [ObjectKey: String] = [:]
  private var orphans = OrphanPods(.replicaSets)

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    orphans.record(change)
    let object = change.object
    switch object.key.resource {
    case .deployments: return [object.key]
    case .replicaSets:
      if let owner = DeploymentController.owner(of: object) { return [owner] }
      var found: [ObjectKey] = []
      if let owner = change.previous.flatMap({ DeploymentController.owner(of: $0) }) { found.append(owner) }
      if change.kind == .deleted { return found }
      let labels = object.metadata.labels
      return found
        + snapshot.store.list(.deployments, namespace: object.key.namespace).filter {
          $0.view(Deployment.self).spec.selector.matches(labels) && !found.contains($0.key)
        }.map(\.key)
    case .pods:
      // Recreate waits until the last old pod has gone; everything else shows in the status of the ReplicaSets.
      guard change.kind == .deleted, let owner = object.controller, owner.kind == "ReplicaSet",
        let set = snapshot.store.get(.replicaSets, namespace: object.key.namespace, owner.name ?? ""),
        let deployment = DeploymentController.owner(of: set),
        let stored = snapshot.store.get(deployment), stored.tree[.spec][.strategy][.type].isText("Recreate")
      else { return [] }
      return [deployment]
    default: return []
    }
  }

  private static func owner(of set: StoredObject) -> ObjectKey? {
    guard let owner = set.controller, owner.kind == "Deployment" else { return nil }
    return ObjectKey(.deployments, namespace: set.key.namespace, owner.name ?? "")
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    let last = lastNewSet.removeValue(forKey: key)
    guard let stored = snapshot.store.get(key) else { return Plan() }
    let owned = snapshot.store.owned(by: stored.uid).filter { $0.key.resource == .replicaSets }
    let claims = claim(stored, owned, snapshot.store)
    if !claims.isEmpty { return Plan(changes: claims) }
    var sync = DeploymentSync(stored, owned, snapshot.store, now, lastNewSet: last)
    sync.run()
    if let new = sync.newSet, new.stored == nil { lastNewSet[key] = new.name }
    return sync.plan
  }

  /// Adopts ReplicaSets without an owner that the selector matches, and lets go of those that it no longer does.
  private func claim(_ stored: StoredObject, _ owned: [StoredObject], _ store: Store) -> [Change] {
    guard stored.metadata.deletionTimestamp == nil else { return [] }
    let selector = stored.view(Deployment.self).spec.selector
    var changes: [Change] = []
    let free = orphans.keys(in: stored.key.namespace).compactMap { store.get($0) }
    for set in owned + free where set.metadata.deletionTimestamp == nil {
      let metadata = set.metadata
      let isMatched = selector.matches(metadata.labels)
      let owner = set.controllerReference[.uid]
      let owners: [OwnerReference]
      if owner.isText(stored.uid), !isMatched {
        owners = metadata.ownerReferences.filter { $0.uid != stored.uid }
      } else if owner.isNull, isMatched {
        owners = Array(metadata.ownerReferences) + [OwnedPods.reference(to: stored.tree)]
      } else {
        continue
      }
      changes.append(.update(set, owners: owners))
    }
    return changes
  }
}
