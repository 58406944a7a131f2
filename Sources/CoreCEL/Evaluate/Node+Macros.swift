/// A macro that iterates.
///
/// Kubernetes evaluates it as a fold over an accumulator (parser/macro.go of cel-go), and what it costs is what that fold costs: the
/// names, calls and lists of one element that it would be made of are charged here.
final class ComprehensionNode: Node, @unchecked Sendable {
  let macro: ComprehensionMacro
  let range: Node
  let filter: Node?
  let body: Node
  let slot: Int
  let second: Int?

  init(_ macro: ComprehensionMacro, range: Node, filter: Node?, body: Node, slot: Int, second: Int?) {
    self.macro = macro
    self.range = range
    self.filter = filter
    self.body = body
    self.slot = slot
    self.second = second
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let range = try self.range.evaluate(&evaluation)
    switch macro {
    case .all: return try decide(range, by: false, conditionCost: 2, &evaluation)
    case .exists: return try decide(range, by: true, conditionCost: 3, &evaluation)
    case .existsOne: return try count(range, &evaluation)
    case .map, .filter, .transformList: return try collect(range, &evaluation)
    case .transformMap, .transformMapEntry: return try collectEntries(range, &evaluation)
    case .sortBy: return try sort(range, &evaluation)
    }
  }

  /// Calls `step` with the variables set, until it says that enough is known.
  private func iterate(
    _ range: CELValue, _ evaluation: inout CELEvaluation,
    _ step: (inout CELEvaluation) throws(CELFailure) -> Bool
  ) throws(CELFailure) {
    if let count = range.listCount {
      for place in 0..<count {
        let element = try range.element(place)
        if try visit(second == nil ? element : .int(Int64(place)), element, &evaluation, step) { return }
      }
      return
    }
    for key in try range.iterated("\(macro)") {
      let value = second == nil ? .null : try range.find(key) ?? .null
      if try visit(key, value, &evaluation, step) { return }
    }
  }

  @inline(__always) private func visit(
    _ first: CELValue, _ value: CELValue, _ evaluation: inout CELEvaluation,
    _ step: (inout CELEvaluation) throws(CELFailure) -> Bool
  ) throws(CELFailure) -> Bool {
    evaluation.slots[evaluation.slotBase + slot] = first
    if let second { evaluation.slots[evaluation.slotBase + second] = value }
    return try step(&evaluation)
  }

  private static func flag(_ value: CELValue) throws(CELFailure) -> Bool {
    if case .bool(let flag) = value { return flag }
    throw CELFailure(.noSuchOverload, "the condition of a macro is a bool, and no \(value.typeName)")
  }

  /// `all` and `exists`: one element may decide, whatever fails for others.
  private func decide(
    _ range: CELValue, by decisive: Bool, conditionCost: UInt64, _ evaluation: inout CELEvaluation
  ) throws(CELFailure) -> CELValue {
    var failure: CELFailure?
    var isDecided = false
    try iterate(range, &evaluation) { (evaluation) throws(CELFailure) in
      try evaluation.charge(conditionCost)
      // The element after the one that decided is looked at once more.
      if isDecided { return true }
      try evaluation.charge(1)
      do throws(CELFailure) {
        isDecided = try ComprehensionNode.flag(body.evaluate(&evaluation)) == decisive
      } catch {
        if !error.isAbsorbed { throw error }
        failure = failure ?? error
      }
      return false
    }
    try evaluation.charge(1)
    if isDecided { return .bool(decisive) }
    if let failure { throw failure }
    return .bool(!decisive)
  }

  private func count(_ range: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var count = 0
    try iterate(range, &evaluation) { (evaluation) throws(CELFailure) in
      let isOne = try ComprehensionNode.flag(body.evaluate(&evaluation))
      try evaluation.charge(isOne ? 2 : 1)
      if isOne { count += 1 }
      return false
    }
    try evaluation.charge(2)
    return .bool(count == 1)
  }

  /// - Returns: whether the element is kept
  private func keeps(_ evaluation: inout CELEvaluation) throws(CELFailure) -> Bool {
    guard let condition = macro == .filter ? body : filter else { return true }
    let isKept = try ComprehensionNode.flag(condition.evaluate(&evaluation))
    if !isKept { try evaluation.charge(1) }
    return isKept
  }

  private func collect(_ range: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var collected: [CELValue] = []
    try iterate(range, &evaluation) { (evaluation) throws(CELFailure) in
      guard try keeps(&evaluation) else { return false }
      if macro == .filter {
        try evaluation.charge(13)
        collected.append(evaluation.slots[evaluation.slotBase + slot])
      } else {
        let value = try body.evaluate(&evaluation)
        try evaluation.charge(body.constant == nil ? 12 : 2)
        collected.append(value)
      }
      return false
    }
    try evaluation.charge(1)
    return try CELValue.list(collected).checked()
  }

  private func collectEntries(_ range: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var entries: [(key: CELValue, value: CELValue)] = []
    try iterate(range, &evaluation) { (evaluation) throws(CELFailure) in
      guard try keeps(&evaluation) else { return false }
      let value = try body.evaluate(&evaluation)
      if macro == .transformMap {
        try evaluation.charge(3)
        entries.append((evaluation.slots[evaluation.slotBase + slot], value))
      } else {
        try evaluation.charge(2)
        guard let keys = value.keys else { throw CELFailure.overload("transformMapEntry", value) }
        for key in keys { if let found = try value.find(key) { entries.append((key, found)) } }
      }
      return false
    }
    try evaluation.charge(1)
    return try CELValue.map(CELMap(entries)).checked()
  }

  private func sort(_ range: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    guard let elements = try range.elements() else { throw CELFailure.overload("sortBy", range) }
    var keys: [CELValue] = []
    try iterate(range, &evaluation) { (evaluation) throws(CELFailure) in
      keys.append(try body.evaluate(&evaluation))
      try evaluation.charge(12)
      return false
    }
    let list = CELValue.list(keys)
    // The map of the keys, and twice the name of the list.
    try evaluation.charge(CELCostRange.sum(3, CallCost.sort.actual([list], list)))
    return .list(try Sorting.sorted(elements, by: keys))
  }
}

/// `cel.bind`, `optMap` and `optFlatMap`.
final class BindingNode: Node, @unchecked Sendable {
  let macro: BindingMacro
  let value: Node
  let body: Node
  let slot: Int

  init(_ macro: BindingMacro, value: Node, body: Node, slot: Int) {
    self.macro = macro
    self.value = value
    self.body = body
    self.slot = slot
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let before = evaluation.cost
    let bound = try value.evaluate(&evaluation)
    guard macro != .bind else {
      evaluation.slots[evaluation.slotBase + slot] = bound
      return try body.evaluate(&evaluation)
    }
    guard case .optional(let optional) = bound else { throw CELFailure.overload("optMap", bound) }
    let cost = evaluation.cost - before
    try evaluation.charge(1)
    guard let wrapped = optional.value else {
      try evaluation.charge(1)
      return .none
    }
    // The optional value is evaluated for hasValue() and for value().
    try evaluation.charge(CELCostRange.sum(cost, 1))
    evaluation.slots[evaluation.slotBase + slot] = wrapped
    let result = try body.evaluate(&evaluation)
    guard macro == .optionalMap else { return result }
    try evaluation.charge(1)
    return .some(result)
  }
}
