import Glibc

/// Messages to the person at the terminal.
package enum Standard {
  /// What stands before the reason of a failure.
  package static let prefix = "wavetank: "

  package static func error(_ text: String) { Descriptor.write(text + "\n", to: 2) }
  package static func output(_ text: String) { Descriptor.write(text + "\n", to: 1) }

  /// Ends the process: exit code 3, the environment's fault.
  package static func fail(_ text: String, code: Int32 = 3) -> Never {
    error(prefix + text)
    exit(code)
  }
}
