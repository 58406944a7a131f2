/// What macros may cost.
extension CostEstimator {
  /// The variables of a macro, by what is known of what it iterates over.
  private mutating func declare(_ expression: Expression, _ macro: Expression.Comprehension, _ range: Estimate) {
    guard case .slots(let slot, let second)? = checked.references[expression.id] else { return }
    var isList = true
    if case .map = checked.type(macro.range) { isList = false }
    let key = Estimate(.one, size: range.entry?.key ?? (isList || range.schema == nil ? nil : .zero))
    let value = Estimate(.one, size: range.entry?.value, schema: range.schema?.items)
    if let second {
      locals[slot] = isList ? Estimate(.one, size: .one) : key
      locals[second] = value
    } else {
      locals[slot] = isList ? value : key
    }
  }

  mutating func comprehend(_ expression: Expression, _ macro: Expression.Comprehension) -> Estimate {
    let range = estimate(macro.range)
    declare(expression, macro, range)
    let filter = macro.filter.map { estimate($0).cost }
    let body = estimate(macro.body)
    let count = size(range, macro.range)
    /// What is done for each element, where a condition may leave it out.
    func step(_ cost: CELCostRange) -> CELCostRange { filter.map { $0 + cost.union(.one) } ?? cost }
    let entry = Entry(key: .one, value: size(body, macro.body))
    switch macro.macro {
    case .all, .exists:
      let condition = CELCostRange(macro.macro == .all ? 2 : 3)
      let test = CELCostRange(min: 1, max: CELCostRange.sum(1, body.cost.max))
      return Estimate(range.cost + .one + count * (condition + test), size: .one)
    case .existsOne:
      return Estimate(range.cost + CELCostRange(2) + count * (body.cost + CELCostRange(min: 1, max: 2)), size: .one)
    case .map, .transformList:
      return Estimate(range.cost + CELCostRange(11) + count * step(body.cost + CELCostRange(12)), size: count, entry: entry)
    case .filter:
      var result = Estimate(range.cost + CELCostRange(11) + count * (body.cost + CELCostRange(min: 1, max: 13)), size: count)
      if let value = range.entry?.value ?? (range.schema?.items).map({ CELCostRange(min: 0, max: $0.estimatedElements) }) {
        result.entry = Entry(key: .one, value: value)
      }
      return result
    case .transformMap:
      return Estimate(range.cost + CELCostRange(31) + count * step(body.cost + CELCostRange(3)), size: count, entry: entry)
    case .transformMapEntry:
      return Estimate(range.cost + CELCostRange(31) + count * step(body.cost + CELCostRange(2)), size: count, entry: body.entry)
    case .sortBy:
      let keys = CELCostRange(12) + count * (body.cost + CELCostRange(12))
      return Estimate(
        range.cost + CELCostRange(11) + keys + CostEstimator.sort(count, checked.type(macro.body)), size: count,
        schema: range.schema,
        entry: range.entry)
    }
  }

  /// All elements are compared with all.
  static func sort(_ count: CELCostRange, _ element: CELType) -> CELCostRange {
    let isText = element == .string || element == .bytes
    return count * count * (isText ? 2 + CallCost.traversalFactor : 2) + CELCostRange(11)
  }

  mutating func bind(_ expression: Expression, _ binding: Expression.Binding) -> Estimate {
    let value = estimate(binding.value)
    if case .slots(let slot, _)? = checked.references[expression.id] {
      locals[slot] = value
      if value.size == nil, value.schema == nil { locals[slot].size = size(value, binding.value) }
    }
    var body = estimate(binding.body)
    // The empty list that the fold would iterate over.
    let bound = CELCostRange(10) + body.cost
    switch binding.macro {
    case .bind: body.cost = bound + value.cost
    case .optionalMap: body.cost = value.cost + .one + (value.cost + bound + CELCostRange(2)).union(.one)
    case .optionalFlatMap: body.cost = value.cost + .one + (value.cost + bound + .one).union(.one)
    }
    return body
  }
}
