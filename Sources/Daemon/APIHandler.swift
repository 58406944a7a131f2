import CoreAPI
import EdgeHTTP

/// Between HTTP and the engine: the request's form and the answer's.
final class APIHandler: Sendable {
  private let host: EngineHost
  private let credentials: CredentialReader
  private let streams: any StreamServer
  private let proxy: BackendProxy

  init(host: EngineHost, credentials: CredentialReader, streams: any StreamServer, proxy: BackendProxy) {
    self.proxy = proxy
    self.host = host
    self.credentials = credentials
    self.streams = streams
  }

  /// - Parameter credential: who asks, where that is known otherwise
  func handle(_ request: HTTPRequest, as credential: Credential? = nil) async -> HTTPResponse {
    var inner = APIRequest(
      method: request.method.rawValue, path: request.path, query: request.query,
      contentType: request.headers["content-type"] ?? "application/json", accept: request.headers["accept"] ?? "*/*",
      userAgent: request.headers["user-agent"] ?? "", body: request.body, credential: credential ?? credentials.read(request))
    YAMLBody.convert(&inner)
    inner.ifNoneMatch = request.headers["if-none-match"] ?? ""
    if credential == nil, let name = request.headers["impersonate-user"] {
      inner.impersonation = Caller(name: name, groups: request.headers.values("impersonate-group"))
    }
    var answer = await host.answer(inner)
    if case .response(let response) = answer { answer = .response(AnswerForm.convert(response, accept: inner.accept)) }
    switch answer {
    case .watch(let stream, let contentType):
      return HTTPResponse(
        status: 200, headers: ["content-type": contentType, "cache-control": "no-cache, private"], body: .stream(stream))
    case .response(.body(let status, let contentType, let chunks, let headers)):
      var fields: HTTPHeaders = ["content-type": contentType, "cache-control": "no-cache, private"]
      for header in headers { fields.append(header.name, header.value) }
      return HTTPResponse(status: status, headers: fields, body: chunks.count == 1 ? .bytes(chunks[0]) : .chunks(chunks))
    case .response(.stream(let stream)): return await streams.serve(stream, request)
    case .response(.proxy(let passed)): return await proxy.pass(passed, request)
    case .response(.watch): return .text(500, "a watch was answered twice")
    }
  }
}

extension HTTPResponse {
  /// In the API's form.
  static func refusal(_ status: Int, _ reason: String, _ message: String) -> HTTPResponse {
    let error = APIError(code: status, reason: reason, message: message)
    guard case .body(_, let type, let chunks, _) = error.response else { return .text(status, message) }
    return HTTPResponse(status: status, headers: ["content-type": type], body: .chunks(chunks))
  }
}
