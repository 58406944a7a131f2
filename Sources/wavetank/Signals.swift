import Glibc

/// Ctrl-C and `wavetank down`; main blocks both in every thread.
enum Signals {
  /// Waits for one of them.
  static func wait() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let thread = Box(continuation)
      var handle = pthread_t()
      pthread_create(
        &handle, nil,
        { argument in
          let box = Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
          var set = sigset_t()
          sigemptyset(&set)
          sigaddset(&set, SIGINT)
          sigaddset(&set, SIGTERM)
          var received: Int32 = 0
          sigwait(&set, &received)
          box.continuation.resume()
          return nil
        }, Unmanaged.passRetained(thread).toOpaque())
    }
  }

  private final class Box {
    let continuation: CheckedContinuation<Void, Never>
    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
  }
}
