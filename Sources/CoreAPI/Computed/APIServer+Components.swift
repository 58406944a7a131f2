import CoreObjects

/// The health of what a control plane used to be made of: it is one program here, and it answers.
extension APIServer {
  private static let components = ["controller-manager", "etcd-0", "scheduler"]

  func answerComponents(_ call: Call) throws(APIError) -> APIResponse {
    let encoder = try ObjectEncoder(call)
    if call.info.verb == "get" {
      guard APIServer.components.contains(call.info.pathName) else {
        throw .notFound(call.served.requestID, call.info.pathName)
      }
      return respond(encoder.tree(APIServer.component(call.info.pathName), at: call.now), call)
    }
    let selection = try ListSelection(call)
    var body = ListBody(encoder, at: call.now)
    for name in APIServer.components {
      let tree = APIServer.component(name)
      guard selection.matches(tree) else { continue }
      let key = ObjectKey(ComputedResources.componentStatuses, name)
      body.append(StoredObject(key: key, uid: "", revision: 0, tree: tree, encoded: tree.encoded()))
    }
    return body.response(.object([]))
  }

  private static func component(_ name: String) -> JSON {
    [
      "kind": "ComponentStatus", "apiVersion": "v1", "metadata": ["name": .string(name)],
      "conditions": [["type": "Healthy", "status": "True", "message": "ok"]],
    ]
  }
}

extension ComputedResources {
  /// Source: printComponentStatus, pkg/printers/internalversion/printers.go, v1.36.
  static func cells(ofComponent object: JSON) -> [JSON] {
    let condition = object[.conditions].elements.first { $0[.type] == "Healthy" } ?? .null
    let status = ["True": "Healthy", "False": "Unhealthy"][condition[.status].string ?? ""] ?? "Unknown"
    return [
      object[.metadata][.name], .string(status), .string(condition[.message].string ?? ""),
      .string(condition["error"].string ?? ""),
    ]
  }
}
