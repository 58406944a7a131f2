import Glibc
import Synchronization

/// Threads for tasks that make blocking system calls (mounts, files, starting processes), so that they do not hold up the pool on
/// which requests are answered.
package final class WorkerThreads: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var head = 0
    var idle = 0
    var threads = 0
  }
  private let state = Mutex(State())
  private let limit: Int
  private let waiting = Semaphore()
  private let enter: @Sendable () -> Void
  private let niceness: Int32

  /// - Parameters:
  ///   - niceness: how far the threads stand back where there is much to do
  ///   - enter: what each thread does first, such as entering a namespace
  package init(threads limit: Int, niceness: Int32 = 0, enter: @escaping @Sendable () -> Void = {}) {
    self.limit = limit
    self.niceness = niceness
    self.enter = enter
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let startsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.idle < state.jobs.count - state.head, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    if startsThread {
      PosixThread.start {
        // Of the thread alone, as the kernel has it.
        if self.niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, self.niceness) }
        self.enter()
        self.run()
      }
    }
    waiting.signal()
  }

  private func run() {
    while true {
      state.withLock { $0.idle += 1 }
      waiting.wait()
      let job = state.withLock { state -> UnownedJob in
        state.idle -= 1
        let job = state.jobs[state.head]
        state.head += 1
        if state.head == state.jobs.count {
          state.jobs.removeAll(keepingCapacity: true)
          state.head = 0
        }
        return job
      }
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
