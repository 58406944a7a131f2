import CoreNode
import EdgeLinux
import Synchronization

/// The first process's streams while it runs, for those who attach to them.
extension RunningContainer {
  /// What the container wrote; empty bytes: that stream is at its end. False: no more, please. It must not wait: others wait for it.
  package typealias Follower = @Sendable (_ bytes: [UInt8], _ isError: Bool) -> Bool

  /// Whether its shim has ended before it: nobody knows what it wrote then and how it ended.
  package var isCutOff: Bool { audience.isCutOff }

  /// Whether it writes nothing any more.
  package var hasEnded: Bool { audience.hasEnded }

  /// Hands over what the container writes from now on.
  package func follow(_ follower: @escaping Follower) {
    if audience.add(follower) { connection.send(ShimFrame(.follow)) }
  }

  /// Writes to the container's input; nothing where it has none.
  package func write(_ bytes: [UInt8]) async throws {
    for start in stride(from: 0, to: bytes.count, by: ShimFrame.limit) {
      try await connection.sendWaiting(ShimFrame(.input, Array(bytes[start...].prefix(ShimFrame.limit))))
    }
  }

  /// A client has come to the end of its input. The container reads that end only if its spec says stdinOnce: another client can
  /// follow otherwise.
  package func closeInput() { connection.send(ShimFrame(.endInput)) }

  package func resize(columns: UInt16, rows: UInt16) {
    let bytes = [columns, rows].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    connection.send(ShimFrame(.window, bytes))
  }
}

/// Those who follow a container's streams.
final class ContainerAudience: Sendable {
  private struct State {
    var followers: [RunningContainer.Follower] = []
    var isFollowing = false
    var hasExited = false
    var isCutOff = false
    var ended: Set<Bool> = []
  }
  private let state = Mutex(State())

  var hasEnded: Bool { state.withLock { $0.hasExited || $0.ended.contains(false) } }

  /// Whoever has come follows to the end, of which the shim tells.
  func exit() { state.withLock { $0.hasExited = true } }

  /// - Returns: whether the first has come, so that the shim is to be asked
  func add(_ follower: @escaping RunningContainer.Follower) -> Bool {
    state.withLock { state in
      for isError in state.ended.sorted(by: { !$0 && $1 }) where !follower([], isError) { return false }
      state.followers.append(follower)
      defer { state.isFollowing = true }
      return !state.isFollowing && state.ended.isEmpty
    }
  }

  func report(_ bytes: [UInt8], isError: Bool) {
    state.withLock { state in
      if bytes.isEmpty { state.ended.insert(isError) }
      state.followers.removeAll { !$0(bytes, isError) }
    }
  }

  var isCutOff: Bool { state.withLock { $0.isCutOff } }

  /// Nothing comes any more.
  func end() {
    state.withLock { $0.isCutOff = !$0.hasExited }
    for isError in [false, true] where state.withLock({ !$0.ended.contains(isError) }) { report([], isError: isError) }
  }
}
