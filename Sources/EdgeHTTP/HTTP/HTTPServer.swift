package import EdgeLinux
import Synchronization

/// Accepts connections and gives them to its loops in turn. Once it listens it lives until `stop`.
package final class HTTPServer: Sendable {
  private struct State {
    var acceptors: [Acceptor] = []
    var addresses: [SocketAddress] = []
    var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
    var turn = 0
    var isStopping = false
    var onEmpty: [CheckedContinuation<Void, Never>] = []
  }

  package let configuration: HTTPServerConfiguration
  private let loops: [EventLoop]
  private let state = Mutex(State())

  package init(_ configuration: HTTPServerConfiguration, loops: [EventLoop]) {
    self.configuration = configuration
    self.loops = loops
  }

  /// Binds and listens. Port 0 takes a free port, see the result.
  @discardableResult
  package func listen(on address: SocketAddress) throws(ListenError) -> SocketAddress {
    try add(ListeningSocket(address))
  }

  /// Listens on a socket that is already bound and listening.
  @discardableResult
  package func listen(adopting socket: Descriptor) throws(ListenError) -> SocketAddress {
    try add(ListeningSocket(adopting: socket))
  }

  /// Where it listens; none once every connection of a stopping server knows that it ends.
  package var addresses: [SocketAddress] { state.withLock { $0.addresses } }
  package var connectionCount: Int { state.withLock { $0.connections.count } }

  /// Accepts no more; lets requests in progress end; ends streams; after `grace` closes what is left.
  package func stop(grace: Duration = .seconds(5)) async {
    let (acceptors, connections) = state.withLock { state in
      defer { (state.isStopping, state.acceptors) = (true, []) }
      return (state.acceptors, Array(state.connections.values))
    }
    let deadline = Task {
      try? await Task.sleep(for: grace)
      if !Task.isCancelled { await self.abort() }
    }
    for acceptor in acceptors { await acceptor.stop() }
    await withTaskGroup(of: Void.self) { group in
      for connection in connections { group.addTask { await connection.drain() } }
    }
    state.withLock { $0.addresses = [] }
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.connections.isEmpty { state.onEmpty.append(continuation) }
        return state.connections.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
    deadline.cancel()
  }

  private func abort() async {
    for connection in state.withLock({ Array($0.connections.values) }) { await connection.abort() }
  }

  /// Listens on a socket of its own.
  @discardableResult
  package func add(_ listener: ListeningSocket) -> SocketAddress {
    let acceptor = Acceptor(listener, loop: loops[0]) { self.serve($0) }
    state.withLock { state in
      state.acceptors.append(acceptor)
      state.addresses.append(listener.address)
    }
    return listener.address
  }

  private func serve(_ socket: Descriptor) {
    let accepted = state.withLock { state -> HTTPServerConnection? in
      guard !state.isStopping, state.connections.count < configuration.limits.connections else { return nil }
      state.turn += 1
      let connection = HTTPServerConnection(
        socket, loop: loops[state.turn % loops.count], configuration: configuration)
      state.connections[ObjectIdentifier(connection)] = connection
      return connection
    }
    guard let connection = accepted else { return }
    Socket.setNoDelay(socket.number)
    Socket.setKeepAlive(socket.number, idleSeconds: 30)
    connection.start { [self] in
      let waiting = state.withLock { state in
        state.connections[ObjectIdentifier(connection)] = nil
        guard state.connections.isEmpty else { return [] as [CheckedContinuation<Void, Never>] }
        defer { state.onEmpty = [] }
        return state.onEmpty
      }
      for continuation in waiting { continuation.resume() }
    }
  }
}

/// Runs on the loop's thread.
func onLoop(_ loop: EventLoop, _ body: @escaping @Sendable () -> Void) async {
  await Task(executorPreference: loop) { body() }.value
}
