/// `&&`: false where one operand is, whatever the others are; a failure only where none is.
final class AllNode: Node, @unchecked Sendable {
  let operands: [Node]
  /// What one operand decides: false for `&&`, true for `||`.
  let decisive: Bool

  init(_ operands: [Node], decisive: Bool) {
    self.operands = operands
    self.decisive = decisive
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var failure: CELFailure?
    for operand in operands {
      do throws(CELFailure) {
        let value = try operand.evaluate(&evaluation)
        guard case .bool(let flag) = value else {
          failure = failure ?? CELFailure.overload(decisive ? "||" : "&&", value)
          continue
        }
        if flag == decisive { return value }
      } catch {
        if !error.isAbsorbed { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return .bool(!decisive)
  }
}

final class ConditionalNode: Node, @unchecked Sendable {
  let condition: Node
  let then: Node
  let otherwise: Node

  init(_ condition: Node, _ then: Node, _ otherwise: Node) {
    self.condition = condition
    self.then = then
    self.otherwise = otherwise
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try condition.evaluate(&evaluation)
    guard case .bool(let flag) = value else { throw CELFailure.overload("?:", value) }
    return try (flag ? then : otherwise).evaluate(&evaluation)
  }
}

final class NotNode: Node, @unchecked Sendable {
  let operand: Node
  init(_ operand: Node) { self.operand = operand }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try operand.evaluate(&evaluation)
    try evaluation.charge(1)
    guard case .bool(let flag) = value else { throw CELFailure.overload("!", value) }
    return .bool(!flag)
  }
}

final class NegateNode: Node, @unchecked Sendable {
  let operand: Node
  init(_ operand: Node) { self.operand = operand }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try operand.evaluate(&evaluation)
    try evaluation.charge(1)
    switch value {
    case .int(let number):
      if number == .min { throw CELFailure(.overflow, "-(\(number)) is larger than an int can be") }
      return .int(-number)
    case .double(let number): return .double(-number)
    default: throw CELFailure.overload("-", value)
    }
  }
}

final class BinaryNode: Node, @unchecked Sendable {
  let operation: BinaryOperator
  let left: Node
  let right: Node

  init(_ operation: BinaryOperator, _ left: Node, _ right: Node) {
    self.operation = operation
    self.left = left
    self.right = right
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let x = try left.evaluate(&evaluation)
    let y = try right.evaluate(&evaluation)
    switch operation {
    case .equal, .notEqual:
      try evaluation.charge(CallCost.comparison(x, y))
      return .bool(try evaluation.areEqual(x, y) == (operation == .equal))
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      if case .int(let x) = x, case .int(let y) = y {
        try evaluation.charge(1)
        return .bool(compare(x, y))
      }
      try evaluation.charge(CallCost.comparison(x, y))
      guard let order = CELValue.order(x, y) else { throw CELFailure.overload(operation.rawValue, x, y) }
      return .bool(holds(order))
    case .isIn: return .bool(try isIn(x, y, &evaluation))
    case .add: return try Arithmetic.add(x, y, &evaluation)
    case .subtract:
      try evaluation.charge(1)
      return try Arithmetic.subtract(x, y)
    case .multiply:
      try evaluation.charge(1)
      return try Arithmetic.multiply(x, y)
    case .divide, .remainder:
      try evaluation.charge(1)
      return try Arithmetic.divide(x, y, operation)
    }
  }

  @inline(__always) private func compare(_ x: Int64, _ y: Int64) -> Bool {
    switch operation {
    case .less: x < y
    case .lessOrEqual: x <= y
    case .greater: x > y
    default: x >= y
    }
  }

  private func holds(_ order: CELOrder) -> Bool {
    switch operation {
    case .less: order == .before
    case .lessOrEqual: order == .before || order == .equal
    case .greater: order == .after
    default: order == .after || order == .equal
    }
  }

  private func isIn(_ element: CELValue, _ container: CELValue, _ evaluation: inout CELEvaluation) throws(CELFailure) -> Bool {
    if let count = container.listCount {
      try evaluation.charge(UInt64(count))
      for place in 0..<count where try evaluation.areEqual(container.element(place), element) { return true }
      return false
    }
    try evaluation.charge(1)
    guard container.mapCount != nil else { throw CELFailure.overload("in", element, container) }
    return try container.find(element) != nil
  }
}

/// `in` of a list that is written down: the elements are looked up.
final class MembershipNode: Node, @unchecked Sendable {
  let element: Node
  let elements: Set<CELKey>

  init(_ element: Node, _ elements: Set<CELKey>) {
    self.element = element
    self.elements = elements
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try element.evaluate(&evaluation)
    return .bool(CELKey(value).map(elements.contains) ?? false)
  }
}
