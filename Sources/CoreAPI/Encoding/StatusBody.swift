import CoreObjects

/// metav1.Status as an answer.
enum StatusBody {
  static func tree(_ error: APIError) -> JSON {
    var details: JSON = .object([])
    if !error.name.isEmpty { details.put(.name, .string(error.name)) }
    if !error.group.isEmpty { details.put(.group, .string(error.group)) }
    if !error.kind.isEmpty { details.put(.kind, .string(error.kind)) }
    if !error.uid.isEmpty { details.put(.uid, .string(error.uid)) }
    if !error.causes.isEmpty {
      details.put(
        .causes,
        .array(
          error.causes.map { cause in
            var tree: JSON = cause.reason.isEmpty ? .object([]) : ["reason": .string(cause.reason)]
            tree.put(.message, .string(cause.message))
            if !cause.field.isEmpty { tree.put(.field, .string(cause.field)) }
            return tree
          }))
    }
    if let seconds = error.retryAfterSeconds { details.put(.retryAfterSeconds, .int(Int64(seconds))) }
    return [
      "kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Failure", "message": .string(error.message),
      "reason": error.reason.isEmpty ? .null : .string(error.reason),
      "details": details.members.isEmpty && error.code != 404 ? .null : details, "code": .int(Int64(error.code)),
    ]
  }

  /// What a deletion answers once the object is gone.
  static func deleted(_ resource: ResourceID, name: String, uid: String) -> JSON {
    var details: JSON = ["name": .string(name)]
    if !resource.group.isEmpty { details.put(.group, .string(resource.group)) }
    details.put(.kind, .string(resource.name))
    if !uid.isEmpty { details.put(.uid, .string(uid)) }
    return ["kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Success", "details": details]
  }

  /// Done, with no object to show (a binding).
  static func success(code: Int) -> JSON {
    ["kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Success", "code": .int(Int64(code))]
  }
}

extension APIResponse {
  static func json(_ tree: JSON, status: Int = 200, headers: [Header] = []) -> APIResponse {
    .body(status: status, contentType: "application/json", chunks: [tree.withoutNulls.encoded()], headers: headers)
  }

  static func text(_ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8") -> APIResponse {
    .body(status: status, contentType: contentType, chunks: [Array(text.utf8)], headers: [])
  }

  func adding(_ more: [Header]) -> APIResponse {
    guard case .body(let status, let contentType, let chunks, let headers) = self else { return self }
    return .body(status: status, contentType: contentType, chunks: chunks, headers: headers + more)
  }

  static func refusal(_ error: APIError) -> APIResponse {
    if error.isPlain { return .text("\(error.code) page not found\n", status: error.code) }
    var headers: [Header] = []
    if let seconds = error.retryAfterSeconds { headers.append(Header("Retry-After", String(seconds))) }
    return json(StatusBody.tree(error), status: error.code, headers: headers)
  }
}

extension APIError {
  /// This refusal as an answer.
  package var response: APIResponse { .refusal(self) }
}
