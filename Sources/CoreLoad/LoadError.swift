/// What is wrong with a load, and where.
package struct LoadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Of the file, from 1; nil where no line is at fault.
  package var line: Int?
  package var message: String

  package init(line: Int? = nil, _ message: String) {
    self.line = line
    self.message = message
  }
  package var description: String { (line.map { "line \($0): " } ?? "") + message }
}
