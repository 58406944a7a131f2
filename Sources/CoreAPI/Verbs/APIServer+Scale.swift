import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// autoscaling/v1 Scale of Deployment, ReplicaSet, StatefulSet and ReplicationController.
extension APIServer {
  func getScale(_ call: Call) throws(APIError) -> APIResponse {
    respond(APIServer.scale(of: try call.object(in: store)), call)
  }

  mutating func updateScale(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    let (tree, duplicates) = try APIServer.body(of: call.request)
    return try writeScale(tree, duplicates, try call.object(in: store), call, options)
  }

  mutating func patchScale(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    let type = mediaType(of: call.request.contentType)
    let (patch, duplicates) = try APIServer.parse(call.request.body)
    let old = try call.object(in: store)
    var scale = APIServer.scale(of: old)
    switch type {
    case APIServer.patchTypes[0]: scale = try APIServer.jsonPatched(scale, patch)
    case APIServer.patchTypes[1], APIServer.patchTypes[2]: scale.merge(patch)
    default: throw .unsupportedMediaType(call.request.contentType, accepted: APIServer.patchTypes)
    }
    return try writeScale(scale, duplicates, old, call, options)
  }

  private mutating func writeScale(
    _ given: JSON, _ duplicates: [String], _ old: StoredObject, _ call: Call, _ options: WriteOptions
  ) throws(APIError) -> APIResponse {
    try APIServer.checkKind(given, kind: "Scale", apiVersion: "autoscaling/v1")
    var warnings: [String] = []
    let scale = try decode(
      given, as: "autoscaling.v1.Scale", title: "Scale in version \"v1\"", duplicates: duplicates, options, &warnings)
    try APIServer.checkName(scale, call)
    let object = try writeScale(scale, old, call.served, options, &warnings)
    return respond(APIServer.scale(of: object), call, warnings: warnings)
  }

  mutating func writeScale(
    _ scale: JSON, _ old: StoredObject, _ served: ServedResource, _ options: WriteOptions, _ warnings: inout [String]
  ) throws(APIError) -> StoredObject {
    let replicas = scale[.spec][.replicas].int ?? 0
    guard replicas >= 0, replicas <= Int(Int32.max) else {
      let error = FieldError(
        .invalid, "spec.replicas", value: .int(Int64(replicas)), detail: "must be between 0 and \(Int32.max)")
      throw .invalid(group: "autoscaling", kind: "Scale", name: old.key.name, [error])
    }
    var tree = old.tree
    tree[.spec].put(.replicas, .int(Int64(replicas)))
    // What the client read decides whether somebody wrote in between.
    if let version = scale[.metadata][.resourceVersion].string, !version.isEmpty {
      tree[.metadata].put(.resourceVersion, .string(version))
    }
    if let uid = scale[.metadata][.uid].string, !uid.isEmpty { tree[.metadata].put(.uid, .string(uid)) }
    var options = options
    options.subresource = ""
    return try replace(served, old, with: tree, options, &warnings)
  }

  static func scale(of object: StoredObject) -> JSON {
    let tree = object.tree
    var metadata: JSON = .object([])
    for key in [Key.name, .namespace, .uid, .resourceVersion, .creationTimestamp] { metadata.put(key, tree[.metadata][key]) }
    let selector = tree[.spec][.selector]
    let text: String
    if object.key.resource == .replicationControllers {
      text = TextMap(tree: selector).sorted.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    } else {
      text = LabelSelector(tree: selector).text
    }
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
      "spec": ["replicas": .int(Int64(tree[.spec][.replicas].int ?? 0))],
      "status": ["replicas": .int(Int64(tree[.status][.replicas].int ?? 0)), "selector": .string(text)],
    ]
  }
}
