import CoreAPI
import CoreJSON
import EdgeHTTP
import Synchronization

/// Between HTTP and the engine: who asks, with what proof, and the answer's form.
final class APIHandler: Sendable {
  /// Verified tokens remembered, so that a signature is checked once. Claims are judged by the core at every request.
  private static let cacheLimit = 1_000
  private let host: EngineHost
  private let tokens: AccountTokens
  private let adminToken: String
  private let streams: any StreamServer
  private let proxy: BackendProxy
  private let verified = Mutex<[String: JSON]>([:])

  init(host: EngineHost, tokens: AccountTokens, adminToken: String, streams: any StreamServer, proxy: BackendProxy) {
    self.proxy = proxy
    self.host = host
    self.tokens = tokens
    self.adminToken = adminToken
    self.streams = streams
  }

  func handle(_ request: HTTPRequest) async -> HTTPResponse {
    var inner = APIRequest(
      method: request.method.rawValue, path: request.path, query: request.query,
      contentType: request.headers["content-type"] ?? "application/json", accept: request.headers["accept"] ?? "*/*",
      userAgent: request.headers["user-agent"] ?? "", body: request.body, credential: credential(request))
    YAMLBody.convert(&inner)
    inner.ifNoneMatch = request.headers["if-none-match"] ?? ""
    if let name = request.headers["impersonate-user"] {
      inner.impersonation = Caller(name: name, groups: request.headers.values("impersonate-group"))
    }
    switch await host.answer(inner) {
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

  private func credential(_ request: HTTPRequest) -> Credential {
    if let certificate = request.peer.certificate {
      if let problem = certificate.verificationError { return .invalid("the client certificate is not valid: \(problem)") }
      return .certificate(commonName: certificate.commonName, organizations: certificate.organizations)
    }
    guard let header = request.headers["authorization"] else { return .none }
    guard header.lowercased().hasPrefix("bearer ") else {
      return .invalid("only Bearer tokens and client certificates are understood")
    }
    let token = String(header.dropFirst(7)).trimmingSpace
    if token == adminToken {
      return .token(user: Caller(name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"]))
    }
    if let known = verified.withLock({ $0[token] }) { return .serviceAccount(claims: known) }
    guard let claims = tokens.verify(token) else { return .invalid("the token is not one of this cluster") }
    verified.withLock { cache in
      if cache.count >= APIHandler.cacheLimit { cache = [:] }
      cache[token] = claims
    }
    return .serviceAccount(claims: claims)
  }
}

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

extension String {
  var trimmingSpace: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
