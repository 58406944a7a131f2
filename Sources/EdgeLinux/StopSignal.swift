import Glibc

/// SIGINT and SIGTERM, from when it is made. The first is waited for, the second ends the process.
///
/// A handler and not sigwait: Swift's main thread sleeps in sigsuspend with every signal let through, so the kernel gives it
/// the signal whatever the other threads wait for.
package struct StopSignal {
  private static let arrived = Semaphore()

  package init() {
    // A handler must find it made.
    _ = StopSignal.arrived
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      StopSignal.arrived.signal()
      signal(number, SIG_DFL)
    }
    action.sa_flags = SA_RESTART
    for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
  }

  package func wait() async {
    await withCheckedContinuation { continuation in
      PosixThread.start {
        StopSignal.arrived.wait()
        continuation.resume()
      }
    }
  }
}
