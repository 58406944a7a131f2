import Glibc

/// A system call that failed: which one, on what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  package var call: String
  package var path: String
  package var code: Int32

  package init(_ call: String, _ path: String = "", code: Int32 = errno) {
    self.call = call
    self.path = path
    self.code = code
  }

  /// The cause alone, such as "No such file or directory".
  package var reason: String { String(cString: strerror(code)) }

  package var description: String { path.isEmpty ? "\(call): \(reason)" : "\(call) \(path): \(reason)" }
}

/// Runs a call that answers -1 for failure, again where a signal interrupted it.
@discardableResult
package func system<Number: BinaryInteger>(
  _ call: String, _ path: @autoclosure () -> String = "", _ body: () -> Number
) throws(SystemError) -> Number {
  while true {
    let result = body()
    if result != -1 { return result }
    if errno != EINTR { throw SystemError(call, path(), code: errno) }
  }
}
