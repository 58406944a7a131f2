package import CoreObjects

/// The refusals that upstream knows, by reason. Source of codes and shapes: k8s.io/apimachinery/pkg/api/errors, v1.36.
extension APIError {
  private init(_ code: Int, _ reason: String, _ message: String, _ resource: ResourceID, _ name: String) {
    self.init(code: code, reason: reason, message: message)
    group = resource.group
    kind = resource.name
    self.name = name
  }

  package static func badRequest(_ message: String) -> APIError { APIError(code: 400, reason: "BadRequest", message: message) }

  package static func unauthorized(_ message: String = "Unauthorized") -> APIError {
    APIError(code: 401, reason: "Unauthorized", message: message)
  }

  package static func forbidden(_ resource: ResourceID, _ name: String, _ message: String) -> APIError {
    let subject = name.isEmpty ? "\(resource) is forbidden" : "\(resource) \"\(name)\" is forbidden"
    return APIError(403, "Forbidden", "\(subject): \(message)", resource, name)
  }

  package static func notFound(_ resource: ResourceID, _ name: String) -> APIError {
    APIError(404, "NotFound", "\(resource) \"\(name)\" not found", resource, name)
  }

  /// The path names nothing that is served.
  package static var noSuchResource: APIError {
    APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
  }

  /// No group version is there. Upstream answers a line of text, of which clients make a Status of their own.
  static var noSuchPath: APIError {
    var error = noSuchResource
    error.isPlain = true
    return error
  }

  package static func methodNotAllowed(_ message: String = "the server does not allow this method on the requested resource")
    -> APIError
  {
    APIError(code: 405, reason: "MethodNotAllowed", message: message)
  }

  package static func notAcceptable(_ accepted: [String]) -> APIError {
    APIError(
      code: 406, reason: "NotAcceptable",
      message: "none of the media types in Accept can be sent; these can: \(accepted.joined(separator: ", "))")
  }

  package static func alreadyExists(_ resource: ResourceID, _ name: String) -> APIError {
    APIError(409, "AlreadyExists", "\(resource) \"\(name)\" already exists", resource, name)
  }

  package static func conflict(_ resource: ResourceID, _ name: String, _ message: String) -> APIError {
    APIError(409, "Conflict", "Operation cannot be fulfilled on \(resource) \"\(name)\": \(message)", resource, name)
  }

  /// Somebody wrote in between.
  package static func modified(_ resource: ResourceID, _ name: String) -> APIError {
    conflict(resource, name, "the object has been modified; read it again and apply your changes to its latest version")
  }

  package static func expired(_ message: String) -> APIError { APIError(code: 410, reason: "Expired", message: message) }

  package static func tooLarge(limitBytes: Int) -> APIError {
    APIError(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(limitBytes) bytes")
  }

  package static func unsupportedMediaType(_ given: String, accepted: [String]) -> APIError {
    APIError(
      code: 415, reason: "UnsupportedMediaType",
      message: "the body's media type \"\(given)\" is not understood; these are: \(accepted.joined(separator: ", "))")
  }

  package static func tooManyRequests(_ message: String, retryAfterSeconds: Int? = nil) -> APIError {
    var error = APIError(code: 429, reason: "TooManyRequests", message: message)
    error.retryAfterSeconds = retryAfterSeconds
    return error
  }

  package static func internalError(_ message: String) -> APIError {
    APIError(code: 500, reason: "InternalError", message: "Internal error occurred: \(message)")
  }

  package static func unavailable(_ message: String) -> APIError {
    APIError(code: 503, reason: "ServiceUnavailable", message: message)
  }

  /// A patch that does not fit the object.
  package static func unprocessable(_ message: String) -> APIError {
    APIError(code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request: \(message)")
  }

  /// A request's parameters: 422 of the kind in which upstream reads them. Source: validation of metav1's options, v1.36.
  package static func invalidOptions(_ kind: String, _ errors: [FieldError]) -> APIError {
    invalid(group: "meta.k8s.io", kind: kind, name: "", errors)
  }

  /// An error that upstream answers as it is, without a reason of the API.
  package static func unknown(_ message: String) -> APIError { APIError(code: 500, reason: "", message: message) }

  /// 422 with one cause a field. `kind` is the object's kind, not its resource.
  package static func invalid(group: String, kind: String, name: String, _ errors: [FieldError]) -> APIError {
    let subject = group.isEmpty ? kind : "\(kind).\(group)"
    let texts = errors.map(\.message)
    var unique: [String] = []
    for text in texts where !unique.contains(text) { unique.append(text) }
    let detail = unique.count == 1 ? unique[0] : "[\(unique.joined(separator: ", "))]"
    var error = APIError(code: 422, reason: "Invalid", message: "\(subject) \"\(name)\" is invalid: \(detail)")
    error.group = group
    error.kind = kind
    error.name = name
    error.causes = errors.map { Cause(reason: $0.causeReason, message: $0.causeMessage, field: $0.path.description) }
    return error
  }
}
