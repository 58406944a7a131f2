import CoreJSON
import CoreStore

extension APIServer {
  /// PUT of the object or of its status. What is not there is not made: 404.
  mutating func update(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    var warnings: [String] = []
    let tree = try decodeBody(call, options, &warnings)
    try APIServer.checkName(tree, call)
    let old = try call.object(in: store)
    let object = try replace(call.served, old, with: tree, options, &warnings)
    return try respond(object, call, warnings: warnings)
  }

  /// The body is about the object that the path names.
  static func checkName(_ tree: JSON, _ call: Call) throws(APIError) {
    let name = tree[.metadata][.name].string ?? ""
    guard name == call.info.pathName else {
      throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(call.info.pathName))")
    }
    if let namespace = tree[.metadata][.namespace].string, !namespace.isEmpty, namespace != call.namespace {
      throw .badRequest(
        "the namespace of the object (\(namespace)) does not match the namespace on the request (\(call.namespace))")
    }
  }
}
