/// A refusal, shaped like metav1.Status.
package struct APIError: Error, Sendable, Equatable {
  package struct Cause: Sendable, Equatable {
    package var reason: String
    package var message: String
    package var field: String
  }
  /// HTTP status
  package var code: Int
  /// metav1.StatusReason: NotFound, AlreadyExists, Conflict, Invalid, Forbidden, …
  package var reason: String
  package var message: String
  package var group = ""
  package var kind = ""
  package var name = ""
  package var uid = ""
  package var causes: [Cause] = []
  package var retryAfterSeconds: Int?

  package init(code: Int, reason: String, message: String) {
    self.code = code
    self.reason = reason
    self.message = message
  }
}
