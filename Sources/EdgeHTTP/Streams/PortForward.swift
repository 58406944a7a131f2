/// A connection to a port of a pod.
package protocol PortConnection: Sendable {
  /// Some bytes; nil at the end.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
  /// The client sends no more.
  func finish() async
  func close() async
}

/// Answers a request for port-forward: SPDY/3.1 streams, either on the connection itself (kubectl up to 1.30) or inside the messages
/// of a WebSocket. For each connection the client opens a stream for data and one for what goes wrong, both with its port and number.
package enum PortForwardUpgrade {
  private static let overWebSocket = "SPDY/3.1+portforward.k8s.io"
  private static let overSPDY = "portforward.k8s.io"

  /// - Parameter connect: what it throws is told to the client.
  package static func accept(
    _ request: HTTPRequest, connect: @escaping @Sendable (UInt16) async throws -> any PortConnection
  ) -> HTTPResponse {
    let socket = WebSocketHandshake.accept(request, protocols: [overWebSocket]) { socket, _ in
      let session = SPDYSession(WebSocketTunnel(socket))
      let serving = Task { await session.run() }
      await serve(session, connect)
      await session.close()
      await serving.value
    }
    if let socket { return socket }
    return SPDYUpgrade.accept(request, protocols: [overSPDY]) { session, _ in await serve(session, connect) }
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
        connections.addTask { await forward(data, errors, port, connect) }
      }
      connections.cancelAll()
    }
  }

  private static func forward(
    _ data: SPDYStream, _ errors: SPDYStream, _ port: UInt16, _ connect: @Sendable (UInt16) async throws -> any PortConnection
  ) async {
    do {
      let connection = try await connect(port)
      await withTaskGroup(of: Void.self) { directions in
        directions.addTask {
          while let bytes = await data.read() {
            guard (try? await connection.write(bytes)) != nil else { break }
          }
          await connection.finish()
        }
        directions.addTask {
          while let bytes = try? await connection.read() {
            guard (try? await data.write(bytes)) != nil else { break }
          }
          await data.finish()
          data.incoming.finish()
        }
      }
      await connection.close()
    } catch {
      try? await errors.write(Array("\(error)".utf8))
      await data.finish()
    }
    await errors.finish()
    await data.remove()
    await errors.remove()
  }
}
