import CoreObjects

/// autoscaling/v1 Scale of Deployment, ReplicaSet, StatefulSet, ReplicationController and kinds of CustomResourceDefinitions: from an
/// object and back into it.
enum ScaleSubresource {
  static func decoded(
    _ document: Document, _ validation: FieldValidation, _ warnings: inout [String]
  ) throws(APIError) -> JSON {
    try document.checkKind("Scale", apiVersion: "autoscaling/v1")
    return try document.decoded(
      as: Schema.shared.type("autoscaling.v1.Scale"), title: "Scale in version \"v1\"", validation, &warnings)
  }

  /// The object with the number of replicas that `scale` wants.
  static func applied(_ scale: JSON, to old: StoredObject, _ paths: ScalePaths) throws(APIError) -> JSON {
    let replicas = scale[.spec][.replicas].int ?? 0
    guard replicas >= 0, replicas <= Int(Int32.max) else {
      let error = FieldError(
        .invalid, "spec.replicas", value: .int(Int64(replicas)), detail: "must be between 0 and \(Int32.max)")
      throw .invalid(group: "autoscaling", kind: "Scale", name: old.key.name, [error])
    }
    var tree = old.tree
    tree.put(.int(Int64(replicas)), at: paths.wanted)
    // What the client read decides whether somebody wrote in between.
    if let version = scale[.metadata][.resourceVersion].string, !version.isEmpty {
      tree[.metadata].put(.resourceVersion, .string(version))
    }
    if let uid = scale[.metadata][.uid].string, !uid.isEmpty { tree[.metadata].put(.uid, .string(uid)) }
    return tree
  }

  static func of(_ object: StoredObject, _ paths: ScalePaths) -> JSON {
    let tree = object.tree
    var metadata: JSON = .object([])
    for key in [Key.name, .namespace, .uid, .resourceVersion, .creationTimestamp] { metadata.put(key, tree[.metadata][key]) }
    let selector = paths.selector.map { tree.value(at: $0) } ?? .null
    let text: String
    if let written = selector.string {
      text = written
    } else if object.key.resource == .replicationControllers {
      text = TextMap(tree: selector).sorted.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    } else {
      text = LabelSelector(tree: selector).text
    }
    let scale: JSON = [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
      "spec": ["replicas": .int(Int64(tree.value(at: paths.wanted).int ?? 0))],
      "status": ["replicas": .int(Int64(tree.value(at: paths.present).int ?? 0)), "selector": .string(text)],
    ]
    return Schema.shared.completed(scale, as: "autoscaling.v1.Scale")
  }
}
