import CoreObjects

/// What `+ - * / %` make. What is too large for its type is a failure, and no other number.
enum Arithmetic {
  static func add(_ x: CELValue, _ y: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    switch (x, y) {
    case (.string(let x), .string(let y)):
      try evaluation.charge(CallCost.traversal(CallCost.codePoints(x) + CallCost.codePoints(y)))
      if x.utf8.count + y.utf8.count > CELLimits.madeBytes { throw CELFailure(.overflow, "the text is too long") }
      return .string(x + y)
    case (.bytes(let x), .bytes(let y)):
      try evaluation.charge(CallCost.traversal(x.count + y.count))
      if x.count + y.count > CELLimits.madeBytes { throw CELFailure(.overflow, "there are too many bytes") }
      return .bytes(x + y)
    default: break
    }
    try evaluation.charge(1)
    switch (x, y) {
    case (.int(let a), .int(let b)): return .int(try whole(a.addingReportingOverflow(b), "+"))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.addingReportingOverflow(b), "+"))
    case (.double(let a), .double(let b)): return .double(a + b)
    case (.duration(let a), .duration(let b)): return .duration(try whole(a.addingReportingOverflow(b), "+"))
    case (.timestamp(let moment), .duration(let distance)), (.duration(let distance), .timestamp(let moment)):
      guard let sum = moment.moved(by: distance) else { throw CELFailure(.overflow, "the moment is not in the years 1 to 9999") }
      return .timestamp(sum)
    default: return try join(x, y)
    }
  }

  /// Lists of the types set and map take in what they do not have, or have otherwise.
  private static func join(_ x: CELValue, _ y: CELValue) throws(CELFailure) -> CELValue {
    guard let first = x.listCount, let second = y.listCount else { throw CELFailure.overload("+", x, y) }
    if first + second > CELLimits.madeElements { throw CELFailure(.overflow, "the list is too long") }
    if case .tree(let elements, let schema?) = x, schema.listType != .atomic { return try merge(elements, schema, y) }
    if case .tree(let elements, let schema) = x, case .tree(let others, let theirs) = y, schema === theirs {
      return .tree(elements + others, schema)
    }
    return try CELValue.list((try x.elements() ?? []) + (try y.elements() ?? [])).checked()
  }

  private static func merge(_ elements: [JSON], _ schema: CELSchema, _ other: CELValue) throws(CELFailure) -> CELValue {
    var merged: [CELValue] = []
    var places: [String: Int] = [:]
    for element in elements {
      let value = try CELValue(element, schema.items)
      places[schema.identity(value)] = merged.count
      merged.append(value)
    }
    for value in try other.elements() ?? [] {
      let identity = schema.identity(value)
      if let place = places[identity] {
        if schema.listType == .map { merged[place] = value }
      } else {
        places[identity] = merged.count
        merged.append(value)
      }
    }
    // Again a list of its type where all of it came as JSON.
    var trees: [JSON] = []
    for value in merged {
      guard let tree = value.json else { return .list(merged) }
      trees.append(tree)
    }
    return .tree(trees, schema)
  }

  static func subtract(_ x: CELValue, _ y: CELValue) throws(CELFailure) -> CELValue {
    switch (x, y) {
    case (.int(let a), .int(let b)): return .int(try whole(a.subtractingReportingOverflow(b), "-"))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.subtractingReportingOverflow(b), "-"))
    case (.double(let a), .double(let b)): return .double(a - b)
    case (.duration(let a), .duration(let b)): return .duration(try whole(a.subtractingReportingOverflow(b), "-"))
    case (.timestamp(let a), .timestamp(let b)):
      guard let distance = a.distance(from: b) else { throw CELFailure(.overflow, "the duration is too long") }
      return .duration(distance)
    case (.timestamp(let moment), .duration(let distance)):
      guard distance != .min, let difference = moment.moved(by: -distance) else {
        throw CELFailure(.overflow, "the moment is not in the years 1 to 9999")
      }
      return .timestamp(difference)
    default: throw CELFailure.overload("-", x, y)
    }
  }

  static func multiply(_ x: CELValue, _ y: CELValue) throws(CELFailure) -> CELValue {
    switch (x, y) {
    case (.int(let a), .int(let b)): return .int(try whole(a.multipliedReportingOverflow(by: b), "*"))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.multipliedReportingOverflow(by: b), "*"))
    case (.double(let a), .double(let b)): return .double(a * b)
    default: throw CELFailure.overload("*", x, y)
    }
  }

  static func divide(_ x: CELValue, _ y: CELValue, _ operation: BinaryOperator) throws(CELFailure) -> CELValue {
    let isRemainder = operation == .remainder
    switch (x, y) {
    case (.int(_), .int(0)), (.uint(_), .uint(0)): throw CELFailure(.divisionByZero, "'\(operation.rawValue)' by zero")
    case (.int(let a), .int(let b)):
      return .int(
        try whole(
          isRemainder ? a.remainderReportingOverflow(dividingBy: b) : a.dividedReportingOverflow(by: b), operation.rawValue))
    case (.uint(let a), .uint(let b)): return .uint(isRemainder ? a % b : a / b)
    case (.double(let a), .double(let b)) where !isRemainder: return .double(a / b)
    default: throw CELFailure.overload(operation.rawValue, x, y)
    }
  }

  private static func whole<T>(_ result: (partialValue: T, overflow: Bool), _ operation: String) throws(CELFailure) -> T {
    if result.overflow { throw CELFailure(.overflow, "the result of '\(operation)' is too large or too small for its type") }
    return result.partialValue
  }
}
