import CoreAPI
import CoreObjects
import EdgeHTTP

/// Connects a client with a container: real ones and, for clusters without a runtime, a refusal.
protocol StreamServer: Sendable {
  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse
}

/// A cluster without containers answers every stream with what is missing.
struct NoStreams: StreamServer {
  let reason: String
  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse {
    let status: JSON = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(reason),
      "reason": "NotImplemented",
      "code": 501,
    ]
    return HTTPResponse(status: 501, headers: ["content-type": "application/json"], body: .bytes(status.encoded()))
  }
}
