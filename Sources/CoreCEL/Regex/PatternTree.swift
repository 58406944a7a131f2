/// A pattern as it was read.
indirect enum PatternTree: Sendable {
  case empty
  case scalar(ScalarClass)
  case assertion(Assertion)
  case sequence([PatternTree])
  case alternatives([PatternTree])
  /// - Parameter most: nil is any number
  case repetition(PatternTree, least: Int, most: Int?, isGreedy: Bool)
  case group(PatternTree)

  enum Assertion: UInt8, Sendable { case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary }

  /// How often the part that is repeated most is written out.
  var repetitions: Int {
    switch self {
    case .empty, .scalar, .assertion: 1
    case .sequence(let parts), .alternatives(let parts): parts.map(\.repetitions).max() ?? 1
    case .repetition(let part, let least, let most, _): max(1, max(least, most ?? 0)) * part.repetitions
    case .group(let part): part.repetitions
    }
  }

  /// Whether it can match nothing.
  var canBeEmpty: Bool {
    switch self {
    case .empty, .assertion: true
    case .scalar: false
    case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
    case .alternatives(let branches): branches.contains(where: \.canBeEmpty)
    case .repetition(let part, let least, _, _): least == 0 || part.canBeEmpty
    case .group(let part): part.canBeEmpty
    }
  }
}
