import CLinux
import Glibc
import Synchronization

/// Waits for descriptors without keeping a thread for each: one epoll instance and its thread for the whole process.
///
/// At most one waiter for a descriptor number at a time: to read and write concurrently, duplicate the descriptor.
package final class Readiness: Sendable {
  package static let shared = Readiness()

  private struct Waiter {
    var continuation: CheckedContinuation<Bool, Never>
    var descriptor: Int32
  }
  private struct State {
    var waiters: [UInt64: Waiter] = [:]
    var cancelled: Set<UInt64> = []
    var nextToken: UInt64 = 1
  }

  private let epoll: Int32
  private let state = Mutex(State())

  private init() {
    epoll = linux_epoll_create()
    precondition(epoll >= 0, "the kernel refused an epoll instance")
    PosixThread.start { self.run() }
  }

  /// Returns once the descriptor is ready, at its end or in error; throws CancellationError when the task was cancelled.
  package func wait(for descriptor: Descriptor, writing: Bool) async throws {
    let token = newToken()
    let ready = await withTaskCancellationHandler {
      await park(descriptor, token: token, events: UInt32(writing ? LINUX_EPOLL_OUT : LINUX_EPOLL_IN))
    } onCancel: {
      cancel(token)
    }
    if !ready { throw CancellationError() }
  }

  /// Returns once the descriptor is readable, whether or not the task was cancelled.
  package func waitUncancelled(for descriptor: Descriptor) async {
    _ = await park(descriptor, token: newToken(), events: UInt32(LINUX_EPOLL_IN))
  }

  private func newToken() -> UInt64 {
    state.withLock {
      $0.nextToken += 1
      return $0.nextToken
    }
  }

  private func park(_ descriptor: Descriptor, token: UInt64, events: UInt32) async -> Bool {
    let ready = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
      let cancelled = state.withLock { state in
        if state.cancelled.remove(token) != nil { return true }
        state.waiters[token] = Waiter(continuation: continuation, descriptor: descriptor.number)
        return false
      }
      if cancelled { return continuation.resume(returning: false) }
      // Regular files are always ready; epoll refuses them.
      if linux_epoll_arm(epoll, descriptor.number, events, token) < 0 { finish(token, ready: true) }
    }
    state.withLock { _ = $0.cancelled.remove(token) }
    withExtendedLifetime(descriptor) {}
    return ready
  }

  private func cancel(_ token: UInt64) {
    let waiter = state.withLock { state -> Waiter? in
      guard let waiter = state.waiters.removeValue(forKey: token) else {
        state.cancelled.insert(token)
        return nil
      }
      return waiter
    }
    waiter?.continuation.resume(returning: false)
  }

  private func finish(_ token: UInt64, ready: Bool) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: token) }
    waiter?.continuation.resume(returning: ready)
  }

  private func run() {
    var tokens = [UInt64](repeating: 0, count: 64)
    var events = [UInt32](repeating: 0, count: 64)
    while true {
      let count = linux_epoll_wait(epoll, &tokens, &events, 64, -1)
      if count < 0 && errno != EINTR { fatalError("epoll_wait: \(String(cString: strerror(errno)))") }
      for index in 0..<max(0, Int(count)) { finish(tokens[index], ready: true) }
    }
  }
}

extension Readiness {
  /// As `wait(for:writing:)`, but no longer than `timeout`.
  /// - Throws: `SystemError` with ETIMEDOUT about `what`, CancellationError.
  package func wait(for descriptor: Descriptor, writing: Bool, timeout: Duration, what: String) async throws {
    let inTime = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await self.wait(for: descriptor, writing: writing)
        return true
      }
      group.addTask {
        try await Task.sleep(for: timeout)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
    if !inTime { throw SystemError("wait", what, code: ETIMEDOUT) }
  }
}
