/// A request that never reaches the handler. The server turns it into a response (`HTTPServerConfiguration.refusal`).
package struct HTTPRefusal: Error, Sendable, Equatable {
  package let status: Int
  package let message: String

  static func badRequest(_ message: String) -> HTTPRefusal { HTTPRefusal(status: 400, message: message) }
  static func headersTooLarge(limit: Int) -> HTTPRefusal {
    HTTPRefusal(status: 431, message: "the request's header is larger than \(limit) bytes or has too many fields")
  }
  static func bodyTooLarge(limit: Int) -> HTTPRefusal {
    HTTPRefusal(status: 413, message: "the request's body is larger than \(limit) bytes")
  }
  static let timedOut = HTTPRefusal(status: 408, message: "the request did not arrive in time")
  static let unknownMethod = HTTPRefusal(status: 501, message: "the request's method is not known")
  static let unknownExpectation = HTTPRefusal(status: 417, message: "only the expectation 100-continue is known")
}
