import CLinux
import Glibc

/// SIGINT and SIGTERM, from when it is made. The first is waited for, the second ends the process.
///
/// A handler and not sigwait: Swift's main thread sleeps in sigsuspend with every signal let through, so the kernel gives it
/// the signal whatever the other threads wait for.
struct StopSignal {
  private nonisolated(unsafe) static var event: Int32 = -1

  init() {
    StopSignal.event = eventfd(0, Int32(EFD_CLOEXEC))
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      eventfd_write(StopSignal.event, 1)
      signal(number, SIG_DFL)
    }
    action.sa_flags = SA_RESTART
    for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
  }

  func wait() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { argument in
          var count: eventfd_t = 0
          while eventfd_read(StopSignal.event, &count) != 0 {}
          Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().continuation.resume()
          return nil
        }, Unmanaged.passRetained(Box(continuation)).toOpaque())
      pthread_detach(thread)
    }
  }

  private final class Box {
    let continuation: CheckedContinuation<Void, Never>
    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
  }
}
