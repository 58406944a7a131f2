/// Why a text is no pattern.
package struct RegularExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// In the pattern's code points.
  package let offset: Int
  package let message: String

  package var description: String { "the pattern is wrong at character \(offset + 1): \(message)" }
}

/// A regular expression of RE2's syntax (github.com/google/re2/wiki/Syntax, as Go's regexp has it), matched in time linear in the text.
///
/// All ways through the pattern are followed at once, a code point at a time (Thompson's construction, Pike's machine): nothing that is
/// written in a pattern makes a match take long.
package struct RegularExpression: Sendable {
  /// How often something may be repeated, in all repetitions around it together.
  package static let repetitionLimit = 1000
  /// Steps of a compiled pattern.
  static let programLimit = 20_000
  static let depthLimit = 200

  private let program: PatternProgram

  package init(_ pattern: String) throws(RegularExpressionError) {
    program = try PatternProgram(try PatternParser.parse(pattern))
  }

  /// Whether the pattern is found anywhere in the text.
  package func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var machine = PatternMachine(program, bytes)
      return machine.first(from: 0, wantsPlace: false) != nil
    }
  }

  /// The text that matches first; of several that begin there, the one that the pattern prefers. Nil where there is none.
  package func find(_ text: String) -> String? { findAll(text, limit: 1).first }

  /// All texts that match, one after the other.
  package func findAll(_ text: String, limit: Int = .max) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var found: [String] = []
      var machine = PatternMachine(program, bytes)
      var start = 0
      var lastEnd = -1
      while found.count < limit, start <= bytes.count, let match = machine.first(from: start, wantsPlace: true) {
        // An empty match right behind another is none.
        if !(match.isEmpty && match.lowerBound == lastEnd) { found.append(String(decoding: bytes[match], as: UTF8.self)) }
        lastEnd = match.upperBound
        start = match.isEmpty ? PatternMachine.next(bytes, match.upperBound) : match.upperBound
      }
      return found
    }
  }
}
