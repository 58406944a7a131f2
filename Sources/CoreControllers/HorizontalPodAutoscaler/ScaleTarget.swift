import CoreJSON
import CoreStore
import CoreTypes

/// What an autoscaler scales: any kind with spec.replicas and a scale subresource.
struct ScaleTarget {
  let stored: StoredObject
  let replicas: Int
  let currentReplicas: Int
  let selector: LabelSelector

  private static let resources: [String: ResourceID] = [
    "StatefulSet": .statefulSets, "Deployment": .deployments, "ReplicaSet": .replicaSets, "ReplicationController": .replicationControllers,
  ]

  /// nil where there is no such object.
  init?(_ reference: CrossVersionObjectReference, namespace: String, _ store: Store) {
    guard let resource = ScaleTarget.resources[reference.kind ?? ""],
      let found = store.get(resource, namespace: namespace, reference.name ?? "")
    else { return nil }
    stored = found
    replicas = found.tree[.spec][.replicas].int ?? 1
    currentReplicas = found.tree[.status][.replicas].int ?? 0
    let tree = found.tree[.spec][.selector]
    selector =
      resource == .replicationControllers ? LabelSelector(tree: ["matchLabels": tree]) : LabelSelector(tree: tree)
  }

  /// Pods that the selector matches, sorted by name.
  func pods(_ store: Store) -> [StoredObject] {
    let owned = store.owned(by: stored.uid).filter { $0.key.resource == .pods }
    if !owned.isEmpty, owned.allSatisfy({ selector.matches($0.metadata.labels) }), stored.key.resource == .statefulSets { return owned }
    return store.list(.pods, namespace: stored.key.namespace).filter { selector.matches($0.metadata.labels) }
  }
}
