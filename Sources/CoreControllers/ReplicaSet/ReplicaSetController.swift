package import CoreObjects

/// Keeps a number of equal pods running: for ReplicaSets, and for ReplicationControllers, which differ in their selector only.
/// Source: pkg/controller/replicaset and pkg/controller/replication, v1.36.
package struct ReplicaSetController: Controller {
  package let name: String
  private let resource: ResourceID
  private let kind: String
  /// Pods that the last plan of a key asked for; those that are not there at the next look were refused.
  private var planned: [ObjectKey: [String]] = [:]
  private var orphans = OrphanPods()

  package static let replicaSets = ReplicaSetController(name: "replicaset-controller", .replicaSets, kind: "ReplicaSet")
  package static let replicationControllers = ReplicaSetController(
    name: "replication-controller", .replicationControllers, kind: "ReplicationController")

  private init(name: String, _ resource: ResourceID, kind: String) {
    self.name = name
    self.resource = resource
    self.kind = kind
  }

  package var resources: Set<ResourceID>? { [resource, .pods] }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    orphans.record(change)
    let key = change.object.key
    if key.resource == resource { return [key] }
    guard key.resource == .pods else { return [] }
    let controller = change.object.controllerReference
    if !controller.isNull {
      // Most pods are of others.
      guard controller[.kind].isText(kind) else { return [] }
      if let previous = change.previous, change.kind == .modified, Self.isSamePod(previous, change.object) { return [] }
      return [ObjectKey(resource, namespace: key.namespace, controller[.name].string ?? "")]
    }
    let found = OwnedPods.ownerBefore(change, kind: kind, resource)
    if change.kind == .deleted { return found }
    let labels = change.object.metadata.labels
    return found
      + snapshot.store.list(resource, namespace: key.namespace).filter {
        selector(of: $0).matches(labels) && !found.contains($0.key)
      }
      .map(\.key)
  }

  /// Whether a set counts a pod as it did before: that it gets a node, an address or its image makes no difference.
  private static func isSamePod(_ old: StoredObject, _ new: StoredObject) -> Bool {
    let (before, after) = (old.tree[.metadata], new.tree[.metadata])
    let (oldPod, newPod) = (old.view(Pod.self), new.view(Pod.self))
    return before[.deletionTimestamp] == after[.deletionTimestamp] && before[.labels] == after[.labels]
      && before[.ownerReferences] == after[.ownerReferences] && oldPod.isOver == newPod.isOver
      && oldPod.readiness == newPod.readiness
  }

  private func selector(of stored: StoredObject) -> LabelSelector {
    let tree = stored.tree[.spec][.selector]
    return resource == .replicaSets ? LabelSelector(tree: tree) : LabelSelector(tree: ["matchLabels": tree])
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else {
      planned[key] = nil
      return Plan()
    }
    let selector = selector(of: stored)
    let owned = OwnedPods.controlled(by: stored, snapshot.store)
    let claims = OwnedPods.claim(stored, selector, orphans, snapshot.store, owned: owned)
    if !claims.isEmpty { return Plan(changes: claims) }
    let wasRefused = (planned.removeValue(forKey: key) ?? []).contains {
      snapshot.store.get(.pods, namespace: key.namespace, $0) == nil
    }
    // What the selector of a set that stays does not match has been released.
    let isLeaving = !stored.tree[.metadata][.deletionTimestamp].isNull
    let pods = isLeaving ? owned.filter { selector.matches($0.metadata.labels) } : owned
    var sync = ReplicaSetSync(stored, resource, kind: kind, pods, snapshot.store, now)
    sync.run(wasRefused: wasRefused)
    if !sync.created.isEmpty { planned[key] = sync.created }
    return sync.plan
  }
}
