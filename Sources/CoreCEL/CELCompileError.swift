/// What is wrong with an expression, and where.
package struct CELIssue: Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  package let line: Int
  /// From 0, in code points.
  package let column: Int
  package let message: String

  package var description: String { "\(line):\(column): \(message)" }
}

/// An expression cannot be compiled.
package struct CELCompileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// In the order in which they were found; one at least, `limit` at most.
  package let issues: [CELIssue]

  package static let limit = 10

  package var description: String { issues.map(\.description).joined(separator: "; ") }
}

/// An issue while its place is still an offset.
struct SourceIssue: Error, Equatable {
  let offset: Int
  let message: String

  init(_ offset: Int, _ message: String) {
    self.offset = offset
    self.message = message
  }
}

/// The text of an expression, and where its lines are.
struct SourceLines {
  let bytes: [UInt8]

  func issue(_ issue: SourceIssue) -> CELIssue {
    var line = 1
    var column = 0
    for byte in bytes.prefix(issue.offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 0
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return CELIssue(line: line, column: column, message: issue.message)
  }
}
