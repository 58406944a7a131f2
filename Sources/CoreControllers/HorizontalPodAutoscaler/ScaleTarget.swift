import CoreObjects

/// What an autoscaler scales: any kind with spec.replicas and a scale subresource.
struct ScaleTarget {
  let stored: StoredObject
  /// spec.replicas
  let replicas: Int
  /// status.replicas
  var statusReplicas: Int { stored.tree[.status][.replicas].int ?? 0 }
  let selector: LabelSelector

  struct Missing: Error { var message: String }

  /// A scaleTargetRef, read once.
  struct Reference: Sendable {
    let kind: String
    let apiVersion: String?
    let name: String
    let resource: ResourceID?

    init(_ reference: CrossVersionObjectReference) {
      kind = reference.kind ?? ""
      apiVersion = reference.apiVersion
      name = reference.name ?? ""
      resource = ScaleTarget.resource(reference)
    }
  }

  static func resource(_ reference: CrossVersionObjectReference) -> ResourceID? {
    // Only the group counts, as with upstream's REST mapping.
    let version = reference.apiVersion ?? ""
    let group = version.utf8.firstIndex(of: UInt8(ascii: "/")).map { version[..<$0] } ?? ""
    return kinds.first { $0.group == group && (reference.kind == $0.kind || reference.kind == $0.kind.lowercased()) }?.resource
  }

  /// Kinds are found by their name, or by it in small letters. Source: NewDiscoveryRESTMapper, client-go/restmapper, v0.36.
  private static let kinds: [(group: Substring, kind: String, resource: ResourceID)] = [
    ("apps", "StatefulSet", .statefulSets), ("apps", "Deployment", .deployments), ("apps", "ReplicaSet", .replicaSets),
    ("", "ReplicationController", .replicationControllers),
  ]

  init(_ reference: Reference, namespace: String, _ store: Store) throws(Missing) {
    guard let resource = reference.resource else {
      throw Missing(
        message:
          "the kind \(reference.kind) of \(reference.apiVersion ?? "no apiVersion") has no scale here: name a Deployment, StatefulSet or "
          + "ReplicaSet of apps/v1, or a ReplicationController of v1, in scaleTargetRef")
    }
    guard let found = store.get(resource, namespace: namespace, reference.name) else {
      throw Missing(
        message:
          "the \(reference.kind) \"\(reference.name)\" named in scaleTargetRef is not in namespace \(namespace): create it or "
          + "correct the name")
    }
    stored = found
    replicas = found.tree[.spec][.replicas].int ?? 1
    let tree = found.tree[.spec][.selector]
    selector = LabelSelector(tree: resource == .replicationControllers && !tree.isNull ? ["matchLabels": tree] : tree)
  }

  var hasValidSelector: Bool { hasSelector && selector.problem == nil }
  var hasSelector: Bool { !(selector.matchLabels.isEmpty && selector.matchExpressions.isEmpty) }
}
