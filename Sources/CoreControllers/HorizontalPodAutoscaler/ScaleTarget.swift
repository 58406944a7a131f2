import CoreObjects

/// What an autoscaler scales: any kind with spec.replicas and a scale subresource.
final class ScaleTarget: Sendable {
  let stored: StoredObject
  /// spec.replicas
  let replicas: Int
  /// status.replicas
  let statusReplicas: Int
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

  /// - Parameter store: where kinds with a scale are found that CustomResourceDefinitions add
  static func resource(_ reference: CrossVersionObjectReference, _ store: Store) -> ResourceID? {
    resource(reference) ?? custom(reference.kind ?? "", reference.apiVersion, store)
  }

  /// Of the kinds that are always there.
  private static func resource(_ reference: CrossVersionObjectReference) -> ResourceID? {
    let group = group(reference.apiVersion)
    return kinds.first { $0.group == group && (reference.kind == $0.kind || reference.kind == $0.kind.lowercased()) }?.resource
  }

  /// Only the group counts, as with upstream's REST mapping.
  private static func group(_ apiVersion: String?) -> Substring {
    let version = apiVersion ?? ""
    return version.utf8.firstIndex(of: UInt8(ascii: "/")).map { version[..<$0] } ?? ""
  }

  private static func custom(_ kind: String, _ apiVersion: String?, _ store: Store) -> ResourceID? {
    let found = store.customKinds.find(group: group(apiVersion), kind: kind)
    return found?.scale == nil ? nil : found?.resource
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
    guard let resource = reference.resource ?? custom(reference.kind, reference.apiVersion, store) else {
      throw Missing(
        message:
          "the kind \(reference.kind) of \(reference.apiVersion ?? "no apiVersion") has no scale here: name a Deployment, StatefulSet or "
          + "ReplicaSet of apps/v1, a ReplicationController of v1, or a custom resource with the subresource scale, in scaleTargetRef"
      )
    }
    guard let found = store.get(resource, namespace: namespace, reference.name) else {
      throw Missing(
        message:
          "the \(reference.kind) \"\(reference.name)\" named in scaleTargetRef is not in namespace \(namespace): create it or "
          + "correct the name")
    }
    if let known, known.stored === found { return known }
    return ScaleTarget(found, store.customKinds.find(resource)?.scale)
  }

  /// - Parameter custom: where a custom resource has its numbers
  private init(_ found: StoredObject, _ custom: ScalePaths?) {
    let paths = custom ?? ScalePaths()
    stored = found
    // A Scale has 0 where a custom resource has nothing.
    replicas = found.tree.value(at: paths.wanted).int ?? (custom == nil ? 1 : 0)
    statusReplicas = found.tree.value(at: paths.present).int ?? 0
    let tree = paths.selector.map { found.tree.value(at: $0) } ?? .null
    if let text = tree.string {
      do throws(LabelRequirements.Problem) {
        selector = LabelSelector(try LabelRequirements(text))
        problem = selector.problem
      } catch {
        selector = LabelSelector(tree: .null)
        problem = error.message
      }
    } else {
      let isPlain = found.key.resource == .replicationControllers && !tree.isNull
      selector = LabelSelector(tree: isPlain ? ["matchLabels": tree] : tree)
      problem = selector.problem
    }
    hasSelector = !selector.isEverything
  }

  var hasValidSelector: Bool { hasSelector && problem == nil }
}
