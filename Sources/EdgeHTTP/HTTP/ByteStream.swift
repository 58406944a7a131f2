import Synchronization

/// A bounded stream of bytes from any thread to one client. Several pieces that wait are written together.
///
/// `offer` never blocks: a client that is too slow for a watch is cut off rather than waited for. `write` waits for room, for
/// a producer that can be slowed down (a log). The stream ends by `finish`, by an overrun, or when the client goes.
package final class ByteStream: Sendable {
  package enum Termination: Sendable, Equatable {
    /// `finish` was called and everything has been sent.
    case finished
    /// The client went away or the server stops.
    case clientGone
    /// The client read too slowly; what waited was dropped and its connection is closed.
    case overrun
    /// `abort` was called: the client's connection is closed, so that it does not take what came for all.
    case aborted
  }

  private struct State {
    var pending: [[UInt8]] = []
    var pendingBytes = 0
    var isFinished = false
    var termination: Termination?
    var reader: UnsafeContinuation<Void, Never>?
    var writers: [UnsafeContinuation<Void, Never>] = []
    var onTermination: (@Sendable (Termination) -> Void)?
    var onOverrun: (@Sendable () -> Void)?
  }

  package let maximumBytes: Int
  package let maximumCount: Int
  private let state = Mutex(State())

  package init(maximumBytes: Int = 4 << 20, maximumCount: Int = 10_000) {
    self.maximumBytes = maximumBytes
    self.maximumCount = maximumCount
  }

  /// Queues bytes. False when the stream is over: it ended before, or these bytes were one too many (an overrun ends it).
  /// One piece is always taken by an empty queue, however large.
  @discardableResult
  package func offer(_ bytes: [UInt8]) -> Bool {
    let (isAccepted, reader) = state.withLock { state -> (Bool, UnsafeContinuation<Void, Never>?) in
      guard state.termination == nil, !state.isFinished else { return (false, nil) }
      guard hasRoom(state, for: bytes.count) else { return (false, nil) }
      return (true, append(bytes, to: &state))
    }
    reader?.resume()
    if !isAccepted && !isOver { terminate(.overrun) }
    return isAccepted
  }

  /// Queues bytes, waiting while the queue is full. False when the stream is over.
  package func write(_ bytes: [UInt8]) async -> Bool {
    while true {
      let (isDone, isAccepted, reader) = state.withLock { state -> (Bool, Bool, UnsafeContinuation<Void, Never>?) in
        guard state.termination == nil, !state.isFinished else { return (true, false, nil) }
        guard hasRoom(state, for: bytes.count) else { return (false, false, nil) }
        return (true, true, append(bytes, to: &state))
      }
      reader?.resume()
      if isDone { return isAccepted }
      await withUnsafeContinuation { continuation in
        let isStillFull = state.withLock { state in
          guard state.termination == nil, !state.isFinished, !hasRoom(state, for: bytes.count) else { return false }
          state.writers.append(continuation)
          return true
        }
        if !isStillFull { continuation.resume() }
      }
    }
  }

  /// No more bytes; those that wait are still sent.
  package func finish() {
    let (reader, writers) = state.withLock { state in
      state.isFinished = true
      defer {
        state.reader = nil
        state.writers = []
      }
      return (state.reader, state.writers)
    }
    reader?.resume()
    for writer in writers { writer.resume() }
  }

  /// What was to come cannot come.
  package func abort() { terminate(.aborted) }

  /// Called once, on any thread, when nothing more can be sent; at once if that is so already. The last handler set counts.
  package func onTermination(_ handler: @escaping @Sendable (Termination) -> Void) {
    let termination = state.withLock { state in
      if state.termination == nil { state.onTermination = handler }
      return state.termination
    }
    if let termination { handler(termination) }
  }

  package var isTerminated: Bool { state.withLock { $0.termination != nil } }

  private var isOver: Bool { state.withLock { $0.termination != nil || $0.isFinished } }

  private func hasRoom(_ state: borrowing State, for count: Int) -> Bool {
    state.pending.isEmpty || (state.pendingBytes + count <= maximumBytes && state.pending.count < maximumCount)
  }

  private func append(_ bytes: [UInt8], to state: inout State) -> UnsafeContinuation<Void, Never>? {
    if bytes.isEmpty { return nil }
    state.pending.append(bytes)
    state.pendingBytes += bytes.count
    defer { state.reader = nil }
    return state.reader
  }
}

/// The side of the connection.
extension ByteStream {
  /// Everything that waits as one array; nil at the end.
  package func read() async -> [UInt8]? { await next()?.flatMap { $0 } }

  /// Everything that waits, once something does; nil at the end.
  func next() async -> [[UInt8]]? {
    while true {
      let (batch, isOver, writers) = state.withLock { state -> ([[UInt8]], Bool, [UnsafeContinuation<Void, Never>]) in
        if state.termination != nil { return ([], true, []) }
        defer {
          state.pending = []
          state.pendingBytes = 0
          state.writers = []
        }
        return (state.pending, state.pending.isEmpty && state.isFinished, state.writers)
      }
      for writer in writers { writer.resume() }
      if !batch.isEmpty { return batch }
      if isOver { return nil }
      await withUnsafeContinuation { continuation in
        let mustWait = state.withLock { state in
          guard state.pending.isEmpty, !state.isFinished, state.termination == nil else { return false }
          state.reader = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    }
  }

  /// Runs on an overrun or abort, so that a connection that is stuck in a write can be closed.
  func attach(onOverrun: @escaping @Sendable () -> Void) {
    let isOverrun = state.withLock { state in
      state.onOverrun = onOverrun
      return state.termination == .overrun || state.termination == .aborted
    }
    if isOverrun { onOverrun() }
  }

  /// The first termination counts.
  func terminate(_ termination: Termination) {
    let (reader, writers, handler, overrun) = state.withLock { state in
      guard state.termination == nil else {
        return (nil, [], nil, nil)
          as (
            UnsafeContinuation<Void, Never>?, [UnsafeContinuation<Void, Never>], (@Sendable (Termination) -> Void)?,
            (@Sendable () -> Void)?
          )
      }
      state.termination = termination
      state.pending = []
      defer {
        state.reader = nil
        state.writers = []
        state.onTermination = nil
        state.onOverrun = nil
      }
      return (
        state.reader, state.writers, state.onTermination, [.overrun, .aborted].contains(termination) ? state.onOverrun : nil
      )
    }
    reader?.resume()
    for writer in writers { writer.resume() }
    overrun?()
    handler?(termination)
  }
}
