import CLinux
import COpenSSL
import EdgeLinux
import Glibc

/// What can happen to a connection while it is read or written.
enum ConnectionError: Error, Equatable {
  case closed
  case timedOut
  case tls(String)
  case system(errno: Int32)
}

/// A non-blocking connection, with TLS or without. Reads and writes go straight to the socket and suspend the calling task
/// only when the socket is not ready; there is no output queue.
///
/// Confined to its event loop: its callers are actors and tasks of that loop, and its async functions stay on their caller.
final class Connection: @unchecked Sendable {
  private enum Side { case reader, writer }
  private struct Waiter {
    let events: UInt32
    let deadline: UInt64
    let continuation: UnsafeContinuation<Void, Never>
  }

  let loop: EventLoop
  let descriptor: Int32
  /// nil once it is closed.
  private var socket: Descriptor?
  private let ssl: OpaquePointer?
  private var reader: Waiter?
  private var writer: Waiter?
  private var writeTurns: [UnsafeContinuation<Void, Never>] = []
  private var isWriting = false
  var isOpen: Bool { socket != nil }
  /// The peer closed its side; what it sent before is still read.
  private(set) var isHungUp = false
  /// Readiness seen since the last attempt: an edge may arrive between the attempt and the suspension.
  private var edges: UInt32 = 0
  private var hasFailed = false
  private var onHangup: (@Sendable () -> Void)?

  /// Monotonic nanoseconds after which a waiting read fails with `timedOut`; `.max` = never.
  var readDeadline = UInt64.max
  private let writeNanoseconds: UInt64

  /// `ssl` is owned from here on.
  init(_ socket: Descriptor, loop: EventLoop, ssl: OpaquePointer?, writeTimeout: Duration) {
    descriptor = socket.number
    self.socket = socket
    self.loop = loop
    self.ssl = ssl
    writeNanoseconds = writeTimeout.nanoseconds
    if let ssl { SSL_set_fd(ssl, descriptor) }
  }

  /// Whoever drops a connection without closing it may be on any thread; the loop still knows the descriptor.
  deinit {
    if let ssl { SSL_free(ssl) }
    guard let socket else { return }
    let loop = loop
    Task(executorPreference: loop) { loop.deregister(socket.number) }
  }

  var tls: OpaquePointer? { ssl }

  func setReadDeadline(after duration: Duration?) {
    readDeadline = duration.map { loop.now &+ $0.nanoseconds } ?? .max
  }

  /// `hangup` runs when the peer goes while nobody reads: a handler or stream is working for a client that left.
  func start(onHangup hangup: @escaping @Sendable () -> Void) {
    onHangup = hangup
    let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    loop.register(descriptor, events: events) { [weak self] signal in
      guard let self else { return }
      switch signal {
      case .ready(let events): becameReady(events)
      case .deadline: deadlinePassed()
      }
    }
  }

  /// Closes at once. After a fatal TLS error OpenSSL forbids SSL_shutdown.
  func close() {
    guard isOpen else { return }
    if let ssl, !hasFailed, !isWriting {
      ERR_clear_error()
      SSL_shutdown(ssl)
    }
    loop.deregister(descriptor)
    socket = nil
    onHangup = nil
    wake(.max)
  }

  /// Closes so that the peer knows that this is no end in order.
  func abort() {
    if isOpen { Socket.setAborting(descriptor) }
    close()
  }

  /// Closes so that the peer still reads the last answer while it is sending: closing a socket with unread input resets it.
  nonisolated(nonsending) func closeLingering() async {
    guard isOpen, !hasFailed else { return close() }
    if let ssl { SSL_shutdown(ssl) }
    Socket.endWriting(descriptor)
    setReadDeadline(after: .seconds(1))
    var budget = 4 << 20
    while budget > 0, let count = try? await readRaw(), count > 0 { budget -= count }
    hasFailed = true
    close()
  }

  private nonisolated(nonsending) func readRaw() async throws(ConnectionError) -> Int {
    try await perform(.reader) { _ in
      Socket.receive(descriptor, loop.scratch)
    } bypassingTLS: {
      true
    }
  }

  private func becameReady(_ events: UInt32) {
    if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
      let isUnread = reader == nil
      isHungUp = true
      wake(.max)
      if isUnread { onHangup?() }
    } else {
      wake(events)
    }
  }

  private func wake(_ events: UInt32) {
    edges |= events
    if let waiter = reader, waiter.events & events != 0 {
      reader = nil
      waiter.continuation.resume()
    }
    if let waiter = writer, waiter.events & events != 0 {
      writer = nil
      waiter.continuation.resume()
    }
  }

  private func deadlinePassed() {
    if let waiter = reader, waiter.deadline <= loop.now {
      reader = nil
      waiter.continuation.resume()
    }
    if let waiter = writer, waiter.deadline <= loop.now {
      writer = nil
      waiter.continuation.resume()
    }
    let next = min(reader?.deadline ?? .max, writer?.deadline ?? .max)
    if next != .max, isOpen { loop.setDeadline(next, for: descriptor) }
  }

  /// Tries until it succeeds. 0 = the peer ended its side in order.
  private nonisolated(nonsending) func perform(
    _ side: Side, _ attempt: (OpaquePointer?) -> Int, bypassingTLS: () -> Bool = { false }
  ) async throws(ConnectionError) -> Int {
    let deadline = side == .reader ? readDeadline : loop.now &+ writeNanoseconds
    while true {
      guard isOpen else { throw .closed }
      edges &= side == .reader ? ~EPOLLIN.rawValue : ~EPOLLOUT.rawValue
      if ssl != nil { ERR_clear_error() }
      let count = attempt(ssl)
      if count > 0 { return count }
      guard let wanted = try wantedEvents(after: count, side, isPlain: ssl == nil || bypassingTLS()) else { return 0 }
      if isHungUp && wanted == EPOLLIN.rawValue { return 0 }
      if deadline <= loop.now { throw .timedOut }
      await withUnsafeContinuation { continuation in
        if edges & wanted != 0 { return continuation.resume() }
        let waiter = Waiter(events: wanted, deadline: deadline, continuation: continuation)
        if side == .reader { reader = waiter } else { writer = waiter }
        if deadline != .max { loop.setDeadline(min(reader?.deadline ?? .max, writer?.deadline ?? .max), for: descriptor) }
      }
    }
  }

  /// What the socket must become before the next attempt; nil at an orderly end.
  private func wantedEvents(after count: Int, _ side: Side, isPlain: Bool) throws(ConnectionError) -> UInt32? {
    if isPlain {
      if count == 0 { return nil }
      let code = errno
      if code == EAGAIN || code == EINTR { return side == .reader ? EPOLLIN.rawValue : EPOLLOUT.rawValue }
      throw .system(errno: code)
    }
    let code = errno
    switch SSL_get_error(ssl, Int32(count)) {
    case SSL_ERROR_WANT_READ: return EPOLLIN.rawValue
    case SSL_ERROR_WANT_WRITE: return EPOLLOUT.rawValue
    case SSL_ERROR_ZERO_RETURN: return nil
    case SSL_ERROR_SYSCALL:
      hasFailed = true
      throw .system(errno: code)
    default:
      hasFailed = true
      throw .tls(openSSLErrors())
    }
  }

  nonisolated(nonsending) func acceptTLS() async throws(ConnectionError) {
    guard ssl != nil else { return }
    if try await perform(.reader, { Int(SSL_accept($0)) }) == 0 { throw .closed }
  }

  nonisolated(nonsending) func connectTLS() async throws(ConnectionError) {
    guard ssl != nil else { return }
    if try await perform(.reader, { Int(SSL_connect($0)) }) == 0 { throw .closed }
  }

  /// Waits until a non-blocking connect has come to an end.
  nonisolated(nonsending) func awaitConnect() async throws(ConnectionError) {
    _ = try await perform(.writer) { _ in
      do throws(SystemError) {
        if try Socket.finishConnecting(descriptor) { return 1 }
        errno = EAGAIN
      } catch { errno = error.code }
      return -1
    } bypassingTLS: {
      true
    }
  }

  /// Reads once into the loop's scratch buffer and hands the bytes to `body` before anything else can run; nil at the end.
  /// A TLS peer that closes without saying so is an end too: every protocol above has a length or an end mark of its own.
  nonisolated(nonsending) func read<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) async throws -> Result? {
    let count: Int
    do {
      count = try await perform(.reader) { ssl in
        let scratch = loop.scratch
        if let ssl { return Int(SSL_read(ssl, scratch.baseAddress, Int32(scratch.count))) }
        return Socket.receive(descriptor, scratch)
      }
    } catch {
      if hasFailed && isHungUp { return nil }
      throw error
    }
    return count == 0 ? nil : try body(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
  }

  nonisolated(nonsending) func read() async throws -> [UInt8]? { try await read { Array($0) } }

  /// Writes all bytes; writers of several tasks take turns, first come, first served.
  nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws(ConnectionError) { try await write(bytes, from: 0) }

  nonisolated(nonsending) func write(_ bytes: [UInt8], from start: Int) async throws(ConnectionError) {
    if isWriting {
      await withUnsafeContinuation { writeTurns.append($0) }
    }
    isWriting = true
    defer {
      if writeTurns.isEmpty { isWriting = false } else { writeTurns.removeFirst().resume() }
    }
    var sent = start
    var untilYield = 1 << 20
    while sent < bytes.count {
      let count = try await perform(.writer) { ssl in
        bytes.withUnsafeBytes { buffer in
          let count = min(buffer.count - sent, 1 << 18)
          if let ssl { return Int(SSL_write(ssl, buffer.baseAddress! + sent, Int32(count))) }
          return Socket.send(descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent..<sent + count]))
        }
      }
      if count == 0 { throw .closed }
      sent += count
      untilYield -= count
      if untilYield <= 0, sent < bytes.count {
        untilYield = 1 << 20
        await Task.yield()
      }
    }
  }
}
