/// Why an expression has no value.
package struct CELFailure: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    case noSuchKey, noSuchField, noSuchOverload, noSuchVariable
    case overflow, divisionByZero, indexOutOfBounds
    /// A text is not what a function reads: a number, a moment, a pattern, an address …
    case invalidArgument
    case duplicateKey
    /// `value()` of an optional that has none.
    case optionalNone
    /// The data is not what its schema says.
    case invalidData
    /// This evaluation costs more than one may.
    case costExceeded
    /// Together with those before it costs more than all may.
    case budgetExceeded
  }

  package let kind: Kind
  package let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Whether `&&`, `||` and macros may go on without the operand. A limit is no value that anything absorbs.
  var isAbsorbed: Bool { kind != .costExceeded && kind != .budgetExceeded }

  static func overload(_ function: String, _ arguments: CELValue...) -> CELFailure { overload(function, arguments) }
  static func overload(_ function: String, _ arguments: [CELValue]) -> CELFailure {
    CELFailure(.noSuchOverload, "'\(function)' does not take \(arguments.map(\.typeName).joined(separator: ", "))")
  }
}
