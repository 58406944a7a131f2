import EdgeLinux
import Synchronization

/// Frames over a socket, in both directions at the same time.
final class ShimConnection: Sendable {
  /// Bytes that wait for a peer that does not read.
  private static let limit = 4 << 20

  private struct State {
    var waiting: [UInt8] = []
    var isSending = false
    var isBroken = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let reader: Descriptor
  private let writer: Descriptor
  private let state = Mutex(State())
  private let received = Mutex<[UInt8]>([])

  init(_ socket: Descriptor) throws(SystemError) {
    reader = socket
    // Reading and writing wait by themselves.
    writer = try socket.duplicate()
    reader.setNonBlocking()
  }

  /// The next frame; nil at the end. To be called by one task at a time.
  /// - Throws: `ShimError.garbled`
  func next() async throws(ShimError) -> ShimFrame? {
    while true {
      let bytes = received.withLock { $0 }
      if let (frame, length) = try ShimFrame.first(of: bytes[...]) {
        received.withLock { $0.removeFirst(length) }
        return frame
      }
      guard let more = try? await reader.read(), !more.isEmpty else { return nil }
      received.withLock { $0 += more }
    }
  }

  /// Sends a frame after all others, without waiting for it.
  /// - Returns: false where the peer has gone, or has left too much unread.
  @discardableResult
  func send(_ frame: ShimFrame) -> Bool {
    let begins: Bool? = state.withLock { state in
      if state.isBroken || state.waiting.count > ShimConnection.limit { return nil }
      state.waiting += frame.encoded
      defer { state.isSending = true }
      return !state.isSending
    }
    guard let begins else { return false }
    if begins { Task.detached { await self.drain() } }
    return true
  }

  /// The same, once there is room for it.
  func sendWaiting(_ frame: ShimFrame) async throws(ShimError) {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.isBroken || state.waiting.count < ShimFrame.limit { return true }
        state.waiters.append(continuation)
        return false
      }
      if isReady { continuation.resume() }
    }
    if !send(frame) { throw .gone }
  }

  private func drain() async {
    while true {
      let (bytes, waiters) = state.withLock { state in
        defer { (state.waiting, state.waiters) = ([], []) }
        if state.waiting.isEmpty { state.isSending = false }
        return (state.waiting, state.waiters)
      }
      for waiter in waiters { waiter.resume() }
      if bytes.isEmpty { return }
      do { try await writer.write(bytes) } catch {
        let left = state.withLock { state in
          (state.isBroken, state.waiting) = (true, [])
          defer { state.waiters = [] }
          return state.waiters
        }
        for waiter in left { waiter.resume() }
        return
      }
    }
  }

  /// Ends both directions, for whoever waits on it too.
  func close() { Socket.end(reader.number) }
}
