import CLinux
import Glibc
import Synchronization

/// A thread outside Swift's pool, for work that blocks or changes what is the thread's own (its namespaces).
package enum PosixThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private final class Cell<Value: Sendable>: Sendable {
    private let content = Mutex<Result<Value, SystemError>?>(nil)
    var value: Result<Value, SystemError> { content.withLock { $0! } }
    func put(_ result: Result<Value, SystemError>) { content.withLock { $0 = result } }
  }

  /// Starts a detached thread.
  package static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, argument)
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "the kernel refused a thread")
  }

  /// Runs `body` on a thread of its own and waits for it, for calls that change what belongs to a thread.
  package static func result<Value: Sendable>(
    _ body: @escaping @Sendable () throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    let cell = Cell<Value>()
    let done = Semaphore()
    start {
      do throws(SystemError) {
        let value = try body()
        cell.put(.success(value))
      } catch { cell.put(.failure(error)) }
      done.signal()
    }
    done.wait()
    return try cell.value.get()
  }
}
