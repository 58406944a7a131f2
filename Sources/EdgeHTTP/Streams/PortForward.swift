/// A connection to a port of a pod.
package protocol PortConnection: Sendable {
  /// Some bytes; nil at the end.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
  /// The client sends no more.
  func finish() async
  func close() async
}

/// The client's side of one connection to a port.
protocol ForwardedPort: Sendable {
  /// What the client sends; nil at its end.
  func read() async -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
  /// Why there is no connection.
  func fail(_ problem: String) async
  /// The pod sends no more, and what the client still sends reaches nobody.
  func finish() async
}

/// Answers a request for port-forward, in one of three forms. kubectl speaks SPDY/3.1, up to 1.30 on the connection itself, later inside
/// the messages of a WebSocket: for each connection it opens a stream for data and one for what goes wrong, both with its port and
/// number. Clients in Python speak v4.channel.k8s.io, or name no protocol and mean it, see `WebSocketPort`.
package enum PortForwardUpgrade {
  private static let overWebSocket = "SPDY/3.1+portforward.k8s.io"
  private static let inChannels = ["v4.channel.k8s.io", ""]
  private static let overSPDY = "portforward.k8s.io"

  /// - Parameters:
  ///   - ports: those that the request names; the streams of SPDY name theirs themselves
  ///   - connect: what it throws is told to the client
  package static func accept(
    _ request: HTTPRequest, ports: [UInt16], connect: @escaping @Sendable (UInt16) async throws -> any PortConnection
  ) -> HTTPResponse {
    let protocols = ports.isEmpty ? [overWebSocket] : [overWebSocket] + inChannels
    let socket = WebSocketHandshake.accept(request, protocols: protocols) { socket, chosen in
      if inChannels.contains(chosen) { return await serve(socket, ports, connect) }
      let session = SPDYSession(WebSocketTunnel(socket))
      let serving = Task { await session.run() }
      await serve(session, connect)
      await session.close()
      await serving.value
    }
    if let socket { return socket }
    return SPDYUpgrade.accept(request, protocols: [overSPDY]) { session, _ in await serve(session, connect) }
  }

  /// One connection to each port, until all have ended or the client has gone.
  static func serve(
    _ socket: WebSocket, _ numbers: [UInt16], _ connect: @escaping @Sendable (UInt16) async throws -> any PortConnection
  ) async {
    let ports = numbers.prefix(WebSocketPort.limit).enumerated().map { WebSocketPort(socket, index: $0, number: $1) }
    for port in ports { await port.announce() }
    let connections = Task {
      await withTaskGroup(of: Void.self) { connections in
        for port in ports { connections.addTask { await forward(port, port.number, connect) } }
      }
    }
    let pump = Task {
      while let message = try? await socket.read() {
        guard let channel = message.first, channel % 2 == 0, Int(channel / 2) < ports.count else { continue }
        await ports[Int(channel / 2)].receive(Array(message.dropFirst()))
      }
      connections.cancel()
      for port in ports { await port.finish() }
    }
    await connections.value
    pump.cancel()
  }

  private static func serve(_ session: SPDYSession, _ connect: @escaping @Sendable (UInt16) async throws -> any PortConnection)
    async
  {
    var waiting: [String: SPDYStream] = [:]
    await withTaskGroup(of: Void.self) { connections in
      for await stream in session.opened {
        // Clients before requestid open the streams of a pair one after the other.
        let number = stream.headers["requestid"] ?? ""
        guard let kind = stream.headers["streamtype"], kind == "data" || kind == "error",
          let port = UInt16(stream.headers["port"] ?? ""), port > 0
        else {
          await stream.reset()
          continue
        }
        guard let other = waiting.removeValue(forKey: number) else {
          waiting[number] = stream
          continue
        }
        let (data, errors) = kind == "data" ? (stream, other) : (other, stream)
        guard data.headers["streamtype"] == "data", errors.headers["streamtype"] == "error" else {
          await data.reset()
          await errors.reset()
          continue
        }
        connections.addTask {
          await forward(SPDYPort(data: data, errors: errors), port, connect)
          await errors.finish()
          await data.remove()
          await errors.remove()
        }
      }
      connections.cancelAll()
    }
  }

  private static func forward(
    _ client: some ForwardedPort, _ port: UInt16, _ connect: @Sendable (UInt16) async throws -> any PortConnection
  ) async {
    do {
      let connection = try await connect(port)
      await withTaskGroup(of: Void.self) { directions in
        directions.addTask {
          while let bytes = await client.read() {
            guard (try? await connection.write(bytes)) != nil else { break }
          }
          await connection.finish()
        }
        directions.addTask {
          while let bytes = try? await connection.read() {
            guard (try? await client.write(bytes)) != nil else { break }
          }
          await client.finish()
        }
      }
      await connection.close()
    } catch {
      await client.fail("\(error)")
      await client.finish()
    }
  }
}

/// Two streams of SPDY.
private struct SPDYPort: ForwardedPort {
  let data: SPDYStream
  let errors: SPDYStream

  func read() async -> [UInt8]? { await data.read() }
  func write(_ bytes: [UInt8]) async throws { try await data.write(bytes) }
  func fail(_ problem: String) async { try? await errors.write(Array(problem.utf8)) }
  func finish() async {
    await data.finish()
    data.incoming.finish()
  }
}
