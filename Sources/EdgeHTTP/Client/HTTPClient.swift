package import EdgeLinux
import Synchronization

package struct HTTPClientRequest: Sendable {
  package var method: HTTPMethod
  /// Path and query, percent-encoded.
  package var target: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// A body that comes later, in the place of `body`; its length where that is known.
  package var stream: ByteStream?
  package var length: Int?

  package init(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  func wire(to origin: HTTPOrigin) -> [UInt8] {
    var bytes = Array("\(method.rawValue) \(target) HTTP/1.1\r\n".utf8)
    if headers["host"] == nil { bytes += Array("host: \(origin)\r\n".utf8) }
    bytes += headers.wire
    if stream != nil {
      bytes += Array((length.map { "content-length: \($0)\r\n" } ?? "transfer-encoding: chunked\r\n").utf8)
      return bytes + [13, 10]
    }
    if !body.isEmpty || [.post, .put, .patch].contains(method) { bytes += Array("content-length: \(body.count)\r\n".utf8) }
    return bytes + [13, 10] + body
  }
}

package struct HTTPClientResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]
}

/// One way to a server whose name says nothing of where it is.
package enum HTTPClientRoute: Sendable {
  case host(String, port: UInt16)
  /// Gives a connected, non-blocking socket.
  case socket(@Sendable () async throws -> Descriptor)
}

/// An HTTP/1.1 client that keeps its connections for the next request.
package final class HTTPClient: Sendable {
  /// Idle connections kept for one server.
  private static let idleLimit = 8
  private let loop: EventLoop
  private let tls: TLSContext?
  private let patience: Duration
  private let routes: [HTTPClientRoute]
  private let idle = Mutex<[HTTPOrigin: [HTTPClientConnection]]>([:])

  /// - Parameters:
  ///   - tls: for https; nil refuses it.
  ///   - patience: for a connection, and between two pieces of an answer.
  ///   - routes: ways to the server, tried in this order; none: its name is looked up.
  package init(
    tls: TLSContext?, loop: EventLoop = .shared, patience: Duration = .seconds(30), routes: [HTTPClientRoute] = []
  ) {
    self.routes = routes
    self.tls = tls
    self.loop = loop
    self.patience = patience
  }

  /// The whole answer, however it trickles, within `limit`.
  package func send(
    _ request: HTTPClientRequest, to origin: HTTPOrigin, bodyLimit: Int = 64 << 20, within limit: Duration
  ) async throws -> HTTPClientResponse {
    try await EdgeLinux.within(limit, orThrow: HTTPClientError.timedOut(origin.description)) {
      try await self.send(request, to: origin, bodyLimit: bodyLimit)
    }
  }

  /// The head of the answer; what follows is not waited for, and the connection not used again.
  package func head(_ request: HTTPClientRequest, from origin: HTTPOrigin, within limit: Duration) async throws
    -> HTTPResponseHead
  {
    let found = Mutex<HTTPResponseHead?>(nil)
    do {
      return try await EdgeLinux.within(limit, orThrow: HTTPClientError.timedOut(origin.description)) {
        try await self.stream(request, to: origin, isFresh: true) { head, _ in
          found.withLock { $0 = head }
          throw CancellationError()
        }
      }
    } catch {
      guard let head = found.withLock({ $0 }) else { throw error }
      return head
    }
  }

  /// The whole answer.
  package func send(
    _ request: HTTPClientRequest, to origin: HTTPOrigin, bodyLimit: Int = 64 << 20
  ) async throws -> HTTPClientResponse {
    let body = Mutex<[UInt8]>([])
    let head = try await stream(request, to: origin) { _, piece in
      let isWithin = body.withLock { body in
        body += piece
        return body.count <= bodyLimit
      }
      if !isWithin { throw HTTPClientError.bodyTooLarge(origin.description, limit: bodyLimit) }
    }
    return HTTPClientResponse(status: head.status, headers: head.headers, body: body.withLock { $0 })
  }

  /// Hands over the body as it comes; what `receive` throws ends the exchange, and so does a cancelled task. It is called at least
  /// once.
  /// - Parameters:
  ///   - silence: how long an answer may be silent, where that is not the client's patience.
  ///   - isFresh: the request gets a connection of its own: one that was kept may break after the server has done its work.
  ///   - upgraded: for a request that asks for another protocol: is given the connection after 101, and closes it.
  @discardableResult
  package func stream(
    _ request: HTTPClientRequest, to origin: HTTPOrigin, silence: Duration? = nil, isFresh: Bool = false,
    upgraded: (@Sendable (UpgradedConnection) -> Void)? = nil,
    _ receive: @escaping @Sendable (HTTPResponseHead, [UInt8]) async throws -> Void
  ) async throws -> HTTPResponseHead {
    if origin.isTLS, tls == nil { throw HTTPClientError.tls(origin.description, reason: "this client has no TLS") }
    let bytes = request.wire(to: origin)
    // A kept connection may have been closed by the server meanwhile: nothing came of it then, and another one is tried.
    let silence = silence ?? patience
    while !isFresh, let kept = reuseIdle(origin) {
      do {
        let head = try await exchange(kept, bytes, request, silence, receive)
        await keep(kept, origin)
        return head
      } catch {
        let isStale = await !kept.hasAnswered
        await kept.close()
        guard isStale, (error as? HTTPClientError)?.isOfStaleConnection == true else { throw error }
      }
    }
    let connection = try await connect(origin)
    do {
      let head = try await exchange(connection, bytes, request, silence, upgraded: upgraded, receive)
      await keep(connection, origin)
      return head
    } catch {
      await connection.close()
      throw error
    }
  }

  /// A task that waits for an answer does not notice that it is cancelled: the connection is closed under it.
  private func exchange(
    _ connection: HTTPClientConnection, _ bytes: [UInt8], _ request: HTTPClientRequest, _ silence: Duration,
    upgraded: (@Sendable (UpgradedConnection) -> Void)? = nil,
    _ receive: @escaping @Sendable (HTTPResponseHead, [UInt8]) async throws -> Void
  ) async throws -> HTTPResponseHead {
    try await withTaskCancellationHandler {
      try await connection.exchange(bytes, request, patience: silence, upgraded: upgraded, receive)
    } onCancel: {
      Task { await connection.close() }
    }
  }

  private func connect(_ origin: HTTPOrigin) async throws -> HTTPClientConnection {
    var failure: (any Error)?
    for route in routes.isEmpty ? [.host(origin.host, port: origin.port)] : routes {
      try Task.checkCancellation()
      let connection = HTTPClientConnection(origin, loop: loop)
      do {
        switch route {
        case .host(let host, let port):
          try await connection.open(try await addresses(host, port), tls, patience: patience)
        case .socket(let connect): try await connection.begin(try await connect(), tls, patience: patience)
        }
        return connection
      } catch { failure = error }
    }
    throw failure ?? HTTPClientError.unreachable(origin.description, reason: "it has no address")
  }

  private func addresses(_ host: String, _ port: UInt16) async throws(HTTPClientError) -> [SocketAddress] {
    do throws(HostLookup.Failure) { return try await HostLookup.addresses(host, port: port) } catch {
      throw .unknownHost(host, reason: error.reason)
    }
  }

  /// Closes what is idle.
  package func close() async {
    let all = idle.withLock { idle in
      defer { idle = [:] }
      return idle.values.flatMap { $0 }
    }
    for connection in all { await connection.close() }
  }

  private func reuseIdle(_ origin: HTTPOrigin) -> HTTPClientConnection? { idle.withLock { $0[origin]?.popLast() } }

  private func keep(_ connection: HTTPClientConnection, _ origin: HTTPOrigin) async {
    guard await connection.isReusable else { return await connection.close() }
    let isKept = idle.withLock { idle in
      guard idle[origin, default: []].count < HTTPClient.idleLimit else { return false }
      idle[origin, default: []].append(connection)
      return true
    }
    if !isKept { await connection.close() }
  }
}

extension HTTPClientError {
  fileprivate var isOfStaleConnection: Bool {
    switch self {
    case .closed, .unreachable: true
    default: false
    }
  }
}
