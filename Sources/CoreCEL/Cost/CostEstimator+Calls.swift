/// What calls of functions may cost.
extension CostEstimator {
  /// The arguments of a call, the target first.
  private struct Arguments {
    let expressions: [Expression]
    let estimates: [Estimate]
    let sizes: [CELCostRange]
    let hasTarget: Bool

    func size(_ place: Int) -> CELCostRange { sizes.indices.contains(place) ? sizes[place] : .unknown }

    /// The whole number that is written down there.
    func literal(_ place: Int) -> UInt64? {
      guard expressions.indices.contains(place), case .literal(.int(let number)) = expressions[place].kind else { return nil }
      return UInt64(exactly: number)
    }
  }

  mutating func call(_ expression: Expression, _ target: Expression?, _ arguments: [Expression]) -> Estimate {
    guard case .function(let function, let isQualified)? = checked.references[expression.id] else { return Estimate(.unknown) }
    var all = arguments
    if let target, !isQualified { all.insert(target, at: 0) }
    let estimates = all.map { estimate($0) }
    let cost = estimates.reduce(CELCostRange.zero) { $0 + $1.cost }
    let given = Arguments(
      expressions: all, estimates: estimates, sizes: zip(estimates, all).map { size($0, $1) },
      hasTarget: target != nil && !isQualified)
    if function.name == "dyn", var same = estimates.first {
      same.cost += .one
      return same
    }
    var result = estimate(chosen(function, all).cost, given)
    result.cost += cost
    return result
  }

  /// Of functions with one name that which takes such arguments.
  private func chosen(_ function: Function, _ arguments: [Expression]) -> Function {
    let types = arguments.map { checked.type($0) }
    return ([function] + function.others).first { candidate in
      candidate.overloads.contains { overload in
        var substitution = TypeSubstitution()
        return substitution.assign(types, to: substitution.instance(overload).parameters)
      }
    } ?? function
  }

  private func estimate(_ cost: CallCost, _ given: Arguments) -> Estimate {
    let factor = CallCost.traversalFactor
    let first = given.size(0)
    switch cost {
    case .one: return Estimate(.one)
    case .fixed(let cost): return Estimate(CELCostRange(cost))
    case .traversal(let times): return Estimate(first * (Double(times) * factor))
    case .traversalOfSecond: return Estimate(given.size(1) * factor, size: .one)
    case .substring: return Estimate(first * factor, size: first)
    case .bytesOfText, .textOfBytes: return conversion(cost, given)
    case .quote:
      return Estimate(
        first * factor,
        size: CELCostRange(
          min: CELCostRange.sum(first.min, 2), max: CELCostRange.sum(CELCostRange.product(first.max, 2 as UInt64), 2)))
    case .format: return Estimate(first * factor)
    case .matches where !given.hasTarget: return Estimate(.one, size: .one)
    case .matches, .find:
      let text = (first + .one) * factor
      let found = CELCostRange(min: 0, max: first.max)
      return Estimate(text * (given.size(1) * CallCost.patternFactor), size: cost.isFind ? found : .one)
    case .contains: return Estimate((first * factor) * (given.size(1) * factor), size: .one)
    case .elements: return elements(given)
    case .replace: return Estimate(first * (2 * factor), size: replaced(first, given.size(1), given.size(2)))
    case .split: return Estimate(first * (2 * factor), size: CELCostRange(min: 0, max: given.literal(2) ?? first.max))
    case .join: return join(given)
    case .containsIP, .containsCIDR: return network(cost, given)
    case .listResult, .flatten, .distinct, .sort: return lists(cost, given)
    case .validate:
      return Estimate((given.size(1) + .one) * factor * (Double(TextForm.estimatedPattern) * CallCost.patternFactor))
    case .sets(let times): return Estimate(first * given.size(1) * times + .one, size: .one)
    }
  }

  /// The longest text of a number, a flag, a moment or a duration.
  private static let scalarTextSize: UInt64 = 40

  private func conversion(_ cost: CallCost, _ given: Arguments) -> Estimate {
    let size = given.size(0)
    switch (cost, given.expressions.first.map { checked.type($0) }) {
    case (.bytesOfText, .string):
      return Estimate(
        size * CallCost.traversalFactor, size: CELCostRange(min: size.min, max: CELCostRange.product(size.max, 4 as UInt64)))
    case (.textOfBytes, .bytes):
      return Estimate(size * CallCost.traversalFactor, size: CELCostRange(min: size.min / 4, max: size.max))
    case (.textOfBytes, .int), (.textOfBytes, .uint), (.textOfBytes, .double), (.textOfBytes, .bool), (.textOfBytes, .timestamp),
      (.textOfBytes, .duration):
      return Estimate(.one, size: CELCostRange(min: 1, max: CostEstimator.scalarTextSize))
    default: return Estimate(.one)
    }
  }

  /// The element's size in a list that a schema or the expression describes.
  private func element(_ given: Arguments) -> CELCostRange {
    guard let list = given.estimates.first else { return .unknown }
    if let schema = list.schema?.items { return CELCostRange(min: 0, max: schema.estimatedElements) }
    return CELCostRange(min: 0, max: list.entry?.value.max ?? .max)
  }

  private func elements(_ given: Arguments) -> Estimate {
    guard let list = given.expressions.first, case .list(let element) = checked.type(list) else {
      return Estimate(given.size(0) * CallCost.traversalFactor, size: .one)
    }
    var cost = CELCostRange.one
    if element == .string || element == .bytes { cost += self.element(given) * CallCost.traversalFactor }
    return Estimate(given.size(0) * cost)
  }

  private func join(_ given: Arguments) -> Estimate {
    let count = given.size(0)
    var size = count * element(given)
    if given.expressions.count > 1 {
      size += given.size(1) * CELCostRange(min: count.min > 0 ? count.min - 1 : 0, max: count.max > 0 ? count.max - 1 : 0)
    }
    return Estimate(size * CallCost.traversalFactor, size: size)
  }

  /// How long a text can be, and how short, where parts of it are replaced.
  private func replaced(_ text: CELCostRange, _ old: CELCostRange, _ new: CELCostRange) -> CELCostRange {
    func length(_ text: UInt64, _ old: UInt64, _ new: UInt64, keeps: Bool) -> UInt64 {
      // What is empty stands around each character.
      if old == 0 { return CELCostRange.sum(CELCostRange.product(CELCostRange.sum(text, 1), new), text) }
      if keeps { return text }
      return CELCostRange.product(CELCostRange.product(text, 1 / Double(old)), new)
    }
    return CELCostRange(
      min: length(text.min, old.max, new.min, keeps: old.max <= new.min),
      max: length(text.max, old.min, new.max, keeps: new.max <= old.min))
  }

  private func network(_ cost: CallCost, _ given: Arguments) -> Estimate {
    // Addresses have 4 or 16 bytes.
    let bytes = CELCostRange(min: 4, max: 16)
    var total = (bytes + bytes) * CallCost.traversalFactor
    if case .containsCIDR = cost { total += bytes * CallCost.traversalFactor + .one }
    if given.expressions.count > 1, checked.type(given.expressions[1]) == .string {
      total += given.size(1) * CallCost.traversalFactor
    }
    return Estimate(total, size: .one)
  }

  private func lists(_ cost: CallCost, _ given: Arguments) -> Estimate {
    let count = given.size(0)
    var size = count
    var times = 1.0
    switch cost {
    case .listResult:
      if given.expressions.count == 3 {
        let (start, end) = (given.literal(1) ?? 0, given.literal(2) ?? count.max)
        size = CELCostRange(end > start ? end - start : 0)
      } else if !given.hasTarget {
        size = CELCostRange(given.literal(0) ?? .max)
      }
    case .flatten: times = given.expressions.count > 1 ? Double(given.literal(1) ?? .max) : 1
    case .distinct: return Estimate(count * count * 2.0 + CELCostRange(11), size: count)
    default:
      var element = CELType.dyn
      if let list = given.expressions.first, case .list(let found) = checked.type(list) { element = found }
      return Estimate(CostEstimator.sort(count, element), size: count)
    }
    return Estimate(size * times + CELCostRange(11), size: size)
  }
}

extension CallCost {
  fileprivate var isFind: Bool { if case .find = self { true } else { false } }
}
