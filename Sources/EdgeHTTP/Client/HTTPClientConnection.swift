import EdgeLinux
import Glibc

/// The head of an answer.
package struct HTTPResponseHead: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
}

/// One connection to a server, on an event loop; one exchange at a time.
actor HTTPClientConnection {
  private let loop: EventLoop
  private let origin: HTTPOrigin
  private var connection: Connection?
  private(set) var isReusable = false
  /// Something came for the last request.
  private(set) var hasAnswered = false
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ origin: HTTPOrigin, loop: EventLoop) {
    self.origin = origin
    self.loop = loop
  }

  /// Tries the host's addresses one after the other.
  func open(_ addresses: [SocketAddress], _ tls: TLSContext?, patience: Duration) async throws(HTTPClientError) {
    var failure = HTTPClientError.unreachable(origin.description, reason: "it has no address")
    for address in addresses {
      let socket: Descriptor
      do throws(SystemError) { socket = try Socket.connect(to: address) } catch {
        failure = .unreachable(origin.description, reason: error.reason)
        continue
      }
      do {
        return try await begin(socket, tls, patience: patience)
      } catch { failure = error }
    }
    throw failure
  }

  /// Goes on with a socket that is connected or about to be.
  func begin(_ socket: Descriptor, _ tls: TLSContext?, patience: Duration) async throws(HTTPClientError) {
    Socket.setNoDelay(socket.number)
    let ssl = origin.isTLS ? tls?.makeSSL(serverName: origin.host) : nil
    let connection = Connection(socket, loop: loop, ssl: ssl, writeTimeout: patience)
    connection.start {}
    do {
      try await connection.awaitConnect()
      connection.setReadDeadline(after: patience)
      if origin.isTLS { try await connection.connectTLS() }
      self.connection = connection
    } catch {
      connection.close()
      throw explain(error, isConnecting: true)
    }
  }

  /// Sends a request and hands over the answer's body piece by piece.
  /// - Parameters:
  ///   - patience: between two pieces.
  ///   - upgraded: the request asks for another protocol; after 101 the connection is given away.
  func exchange(
    _ bytes: [UInt8], _ request: HTTPClientRequest, patience: Duration, upgraded: (@Sendable (UpgradedConnection) -> Void)? = nil,
    _ receive: @Sendable (HTTPResponseHead, [UInt8]) async throws -> Void
  ) async throws -> HTTPResponseHead {
    isReusable = false
    hasAnswered = false
    guard let connection else { throw HTTPClientError.closed(origin.description) }
    let parser = ResponseParser(isHead: request.method == .head, allowsUpgrade: upgraded != nil)
    do {
      try await connection.write(bytes)
      if let stream = request.stream {
        Task(executorPreference: loop) { await self.send(stream, isChunked: request.length == nil, connection) }
      }
      while !parser.isComplete {
        try Task.checkCancellation()
        connection.setReadDeadline(after: patience)
        var problem: String?
        let count = try await connection.read { bytes in
          problem = parser.feed(bytes)
          return bytes.count
        }
        if count != nil { hasAnswered = true } else { problem = parser.feed(UnsafeRawBufferPointer(start: nil, count: 0)) }
        if count == nil, !parser.isComplete { throw HTTPClientError.closed(origin.description) }
        if let problem { throw HTTPClientError.malformed(origin.description, reason: problem) }
        let body = parser.consumeBody()
        if parser.hasHeaders { try await receive(HTTPResponseHead(status: parser.status, headers: parser.headers), body) }
      }
    } catch let error as ConnectionError {
      throw explain(error, isConnecting: false)
    }
    if parser.isUpgraded {
      connection.setReadDeadline(after: nil)
      self.connection = nil
      upgraded?(UpgradedConnection(connection, early: parser.surplus))
    }
    // The rest of a body that is not wanted would be taken for the next request.
    if let stream = request.stream { stream.terminate(.clientGone) }
    isReusable = request.stream == nil && !parser.isUpgraded && parser.keepsAlive && connection.isOpen
    return HTTPResponseHead(status: parser.status, headers: parser.headers)
  }

  private func send(_ stream: ByteStream, isChunked: Bool, _ connection: Connection) async {
    while let batch = await stream.next() {
      for piece in isChunked ? [chunked(batch)] : batch {
        let isSent: Void? = try? await connection.write(piece)
        if isSent == nil { return stream.terminate(.clientGone) }
      }
    }
    // A body that broke off is not to be taken for one that has ended.
    if stream.isTerminated { return connection.close() }
    if isChunked { try? await connection.write(Array("0\r\n\r\n".utf8)) }
  }

  func close() {
    connection?.close()
    connection = nil
  }

  private func explain(_ error: ConnectionError, isConnecting: Bool) -> HTTPClientError {
    switch error {
    case .closed:
      isConnecting ? .unreachable(origin.description, reason: "it closed the connection") : .closed(origin.description)
    case .timedOut: .timedOut(origin.description)
    case .tls(let reason): .tls(origin.description, reason: reason)
    case .system(let code): .unreachable(origin.description, reason: String(cString: strerror(code)))
    }
  }
}
