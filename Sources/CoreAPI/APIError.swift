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
  /// Answered as a line of text instead of a Status.
  var isPlain = false
  package var uid = ""
  package var causes: [Cause] = []
  package var retryAfterSeconds: Int?
  /// The request can be answered once the store has reached this revision: it waits a little before it is refused.
  package var awaitedRevision: UInt64?

  package init(code: Int, reason: String, message: String) {
    self.code = code
    self.reason = reason
    self.message = message
  }
}
