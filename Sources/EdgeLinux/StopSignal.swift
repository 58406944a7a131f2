import Glibc

/// SIGINT, SIGTERM and SIGHUP, from when it is made. The first is waited for, the second ends the process.
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
      // A terminal that goes sends more than one.
      signal(number, number == SIGHUP ? SIG_IGN : SIG_DFL)
    }
    action.sa_flags = SA_RESTART
    for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
    // Who was started by nohup outlives its terminal.
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    if unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self) {
      sigaction(SIGHUP, &action, nil)
    }
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
