import EdgeLinux
import Synchronization

/// Runs work one after another, in the order in which it came, on worker threads.
final class SerialTasks: Sendable {
  private let workers: WorkerThreads
  private let last = Mutex<Task<Void, Never>?>(nil)

  init(on workers: WorkerThreads) { self.workers = workers }

  /// - Parameter other: other threads for this
  func add(on other: WorkerThreads? = nil, _ work: @escaping @Sendable () async -> Void) {
    last.withLock { last in
      let before = last
      last = Task(executorPreference: other ?? workers) {
        await before?.value
        await work()
      }
    }
  }

  /// Returns once everything that was added before has been done.
  func finish() async { await last.withLock { $0 }?.value }
}

extension SerialTasks {
  /// Waits for a task's end, which it does not cancel, or until the time is up.
  static func wait(for task: Task<Void, Never>?, atMost limit: Duration) async {
    guard let task else { return }
    let (ends, continuation) = AsyncStream<Void>.makeStream()
    let waiter = Task.detached {
      await task.value
      continuation.finish()
    }
    let alarm = Task.detached {
      try? await Task.sleep(for: limit)
      continuation.finish()
    }
    for await _ in ends {}
    alarm.cancel()
    _ = waiter
  }
}
