import CoreJSON
import CoreSchema
import CoreStore

extension APIServer {
  static let patchTypes = [
    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
  ]

  /// PATCH of the object or of its status: the patched whole then takes the way of an update.
  mutating func patch(_ call: Call) throws(APIError) -> APIResponse {
    var options = try WriteOptions(call)
    let type = mediaType(of: call.request.contentType)
    guard APIServer.patchTypes.contains(type) else {
      throw .unsupportedMediaType(call.request.contentType, accepted: APIServer.patchTypes)
    }
    let (patch, duplicates) = try APIServer.parse(call.request.body)
    var warnings: [String] = []
    if type == "application/apply-patch+yaml" { return try apply(patch, duplicates, call, options) }
    if call.query.flag("force") != nil { throw .badRequest("parameter force is only for server-side apply") }
    let old = try call.object(in: store)
    let shown =
      call.served.isStorageVersion
      ? old.tree : call.served.resource.convert(old.tree, from: call.served.storage, to: call.served.version)
    let patched = try APIServer.patched(shown, patch, type, call.served)
    guard patched[.metadata][.name].string == old.key.name else {
      throw .badRequest("a patch cannot change the name of \(call.served.requestID) \"\(old.key.name)\"")
    }
    let tree = try decode(patched, duplicates: duplicates, call.served, options, &warnings)
    options.apiVersion = call.served.version.apiVersion
    let object = try replace(call.served, old, with: tree, options, &warnings)
    return try respond(object, call, warnings: warnings)
  }

  /// The object with the patch in it; the type of the patch is one of the first three of `patchTypes`.
  static func patched(_ tree: JSON, _ patch: JSON, _ type: String, _ served: ServedResource) throws(APIError) -> JSON {
    var result = tree
    if type == patchTypes[0] { return try jsonPatched(tree, patch) }
    guard patch.isObject else { throw .badRequest("the patch must be an object, not \(patch.typeName)") }
    guard type == patchTypes[2], let schema = Schema.shared.type(served.version.typeName) else {
      result.merge(patch)
      return result
    }
    do throws(StrategicMergeError) { try Schema.shared.strategicMerge(original: &result, patch: patch, schema) } catch {
      throw .badRequest("the strategic merge patch cannot be applied: \(error)")
    }
    return result
  }

  static func jsonPatched(_ tree: JSON, _ patch: JSON) throws(APIError) -> JSON {
    do throws(JSONPatchError) { return try JSONPatch(patch).applied(to: tree) } catch {
      switch error.kind {
      case .malformed: throw .badRequest(error.message)
      case .tooLarge: throw APIError(code: 413, reason: "RequestEntityTooLarge", message: error.message)
      case .notApplicable:
        let text = "the server rejected our request due to an error in our request: \(error.message)"
        throw APIError(code: 422, reason: "Invalid", message: text)
      }
    }
  }
}
