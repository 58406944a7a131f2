import CoreJSON
import CoreStore

extension APIServer {
  mutating func create(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    var warnings: [String] = []
    let tree = try decodeBody(call, options, &warnings)
    let object = try insert(call.served, namespace: call.namespace, tree: tree, options, &warnings)
    return try respond(object, call, status: 201, warnings: warnings)
  }
}
