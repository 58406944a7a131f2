import CoreNode
import EdgeLinux
import Synchronization

/// The first process's streams while it runs, for those who attach to them.
extension RunningContainer {
  /// What the container wrote; empty bytes: that stream is at its end. False: no more, please. It must not wait: the container's
  /// log waits for it.
  package typealias Follower = @Sendable (_ bytes: [UInt8], _ isError: Bool) -> Bool

  /// Whether it writes nothing any more.
  package var hasEnded: Bool { log.hasEnded }

  /// Hands over what the container writes from now on.
  package func follow(_ follower: @escaping Follower) { log.follow(follower) }

  /// Writes to the container's input; nothing where it has none.
  package func write(_ bytes: [UInt8]) async throws {
    guard let target = input.withLock({ $0 }) else { return }
    try await target.write(bytes)
  }

  /// A client has come to the end of its input. The container reads that end only if its spec says stdinOnce: another client can
  /// follow otherwise.
  package func closeInput() {
    if bundle.spec.stdinOnce, !bundle.spec.terminal { input.withLock { $0 = nil } }
  }

  package func resize(columns: UInt16, rows: UInt16) {
    terminal?.setWindow(columns: columns, rows: rows)
  }
}
