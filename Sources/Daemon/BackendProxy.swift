import CoreAPI
import CoreObjects
import EdgeHTTP
import Synchronization

/// Passes requests on to the servers behind APIServices, and their answers back, piece by piece.
struct BackendProxy: Sendable {
  /// How long an answer may be silent: a watch may be for long.
  private static let silence = (watch: Duration.seconds(24 * 3600), other: Duration.seconds(60))
  /// Fields that belong to one connection, or that are set anew.
  private static let dropped: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length", "expect", "authorization", "cookie",
  ]

  let backends: Backends

  func pass(_ passed: ProxyRequest, _ request: HTTPRequest) async -> HTTPResponse {
    if request.upgrade != nil {
      return .refusal(501, "NotImplemented", "a connection to another server cannot be upgraded")
    }
    var headers = HTTPHeaders()
    for (name, value) in BackendProxy.endToEnd(request.headers) where BackendProxy.isTheirs(name) { headers.append(name, value) }
    for header in passed.identity { headers.append(header.name, header.value) }
    let outgoing = HTTPClientRequest(request.method, passed.target, headers: headers, body: request.body)
    let isRepeatable = [.get, .head].contains(request.method)
    let body = ByteStream()
    let head = Head()
    let work = Task.detached { [backends] in
      do {
        try await backends.client(passed.backend).stream(
          outgoing, to: Backends.origin(passed.backend),
          silence: passed.isWatch ? BackendProxy.silence.watch : BackendProxy.silence.other, isFresh: !isRepeatable
        ) { answer, piece in
          head.resolve(.success(answer))
          if !piece.isEmpty, !(await body.write(piece)) { throw CancellationError() }
        }
        body.finish()
      } catch {
        head.resolve(.failure(error))
        body.abort()
      }
    }
    // Also where it was finished by us: a server that drains does not wait for a silent watch.
    body.onTermination { _ in work.cancel() }
    let answer = await withTaskCancellationHandler {
      await head.value()
    } onCancel: {
      work.cancel()
    }
    switch answer {
    case .failure(let error):
      return .refusal(
        503, "ServiceUnavailable",
        "the server is currently unable to handle the request: APIService \(passed.backend.apiService): "
          + "error trying to reach service: \(error)")
    case .success(let head):
      var fields = HTTPHeaders()
      for (name, value) in BackendProxy.endToEnd(head.headers) { fields.append(name, value) }
      return HTTPResponse(status: head.status, headers: fields, body: .stream(body))
    }
  }

  /// All but what belongs to one connection, as `Connection` names it, too.
  private static func endToEnd(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
    let named = Set(headers.list("connection").map { $0.lowercased() })
    return headers.all.filter { !dropped.contains($0.name) && !named.contains($0.name) }
  }

  /// Nobody but us says who asks.
  private static func isTheirs(_ name: String) -> Bool { !name.hasPrefix("x-remote-") && !name.hasPrefix("impersonate-") }

  /// The head of the answer, or why there is none; the first that is given counts.
  private final class Head: Sendable {
    private struct State {
      var answer: Result<HTTPResponseHead, any Error>?
      var waiting: CheckedContinuation<Result<HTTPResponseHead, any Error>, Never>?
    }
    private let state = Mutex(State())

    func resolve(_ answer: Result<HTTPResponseHead, any Error>) {
      let waiting = state.withLock { state -> CheckedContinuation<Result<HTTPResponseHead, any Error>, Never>? in
        guard state.answer == nil else { return nil }
        state.answer = answer
        defer { state.waiting = nil }
        return state.waiting
      }
      waiting?.resume(returning: answer)
    }

    func value() async -> Result<HTTPResponseHead, any Error> {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state in
          if state.answer == nil { state.waiting = continuation }
          return state.answer
        }
        if let answer { continuation.resume(returning: answer) }
      }
    }
  }
}
