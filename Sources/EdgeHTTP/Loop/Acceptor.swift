import CLinux
import EdgeLinux
import Glibc

/// Accepts a listening socket's connections. Confined to its event loop from the beginning to `stop`, until when it lives.
final class Acceptor: @unchecked Sendable {
  /// nil once it has stopped.
  private var socket: Descriptor?
  private let loop: EventLoop
  private let hasRoom: () -> Bool
  private let serve: (Descriptor) -> Void

  /// - Parameter hasRoom: while it says no, connections wait in the kernel's queue
  init(
    _ listener: ListeningSocket, loop: EventLoop, hasRoom: @escaping @Sendable () -> Bool = { true },
    serve: @escaping @Sendable (Descriptor) -> Void
  ) {
    (socket, self.loop, self.hasRoom, self.serve) = (listener.socket, loop, hasRoom, serve)
    let number = listener.socket.number
    Task(executorPreference: loop) { [self] in
      loop.register(number, events: EPOLLIN.rawValue) { [self] signal in accept(from: number, signal) }
    }
  }

  /// From here on connections are refused; the port is free once nobody else has the socket.
  func stop() async {
    await onLoop(loop) { [self] in
      guard let listener = socket else { return }
      loop.deregister(listener.number)
      Socket.end(listener.number)
      socket = nil
    }
  }

  private func accept(from listener: Int32, _ signal: EventLoop.Signal) {
    if case .deadline = signal { setAccepting(true, listener) }
    for _ in 0..<64 {
      guard hasRoom() else { return setAccepting(false, listener) }
      do throws(SystemError) { serve(try Socket.accept(listener)) } catch {
        // Out of descriptors: the listener would stay ready and spin, so it rests until some may have been closed.
        if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(error.code) { setAccepting(false, listener) }
        return
      }
    }
  }

  private func setAccepting(_ isAccepting: Bool, _ listener: Int32) {
    loop.setInterest(isAccepting ? EPOLLIN.rawValue : 0, for: listener)
    if !isAccepting { loop.setDeadline(loop.now + 100_000_000, for: listener) }
  }
}
