package import EdgeLinux
import Synchronization

/// Passes TCP connections on, each to one of its own: all bytes no faster than they are taken, the end of each direction, and an abort
/// as an abort, so that nobody takes half an answer for a whole one.
package final class StreamRelay: Relay {
  /// Connections at a time; more wait until one ends.
  package static let limit = 4096
  /// After this many bytes others of the loop have their turn.
  private static let turnBytes = 1 << 20

  private struct State {
    var clients: [ObjectIdentifier: Connection] = [:]
    var turn = 0
    var isStopping = false
  }

  private let loops: [EventLoop]
  private let dial: @Sendable () async throws -> Descriptor
  private let state = Mutex(State())
  private let acceptor = Mutex<Acceptor?>(nil)

  /// - Parameters:
  ///   - limit: connections at a time
  ///   - dial: a connected, non-blocking socket to where a connection leads; the client's is aborted where it throws
  package init(
    _ listener: ListeningSocket, loops: [EventLoop], limit: Int = StreamRelay.limit,
    dial: @escaping @Sendable () async throws -> Descriptor
  ) {
    (self.loops, self.dial) = (loops, dial)
    let acceptor = Acceptor(
      listener, loop: loops[0], hasRoom: { [weak self] in self.map { $0.count < limit } ?? true },
      serve: { [weak self] in self?.serve($0) })
    self.acceptor.withLock { $0 = acceptor }
  }

  package var count: Int { state.withLock { $0.clients.count } }

  package func stop() async {
    await acceptor.withLock { $0 }?.stop()
    let clients = state.withLock { state in
      state.isStopping = true
      return Array(state.clients.values)
    }
    for client in clients { await onLoop(client.loop) { client.abort() } }
  }

  private func serve(_ socket: Descriptor) {
    let accepted = state.withLock { state -> Connection? in
      if state.isStopping { return nil }
      state.turn += 1
      let client = StreamRelay.connection(socket, loops[state.turn % loops.count])
      state.clients[ObjectIdentifier(client)] = client
      return client
    }
    guard let client = accepted else { return }
    Task(executorPreference: client.loop) { [self] in
      client.start {}
      // Elsewhere: it may hold up its thread for a moment, and the loop is not ours alone.
      if let socket = try? await Task.detached(operation: { try await self.dial() }).value, client.isOpen {
        let server = StreamRelay.connection(socket, client.loop)
        server.start {}
        await withTaskGroup(of: Void.self) { directions in
          directions.addTask { await StreamRelay.pass(from: client, to: server) }
          directions.addTask { await StreamRelay.pass(from: server, to: client) }
        }
        server.close()
        client.close()
      } else {
        client.abort()
      }
      _ = state.withLock { $0.clients.removeValue(forKey: ObjectIdentifier(client)) }
    }
  }

  private static func connection(_ socket: Descriptor, _ loop: EventLoop) -> Connection {
    Socket.setNoDelay(socket.number)
    Socket.setKeepAlive(socket.number, idleSeconds: 30)
    // Whoever does not read for long holds up the other side, and nobody else.
    return Connection(socket, loop: loop, ssl: nil, writeTimeout: .seconds(365 * 86_400))
  }

  /// One direction, until its end.
  private static func pass(from source: Connection, to target: Connection) async {
    do {
      var untilYield = turnBytes
      while let bytes = try await source.read() {
        try await target.write(bytes)
        untilYield -= bytes.count
        if untilYield <= 0 {
          untilYield = turnBytes
          await Task.yield()
        }
      }
      Socket.endWriting(target.descriptor)
    } catch {
      source.abort()
      target.abort()
    }
  }
}
