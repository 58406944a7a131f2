import CoreAPI
import EdgeHTTP

/// Connects a client with a container: real ones and, for clusters without a runtime, a refusal.
protocol StreamServer: Sendable {
  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse
}

/// A cluster without containers answers every stream with what is missing.
struct NoStreams: StreamServer {
  let reason: String
  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse {
    .refusal(501, "NotImplemented", reason)
  }
}
