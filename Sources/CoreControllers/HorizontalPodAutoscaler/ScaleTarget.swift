import CoreObjects

/// What an autoscaler scales: any kind with spec.replicas and a scale subresource.
final class ScaleTarget: Sendable {
  let stored: StoredObject
  /// spec.replicas
  let replicas: Int
  /// status.replicas
  var statusReplicas: Int { stored.tree[.status][.replicas].int ?? 0 }
  let selector: LabelSelector
  let hasSelector: Bool
  /// What is wrong with the selector.
  let problem: String?

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

  /// - Parameter known: what was found last: it is the same until it is written
  static func find(
    _ reference: Reference, namespace: String, _ store: Store, known: ScaleTarget? = nil
  ) throws(Missing) -> ScaleTarget {
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
    if let known, known.stored === found { return known }
    return ScaleTarget(found)
  }

  private init(_ found: StoredObject) {
    stored = found
    replicas = found.tree[.spec][.replicas].int ?? 1
    let tree = found.tree[.spec][.selector]
    let isPlain = found.key.resource == .replicationControllers && !tree.isNull
    selector = LabelSelector(tree: isPlain ? ["matchLabels": tree] : tree)
    hasSelector = !(selector.matchLabels.isEmpty && selector.matchExpressions.isEmpty)
    problem = selector.problem
  }

  var hasValidSelector: Bool { hasSelector && problem == nil }
}
