import CLinux
import Glibc

/// Waits for descriptors without keeping a thread for each, on the shared event loop.
///
/// At most one waiter for a descriptor number at a time: to read and write concurrently, duplicate the descriptor.
package actor Readiness {
  package static let shared = Readiness()

  private let loop = EventLoop.shared
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private var waiting: [UInt64: (number: Int32, continuation: CheckedContinuation<Bool, Never>)] = [:]
  private var lastToken: UInt64 = 0

  /// Returns once the descriptor is ready, at its end or in error; throws CancellationError when the task was cancelled.
  package func wait(for descriptor: Descriptor, writing: Bool) async throws {
    lastToken += 1
    let token = lastToken
    let isReady = await withTaskCancellationHandler {
      await park(descriptor, token, writing ? EPOLLOUT.rawValue : EPOLLIN.rawValue, endsOnCancel: true)
    } onCancel: {
      Task { await self.finish(token, isReady: false) }
    }
    if !isReady { throw CancellationError() }
  }

  /// Returns once the descriptor is readable, whether or not the task was cancelled.
  package func waitUncancelled(for descriptor: Descriptor) async {
    lastToken += 1
    _ = await park(descriptor, lastToken, EPOLLIN.rawValue, endsOnCancel: false)
  }

  private func park(_ descriptor: Descriptor, _ token: UInt64, _ events: UInt32, endsOnCancel: Bool) async -> Bool {
    let number = descriptor.number
    let isReady = await withCheckedContinuation { continuation in
      waiting[token] = (number, continuation)
      let isWatched = loop.register(number, events: events) { [self] _ in
        assumeIsolated { $0.finish(token, isReady: true) }
      }
      // Regular files are always ready; epoll refuses them.
      if !isWatched { finish(token, isReady: true) }
      // A task that was cancelled before it came here: what its handler does may have run already, and found no waiter.
      if endsOnCancel, Task.isCancelled { finish(token, isReady: false) }
    }
    withExtendedLifetime(descriptor) {}
    return isReady
  }

  private func finish(_ token: UInt64, isReady: Bool) {
    guard let waiter = waiting.removeValue(forKey: token) else { return }
    loop.deregister(waiter.number)
    waiter.continuation.resume(returning: isReady)
  }

  /// As `wait(for:writing:)`, but no longer than `timeout`.
  /// - Throws: `SystemError` with ETIMEDOUT about `what`, CancellationError.
  package nonisolated func wait(for descriptor: Descriptor, writing: Bool, timeout: Duration, what: String) async throws {
    try await within(timeout, orThrow: SystemError("wait", what, code: ETIMEDOUT)) {
      try await self.wait(for: descriptor, writing: writing)
    }
  }
}

/// Runs `body`, which is cancelled where it takes longer than `limit`.
package func within<Value: Sendable>(
  _ limit: Duration, orThrow failure: any Error, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw failure
    }
    defer { group.cancelAll() }
    return try await group.next()!
  }
}
