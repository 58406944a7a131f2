import CLinux
package import EdgeLinux
import Glibc
import Synchronization

/// Passes datagrams on. Each client has a socket of its own to where they lead, so that the answers find back to it, until neither
/// side has been heard of for a while. Confined to its event loop.
package final class DatagramRelay: Relay, @unchecked Sendable {
  /// Clients at a time; datagrams of more are lost, as with a full table of connections in the kernel.
  package static let limit = 4096
  /// As long as the kernel itself remembers a client that got no answer.
  package static let idle = Duration.seconds(30)
  /// Datagrams of one turn, so that nothing else of the loop waits for long.
  private static let turnLimit = 64
  /// Datagrams of a client that wait for its socket.
  private static let waitingLimit = 16

  private final class Session {
    let client: Datagrams.Peer
    /// nil until it has been made.
    var socket: Descriptor?
    var waiting: [[UInt8]] = []
    /// Monotonic nanoseconds.
    var lastHeard: UInt64 = 0

    init(_ client: Datagrams.Peer) { self.client = client }
  }

  private let loop: EventLoop
  private let limit: Int
  private let idleNanoseconds: UInt64
  private let dial: @Sendable () async throws -> Descriptor
  /// nil once it has stopped.
  private var socket: Descriptor?
  private var sessions: [SocketAddress: Session] = [:]
  private let clients = Mutex(0)

  /// - Parameter dial: a connected, non-blocking socket to where a client's datagrams lead; they are lost where it throws
  package init(
    _ listener: ListeningSocket, loop: EventLoop, limit: Int = DatagramRelay.limit, idle: Duration = DatagramRelay.idle,
    dial: @escaping @Sendable () async throws -> Descriptor
  ) {
    (socket, self.loop, self.limit, self.dial) = (listener.socket, loop, limit, dial)
    idleNanoseconds = idle.nanoseconds
    let number = listener.socket.number
    Task(executorPreference: loop) { [weak self] in
      loop.register(number, events: EPOLLIN.rawValue) { [weak self] _ in self?.receive() }
    }
  }

  package var count: Int { clients.withLock { $0 } }

  package func stop() async {
    await onLoop(loop) { [self] in
      if let socket { loop.deregister(socket.number) }
      socket = nil
      for client in Array(sessions.keys) { end(client) }
    }
  }

  /// From clients.
  private func receive() {
    for _ in 0..<DatagramRelay.turnLimit {
      guard let socket, let (bytes, client) = Datagrams.receive(socket, loop.scratch) else { return }
      guard let address = client.socketAddress, let session = session(of: client, at: address) else { continue }
      session.lastHeard = loop.now
      if let socket = session.socket {
        if Socket.send(socket.number, bytes) < 0, !Socket.isWaiting { end(address) }
      } else if session.waiting.count < DatagramRelay.waitingLimit {
        session.waiting.append(Array(bytes))
      }
    }
  }

  private func session(of client: Datagrams.Peer, at address: SocketAddress) -> Session? {
    if let session = sessions[address] { return session }
    guard sessions.count < limit else { return nil }
    let session = Session(client)
    sessions[address] = session
    clients.withLock { $0 += 1 }
    Task.detached { [self] in
      let socket = try? await dial()
      await onLoop(loop) { self.begin(address, socket) }
    }
    return session
  }

  private func begin(_ client: SocketAddress, _ socket: Descriptor?) {
    guard let session = sessions[client] else { return }
    guard let socket else { return end(client) }
    session.socket = socket
    for bytes in session.waiting { bytes.withUnsafeBytes { _ = Socket.send(socket.number, $0) } }
    session.waiting = []
    loop.register(socket.number, events: EPOLLIN.rawValue) { [weak self] signal in
      switch signal {
      case .ready: self?.answer(client)
      case .deadline: self?.rest(client)
      }
    }
    loop.setDeadline(loop.now &+ idleNanoseconds, for: socket.number)
  }

  /// To a client.
  private func answer(_ client: SocketAddress) {
    guard let session = sessions[client], let inside = session.socket, let socket else { return }
    session.lastHeard = loop.now
    for _ in 0..<DatagramRelay.turnLimit {
      let count = Socket.receive(inside.number, loop.scratch)
      if count < 0 {
        // Nobody is there, or no longer: the next datagram looks again for somebody.
        if !Socket.isWaiting { end(client) }
        return
      }
      Datagrams.send(Array(loop.scratch[..<count]), to: session.client, from: socket)
    }
  }

  private func rest(_ client: SocketAddress) {
    guard let session = sessions[client], let socket = session.socket else { return }
    let end = session.lastHeard &+ idleNanoseconds
    if end <= loop.now { self.end(client) } else { loop.setDeadline(end, for: socket.number) }
  }

  private func end(_ client: SocketAddress) {
    guard let session = sessions.removeValue(forKey: client) else { return }
    if let socket = session.socket { loop.deregister(socket.number) }
    clients.withLock { $0 -= 1 }
  }
}
