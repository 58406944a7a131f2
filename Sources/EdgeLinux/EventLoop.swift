import CLinux
import Glibc
import Synchronization

/// The only reactor: one thread around epoll that is at once a serial executor (for the actors of its connections) and a task executor (for
/// request handlers), so that a request runs from the socket to the answer without a change of thread.
///
/// Every task on a loop must prefer that loop: jobs are run with `runSynchronously(isolatedTo:taskExecutor:)`.
/// A loop lives as long as the process. SIGPIPE is blocked on its thread, so that a write to a dead peer is EPIPE.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  package enum Signal {
    case ready(UInt32)
    case deadline
  }

  private struct Registration {
    let generation: UInt32
    var deadline: UInt64
    let handler: (Signal) -> Void
  }

  private struct Inbox {
    var jobs: [UnownedJob] = []
    var isAsleep = false
  }

  /// Which loop the current thread is; set once by each loop's thread.
  private static let currentKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()
  /// Deadlines are swept at most this often, so that thousands of connections with staggered deadlines cost nothing.
  private static let sweepNanoseconds: UInt64 = 5_000_000

  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
  private let wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
  private let inbox = Mutex(Inbox())

  // Everything below is touched on the loop's thread only.
  private var local: [UnownedJob] = []
  private var registrations: [Registration?] = []
  private var generation: UInt32 = 0
  private var nextDeadline = UInt64.max
  /// Monotonic nanoseconds, read once per turn of the loop.
  package private(set) var now: UInt64 = 0
  package let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  package init() {
    _ = EventLoop.currentKey
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(UInt32(bitPattern: wakeDescriptor))))
    epoll_ctl(epoll, EPOLL_CTL_ADD, wakeDescriptor, &event)
    PosixThread.start { self.run() }
  }

  /// For what has no loop of its own: clients, and waiting for descriptors.
  package static let shared = EventLoop()

  package static func group(_ count: Int) -> [EventLoop] { (0..<count).map { _ in EventLoop() } }

  var isCurrent: Bool { pthread_getspecific(EventLoop.currentKey) == Unmanaged.passUnretained(self).toOpaque() }
  package func isIsolatingCurrentContext() -> Bool? { isCurrent }
  package func checkIsolated() { precondition(isCurrent, "not on the event loop's thread") }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      local.append(job)
      return
    }
    let mustWake = inbox.withLock { inbox in
      inbox.jobs.append(job)
      defer { inbox.isAsleep = false }
      return inbox.isAsleep
    }
    if mustWake { eventfd_write(wakeDescriptor, 1) }
  }

  /// Reports readiness of a descriptor to `handler`, on this thread. Keyed by descriptor and generation: a late event of a
  /// closed descriptor never reaches the one that got its number.
  /// - Returns: false for what epoll does not watch, such as regular files.
  @discardableResult
  package func register(_ descriptor: Int32, events: UInt32, _ handler: @escaping (Signal) -> Void) -> Bool {
    let index = Int(descriptor)
    if registrations.count <= index {
      registrations.append(contentsOf: repeatElement(nil, count: index + 64 - registrations.count))
    }
    generation &+= 1
    registrations[index] = Registration(generation: generation, deadline: .max, handler: handler)
    let key = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    var event = epoll_event(events: events, data: epoll_data_t(u64: key))
    if epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 { return true }
    // Somebody who registered it before hears no more of it.
    return errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0
  }

  /// Nothing happens where it was never registered.
  package func deregister(_ descriptor: Int32) {
    guard Int(descriptor) < registrations.count else { return }
    registrations[Int(descriptor)] = nil
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
  }

  /// Changes which events are reported for a registered descriptor.
  package func setInterest(_ events: UInt32, for descriptor: Int32) {
    guard let registration = registrations[Int(descriptor)] else { return }
    let key = UInt64(registration.generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    var event = epoll_event(events: events, data: epoll_data_t(u64: key))
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
  }

  /// One deadline a descriptor (monotonic nanoseconds; `.max` = none); reported once, up to a few milliseconds late.
  package func setDeadline(_ deadline: UInt64, for descriptor: Int32) {
    registrations[Int(descriptor)]?.deadline = deadline
    nextDeadline = min(nextDeadline, deadline)
  }

  private func run() {
    pthread_setspecific(EventLoop.currentKey, Unmanaged.passUnretained(self).toOpaque())
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, nil)
    let serial = asUnownedSerialExecutor()
    let preference = asUnownedTaskExecutor()
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    var batch: [UnownedJob] = []
    now = UInt64(SystemClock.monotonic)
    while true {
      batch.removeAll(keepingCapacity: true)
      swap(&batch, &local)
      let isBusy = inbox.withLock { inbox in
        batch.append(contentsOf: inbox.jobs)
        inbox.jobs.removeAll(keepingCapacity: true)
        inbox.isAsleep = batch.isEmpty
        return !batch.isEmpty
      }
      for job in batch { job.runSynchronously(isolatedTo: serial, taskExecutor: preference) }
      let count = epoll_wait(epoll, &events, Int32(events.count), isBusy ? 0 : waitMilliseconds())
      if !isBusy { inbox.withLock { $0.isAsleep = false } }
      now = UInt64(SystemClock.monotonic)
      for index in 0..<max(0, Int(count)) { dispatch(events[index]) }
      if now >= nextDeadline { sweepDeadlines() }
    }
  }

  private func dispatch(_ event: epoll_event) {
    let descriptor = Int32(truncatingIfNeeded: event.data.u64)
    if descriptor == wakeDescriptor {
      var value: eventfd_t = 0
      eventfd_read(wakeDescriptor, &value)
    } else if let registration = registrations[Int(descriptor)], registration.generation == UInt32(event.data.u64 >> 32) {
      registration.handler(.ready(event.events))
    }
  }

  private func waitMilliseconds() -> Int32 {
    if nextDeadline == .max { return -1 }
    let now = UInt64(SystemClock.monotonic)
    return nextDeadline <= now ? 0 : Int32(min((nextDeadline - now) / 1_000_000 + 1, 3_600_000))
  }

  private func sweepDeadlines() {
    nextDeadline = .max
    for index in registrations.indices {
      guard let deadline = registrations[index]?.deadline, deadline != .max else { continue }
      if deadline > now {
        nextDeadline = min(nextDeadline, max(deadline, now + EventLoop.sweepNanoseconds))
      } else {
        registrations[index]?.deadline = .max
        registrations[index]?.handler(.deadline)
      }
    }
  }
}

extension Duration {
  /// Never negative, never overflowing: a limit of a year is as good as none.
  package var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 { return 0 }
    return UInt64(min(seconds, 31_536_000)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
