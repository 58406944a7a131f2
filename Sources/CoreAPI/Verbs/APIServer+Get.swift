import CoreObjects

extension APIServer {
  /// One object. The cached bytes go out unchanged where the client reads the storage version.
  func get(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    if let text = call.query["resourceVersion"] { _ = try checkReached(text, store, waits: true) }
    let object = try call.object(in: store)
    return try respond(object, call)
  }

  func respond(
    _ object: StoredObject, _ call: Call, status: Int = 200, warnings: [String] = []
  ) throws(APIError) -> APIResponse {
    let encoder = try ObjectEncoder(call)
    if encoder.isPlain(object), call.query["pretty"] == nil {
      return .body(
        status: status, contentType: "application/json", chunks: [object.encoded], headers: APIServer.headers(warnings))
    }
    return respond(encoder.tree(object.tree, at: call.now), call, status: status, warnings: warnings)
  }

  func respond(_ tree: JSON, _ call: Call, status: Int = 200, warnings: [String] = []) -> APIResponse {
    let bytes = call.query.flag("pretty") == true ? PrettyJSON.bytes(tree) : tree.encoded()
    return .body(status: status, contentType: "application/json", chunks: [bytes], headers: APIServer.headers(warnings))
  }

  /// RFC 7234: code 299, no agent, the text in quotes. Source: k8s.io/apiserver/pkg/warning.
  static func headers(_ warnings: [String]) -> [APIResponse.Header] {
    warnings.map { text in
      var quoted = ""
      for character in text.unicodeScalars {
        if character == "\"" || character == "\\" { quoted += "\\" }
        quoted.unicodeScalars.append(character.value < 0x20 || character.value == 0x7F ? " " : character)
      }
      return APIResponse.Header("Warning", "299 - \"\(quoted)\"")
    }
  }

  /// The revision in a request; nil where none is given.
  /// - Parameter waits: a read that is "not older than" it may come again; one that is "exactly" of it is refused for good
  /// - Throws: 504 for a revision that this store has not reached
  func checkReached(_ text: String, _ store: Store, waits: Bool) throws(APIError) -> UInt64? {
    guard !text.isEmpty else { return nil }
    guard let revision = UInt64(text) else { throw .badRequest("resourceVersion \"\(text)\" is no number") }
    if revision <= store.revision { return revision }
    var error = APIError(
      code: 504, reason: "Timeout", message: "Too large resource version: \(revision), current: \(store.revision)")
    error.retryAfterSeconds = waits ? 1 : nil
    error.awaitedRevision = waits ? revision : nil
    error.causes = [APIError.Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")]
    throw error
  }
}
