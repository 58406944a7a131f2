import Glibc

/// Messages to the person at the terminal.
package enum Standard {
  /// What stands before the reason of a failure.
  package static let prefix = "wavetank: "

  package static func error(_ text: String) { write(2, text + "\n") }
  package static func output(_ text: String) { write(1, text + "\n") }

  /// Ends the process: exit code 3, the environment's fault.
  package static func fail(_ text: String) -> Never {
    error(prefix + text)
    exit(3)
  }

  private static func write(_ descriptor: Int32, _ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
