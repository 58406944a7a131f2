import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// pods/binding: a pod gets its node, once.
extension APIServer {
  mutating func bind(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    var warnings: [String] = []
    let (given, duplicates) = try APIServer.body(of: call.request)
    try APIServer.checkKind(given, kind: "Binding", apiVersion: "v1")
    let binding = try decode(
      given, as: "core.v1.Binding", title: "Binding in version \"v1\"", duplicates: duplicates, options, &warnings)
    let target = binding[.target]
    guard target[.kind].string ?? "Node" == "Node", let node = target[.name].string, !node.isEmpty else {
      let error = FieldError(.required, "target.name", detail: "the name of a Node")
      throw .invalid(group: "", kind: "Binding", name: call.info.pathName, [error])
    }
    let name = call.info.pathName.isEmpty ? binding[.metadata][.name].string ?? "" : call.info.pathName
    let key = ObjectKey(.pods, namespace: call.info.namespace, name)
    try bind(key, uid: binding[.metadata][.uid].string ?? "", node: node, options)
    return respond(StatusBody.success(code: 201), call, status: 201, warnings: warnings)
  }

  mutating func bind(_ key: ObjectKey, uid: String, node: String, _ options: WriteOptions) throws(APIError) {
    guard let old = store.get(key), let served = table.find(.pods) else { throw .notFound(.pods, key.name) }
    guard uid.isEmpty || uid == old.uid else {
      throw .conflict(.pods, key.name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
    }
    var pod = old.view(Pod.self)
    if pod.metadata.deletionTimestamp != nil {
      throw .conflict(.pods, key.name, "the pod is being deleted, cannot be assigned to a host")
    }
    if let present = pod.spec.nodeName, !present.isEmpty {
      throw .conflict(.pods, key.name, "the pod is already assigned to node \"\(present)\"")
    }
    if !pod.spec.schedulingGates.isEmpty { throw .conflict(.pods, key.name, "the pod still has scheduling gates") }
    pod.spec.nodeName = node
    // The place that was kept for it is taken (KEP-5278).
    pod.status.nominatedNodeName = nil
    let now = options.now.rfc3339
    var conditions = pod.status.conditions.tree.elements.filter { $0[.type].string != "PodScheduled" }
    conditions.append(["type": "PodScheduled", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now)])
    conditions[conditions.count - 1] = conditions[conditions.count - 1].withoutNulls
    pod.status.conditions = List(tree: .array(conditions))
    var tree = pod.tree
    if served.definition.id == .pods { FieldOwnership.note(&tree, old: old.tree, served, options) }
    if !options.isDryRun { _ = put(key, tree) }
  }
}
