import CLinux
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
  private let wake: Descriptor

  private let prepare: @Sendable () -> Void

  /// - Parameter prepare: what each thread does first, such as entering a namespace.
  package init(threads limit: Int, prepare: @escaping @Sendable () -> Void = {}) {
    self.limit = limit
    self.prepare = prepare
    let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_SEMAPHORE))
    precondition(number >= 0, "the kernel refused an eventfd")
    wake = Descriptor(owning: number)
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
        self.prepare()
        self.run()
      }
    }
    eventfd_write(wake.number, 1)
  }

  private func run() {
    while true {
      state.withLock { $0.idle += 1 }
      var value: eventfd_t = 0
      while eventfd_read(wake.number, &value) != 0 {}
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
