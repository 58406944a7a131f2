import CoreAPI
import CoreObjects
import EdgeHTTP
import Synchronization

/// Passes requests on to the servers behind APIServices, Services, pods and nodes, and their answers back, piece by piece.
struct BackendProxy: Sendable {
  /// How long an answer may be silent: a watch may be for long.
  private static let silence = (watch: Duration.seconds(24 * 3600), other: Duration.seconds(60))

  let backends: Backends

  /// Whether a path is one of pods/proxy, services/proxy or nodes/proxy.
  @Sendable static func takes(_ path: String) -> Bool {
    guard path.hasPrefix("/api/v1/") else { return false }
    let segments = path.split(separator: "/", maxSplits: 7)
    switch segments.count {
    case 5...: return segments[4] == "proxy" && segments[2] == "nodes" || segments.count > 6 && isProxied(segments)
    default: return false
    }
  }

  private static func isProxied(_ segments: [Substring]) -> Bool {
    segments[2] == "namespaces" && ["pods", "services"].contains(segments[4]) && segments[6] == "proxy"
  }

  func pass(_ passed: ProxyRequest, _ request: HTTPRequest) async -> HTTPResponse {
    let fields = PassedFields(passed.server, request)
    if let redirect = fields.redirect(passed.target) { return redirect }
    let way: Backends.Way
    do { way = try backends.way(to: passed.server) } catch { return fields.failure(error) }
    var outgoing = HTTPClientRequest(
      request.method, passed.target.hasPrefix("/") ? passed.target : "/" + passed.target,
      headers: fields.outgoing(passed.headers), body: request.body)
    (outgoing.stream, outgoing.length) = (request.stream, request.headers["content-length"].flatMap { Int($0) })
    let isRepeatable = [.get, .head].contains(request.method) && request.upgrade == nil
    let sent = outgoing
    let body = ByteStream()
    let head = Head()
    let connection = Mutex<UpgradedConnection?>(nil)
    let page = Mutex<LinkRewriter?>(nil)
    let give: @Sendable (UpgradedConnection) -> Void = { other in connection.withLock { $0 = other } }
    let work = Task.detached {
      do {
        let answer = try await way.client.stream(
          sent, to: way.origin, silence: passed.isWatch ? BackendProxy.silence.watch : BackendProxy.silence.other,
          isFresh: !isRepeatable, upgraded: request.upgrade == nil ? nil : give
        ) { answer, piece in
          if answer.status != 101, head.resolve(.success(answer)) {
            page.withLock { $0 = fields.page(answer, way.origin) }
          }
          let shown = page.withLock { $0?.receive(piece) } ?? piece
          if !shown.isEmpty, !(await body.write(shown)) { throw CancellationError() }
        }
        if let rest = page.withLock({ $0?.finish() }), !rest.isEmpty { _ = await body.write(rest) }
        head.resolve(.success(answer))
        body.finish()
      } catch {
        head.resolve(.failure(error))
        body.abort()
      }
      if way.isOfOneRequest { await way.client.close() }
    }
    // Also where it was finished by us: a server that drains does not wait for a silent watch.
    body.onTermination { _ in work.cancel() }
    let answer = await withTaskCancellationHandler {
      await head.value()
    } onCancel: {
      work.cancel()
    }
    switch answer {
    case .failure(let error): return fields.failure(error)
    case .success(let head):
      if let other = connection.withLock({ $0 }) {
        return HTTPResponse(
          status: 101, headers: fields.incoming(head, way.origin), body: .upgrade { await $0.join(other) })
      }
      return HTTPResponse(status: head.status, headers: fields.incoming(head, way.origin), body: .stream(body))
    }
  }

  /// The head of the answer, or why there is none; the first that is given counts.
  private final class Head: Sendable {
    private struct State {
      var answer: Result<HTTPResponseHead, any Error>?
      var waiting: CheckedContinuation<Result<HTTPResponseHead, any Error>, Never>?
    }
    private let state = Mutex(State())

    /// - Returns: whether it is the first
    @discardableResult
    func resolve(_ answer: Result<HTTPResponseHead, any Error>) -> Bool {
      let (isFirst, waiting) = state.withLock { state in
        guard state.answer == nil else { return (false, nil as CheckedContinuation<Result<HTTPResponseHead, any Error>, Never>?) }
        state.answer = answer
        defer { state.waiting = nil }
        return (true, state.waiting)
      }
      waiting?.resume(returning: answer)
      return isFirst
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
