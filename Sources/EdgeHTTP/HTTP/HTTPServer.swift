import CLinux
package import EdgeLinux
import Glibc
import Synchronization

/// Accepts connections and gives them to its loops in turn. Once it listens it lives until `stop`.
package final class HTTPServer: Sendable {
  private struct State {
    var listeners: [Descriptor] = []
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
    var (listeners, connections) = state.withLock { state in
      defer { (state.isStopping, state.listeners) = (true, []) }
      return (state.listeners, Array(state.connections.values))
    }
    let deadline = Task {
      try? await Task.sleep(for: grace)
      if !Task.isCancelled { await self.abort() }
    }
    // Each closes here, so that nobody connects any more.
    while let listener = listeners.popLast() {
      await onLoop(loops[0]) { [loop = loops[0]] in loop.deregister(listener.number) }
    }
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
    state.withLock { state in
      state.listeners.append(listener.socket)
      state.addresses.append(listener.address)
    }
    let (loop, number) = (loops[0], listener.socket.number)
    Task(executorPreference: loop) {
      loop.register(number, events: EPOLLIN.rawValue) { [self] signal in accept(from: number, signal) }
    }
    return listener.address
  }

  private func accept(from listener: Int32, _ signal: EventLoop.Signal) {
    if case .deadline = signal { setAccepting(true, listener) }
    for _ in 0..<64 {
      do throws(SystemError) { serve(try Socket.accept(listener)) } catch {
        // Out of descriptors: the listener would stay ready and spin, so it rests until some may have been closed.
        if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(error.code) { setAccepting(false, listener) }
        return
      }
    }
  }

  private func setAccepting(_ isAccepting: Bool, _ listener: Int32) {
    loops[0].setInterest(isAccepting ? EPOLLIN.rawValue : 0, for: listener)
    if !isAccepting { loops[0].setDeadline(loops[0].now + 100_000_000, for: listener) }
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
