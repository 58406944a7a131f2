import Glibc

/// Counts signals for threads that wait for them. Signalling is allowed in a signal handler, too.
package final class Semaphore: @unchecked Sendable {
  private let count = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  package init() { sem_init(count, 0, 0) }

  deinit {
    sem_destroy(count)
    count.deallocate()
  }

  package func signal() { sem_post(count) }
  package func wait() { while sem_wait(count) != 0 {} }
}
