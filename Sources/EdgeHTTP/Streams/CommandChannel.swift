/// What a client of exec or attach wants connected.
package struct CommandStreamNames: Sendable, Equatable {
  package var stdin: Bool
  package var stdout: Bool
  package var stderr: Bool
  package var terminal: Bool

  package init(stdin: Bool, stdout: Bool, stderr: Bool, terminal: Bool) {
    self.stdin = stdin
    self.stdout = stdout
    self.stderr = stderr
    self.terminal = terminal
  }
}

/// A client of exec or attach: its side of the streams, whatever carries them (Kubernetes' channel.k8s.io protocols).
package protocol CommandChannel: Sendable {
  /// What the client types; nil at its end.
  func readInput() async -> [UInt8]?
  /// The size of the client's terminal as JSON, `{"Width":80,"Height":24}`; nil at the end.
  func readSize() async -> [UInt8]?
  func writeOutput(_ bytes: [UInt8]) async throws
  func writeErrors(_ bytes: [UInt8]) async throws
  /// The last thing that the client is sent: the result, a Status as JSON, or before version 4 a failure in words.
  func finish(status: [UInt8], failure: String?) async
  /// Returns when the client has gone.
  func untilGone() async
}

/// Answers a request for exec or attach in the protocol that its client speaks.
package enum CommandUpgrade {
  /// In WebSocket messages: the first byte names the channel.
  static let webSocketProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io", ""]
  /// In SPDY streams: a header names the stream.
  static let spdyProtocols = ["v4.channel.k8s.io"]

  /// - Returns: the answer; 400 when the request does not ask for an upgrade or for no protocol of these.
  package static func accept(
    _ request: HTTPRequest, _ names: CommandStreamNames, run: @escaping @Sendable (any CommandChannel) async -> Void
  ) -> HTTPResponse {
    let socket = WebSocketHandshake.accept(request, protocols: webSocketProtocols) { socket, chosen in
      let channel = WebSocketChannel(socket, chosen)
      let pump = Task { await channel.pump() }
      await channel.open(names)
      await run(channel)
      await socket.close(1000, "")
      pump.cancel()
    }
    if let socket { return socket }
    return SPDYUpgrade.accept(request, protocols: spdyProtocols) { session, _ in
      guard let channel = await SPDYChannel(session, names) else { return }
      await run(channel)
    }
  }
}

/// The upgrade to SPDY/3.1 with one of Kubernetes' stream protocols on top.
package enum SPDYUpgrade {
  package static func accept(
    _ request: HTTPRequest, protocols: [String], run: @escaping @Sendable (SPDYSession, String) async -> Void
  ) -> HTTPResponse {
    guard request.upgrade?.lowercased() == "spdy/3.1" else {
      return .text(400, "this needs a connection that can be upgraded to WebSocket or SPDY/3.1")
    }
    let offered = request.headers.values("x-stream-protocol-version").flatMap { $0.split(separator: ",") }
      .map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
    guard let chosen = offered.first(where: protocols.contains) else {
      return .text(403, "none of the stream protocols \(offered) is served here: \(protocols.joined(separator: ", "))")
    }
    return HTTPResponse(
      status: 101, headers: ["connection": "Upgrade", "upgrade": "SPDY/3.1", "x-stream-protocol-version": chosen],
      body: .upgrade { connection in
        let session = SPDYSession(connection)
        let serving = Task { await session.run() }
        await run(session, chosen)
        await session.close()
        await serving.value
      })
  }
}
