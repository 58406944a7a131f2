import CoreObjects
import Daemon
import EdgeLinux

extension ControlSocket {
  /// What a running cluster answers, line by line. Ends the process where none runs, or where it refuses.
  static func lines(_ request: ControlRequest, in directory: String) -> [String] {
    lines(ask(request.tree, directory: directory), in: directory)
  }

  static func lines(_ answer: JSON?, in directory: String) -> [String] {
    guard let answer else {
      Standard.fail("no cluster is running in \(directory): start one with 'wavetank up'")
    }
    if let problem = answer["error"].string { Standard.fail(problem) }
    return answer["lines"].elements.compactMap(\.string)
  }
}
