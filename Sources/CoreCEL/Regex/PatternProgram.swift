/// A pattern as steps of a machine.
struct PatternProgram: Sendable {
  enum Step: Sendable {
    /// Goes on at the next step with a code point of the class.
    case scalar(Int)
    case assertion(PatternTree.Assertion)
    /// Goes on at both; the first one is preferred.
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private(set) var steps: [Step] = []
  private(set) var classes: [ScalarClass] = []
  /// Whether it can only match from the text's beginning.
  private(set) var isAnchored = false

  init(_ tree: PatternTree) throws(RegularExpressionError) {
    try add(tree)
    steps.append(.match)
    if case .assertion(.textStart)? = steps.first { isAnchored = true }
  }

  private mutating func append(_ step: Step) throws(RegularExpressionError) {
    if steps.count >= RegularExpression.programLimit { throw RegularExpressionError(offset: 0, message: "it is too large") }
    steps.append(step)
  }

  private mutating func add(_ tree: PatternTree) throws(RegularExpressionError) {
    switch tree {
    case .empty: break
    case .scalar(let set):
      let place = classes.lastIndex(of: set) ?? classes.count
      if place == classes.count { classes.append(set) }
      try append(.scalar(place))
    case .assertion(let assertion): try append(.assertion(assertion))
    case .sequence(let parts): for part in parts { try add(part) }
    case .group(let part): try add(part)
    case .alternatives(let branches):
      var exits: [Int] = []
      for (number, branch) in branches.enumerated() {
        guard number < branches.count - 1 else {
          try add(branch)
          break
        }
        let split = steps.count
        try append(.split(split + 1, 0))
        try add(branch)
        exits.append(steps.count)
        try append(.jump(0))
        steps[split] = .split(split + 1, steps.count)
      }
      for exit in exits { steps[exit] = .jump(steps.count) }
    case .repetition(let part, let least, let most, let isGreedy): try repeated(part, least, most, isGreedy)
    }
  }

  private mutating func repeated(_ part: PatternTree, _ least: Int, _ most: Int?, _ isGreedy: Bool) throws(RegularExpressionError)
  {
    guard let most else {
      for _ in 0..<max(0, least - 1) { try add(part) }
      if least > 0 { return try plus(part, isGreedy) }
      let split = steps.count
      try append(.split(0, 0))
      if part.canBeEmpty {
        // As (part+)?: an empty pass ends it, and is preferred where the pattern says so.
        try plus(part, isGreedy)
      } else {
        try add(part)
        try append(.jump(split))
      }
      steps[split] = isGreedy ? .split(split + 1, steps.count) : .split(steps.count, split + 1)
      return
    }
    for _ in 0..<least { try add(part) }
    var splits: [Int] = []
    for _ in least..<max(least, most) {
      splits.append(steps.count)
      try append(.split(0, 0))
      try add(part)
    }
    for split in splits { steps[split] = isGreedy ? .split(split + 1, steps.count) : .split(steps.count, split + 1) }
  }

  private mutating func plus(_ part: PatternTree, _ isGreedy: Bool) throws(RegularExpressionError) {
    let start = steps.count
    try add(part)
    let next = steps.count + 1
    try append(isGreedy ? .split(start, next) : .split(next, start))
  }
}
