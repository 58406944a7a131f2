import EdgeLinux

/// A client's connection from the handshake to the end; speaks HTTP/2 where ALPN chose it, else HTTP/1.1.
actor HTTPServerConnection {
  nonisolated let connection: Connection
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated let configuration: HTTPServerConfiguration
  var isDraining = false
  /// No request is being read or answered (HTTP/1.1).
  var isIdle = true
  /// The stream that is being sent (HTTP/1.1).
  var stream: ByteStream?
  var http2: HTTP2Session?

  init(_ socket: Descriptor, loop: EventLoop, configuration: HTTPServerConfiguration) {
    self.loop = loop
    self.configuration = configuration
    connection = Connection(
      socket, loop: loop, ssl: configuration.tls?.makeSSL(), writeTimeout: configuration.limits.write)
  }

  nonisolated func start(onEnd: @escaping @Sendable () -> Void) {
    Task(executorPreference: loop) { [self] in
      let work = Task(executorPreference: loop) {
        await self.run()
        self.connection.close()
        onEnd()
      }
      self.connection.start { [weak self] in
        work.cancel()
        self?.assumeIsolated { $0.clientLeft() }
      }
    }
  }

  /// Ends what can be ended now; the rest ends with its current request.
  func drain() async {
    isDraining = true
    stream?.finish()
    if let http2 {
      http2.drain()
      try? await flushHTTP2()
      if http2.streams.isEmpty { connection.close() }
    } else if isIdle {
      connection.close()
    }
  }

  func abort() async {
    clientLeft()
    connection.close()
  }

  private func clientLeft() {
    stream?.terminate(.clientGone)
    http2?.stopAll()
  }

  private func run() async {
    do {
      connection.setReadDeadline(after: configuration.limits.handshake)
      try await connection.acceptTLS()
      let peer = connection.peer
      if isDraining { return }
      if connection.negotiatedProtocol == "h2" {
        try await serveHTTP2(peer)
      } else {
        try await serveHTTP1(peer)
      }
    } catch {
      // A connection that failed has nobody left to be told.
    }
    clientLeft()
  }
}
