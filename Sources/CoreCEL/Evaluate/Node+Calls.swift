/// A function of a library.
final class CallNode: Node, @unchecked Sendable {
  let function: Function
  let arguments: [Node]

  init(_ function: Function, _ arguments: [Node]) {
    self.function = function
    self.arguments = arguments
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var values: [CELValue] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(try argument.evaluate(&evaluation)) }
    let function = function.chosen(values)
    // What cannot be paid for is not done.
    if !function.cost.needsResult {
      try evaluation.charge(function.cost.actual(values, .null, within: evaluation.limit))
      return try function.body(values, &evaluation).checked()
    }
    let result = try function.body(values, &evaluation)
    try evaluation.charge(function.cost.actual(values, result))
    return try result.checked()
  }
}

/// `matches` with a pattern that is written down.
final class PatternNode: Node, @unchecked Sendable {
  let text: Node
  let pattern: RegularExpression
  let patternCost: UInt64

  init(_ text: Node, _ pattern: RegularExpression, length: Int) {
    self.text = text
    self.pattern = pattern
    patternCost = UInt64((Double(length) * CallCost.patternFactor).rounded(.up))
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try text.evaluate(&evaluation)
    guard case .string(let text) = value else { throw CELFailure.overload("matches", value, .string("")) }
    try evaluation.charge(CallCost.traversal(CallCost.codePoints(text) + 1) * patternCost)
    return .bool(pattern.matches(text))
  }
}

final class ListNode: Node, @unchecked Sendable {
  let elements: [(node: Node, isOptional: Bool)]
  init(_ elements: [(node: Node, isOptional: Bool)]) { self.elements = elements }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var values: [CELValue] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      let value = try element.node.evaluate(&evaluation)
      guard element.isOptional else {
        values.append(value)
        continue
      }
      guard case .optional(let optional) = value else { throw CELFailure.overload("[?]", value) }
      if let wrapped = optional.value { values.append(wrapped) }
    }
    try evaluation.charge(10)
    return try CELValue.list(values).checked()
  }
}

final class MapNode: Node, @unchecked Sendable {
  let entries: [(key: Node, value: Node, isOptional: Bool)]
  init(_ entries: [(key: Node, value: Node, isOptional: Bool)]) { self.entries = entries }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var pairs: [(key: CELValue, value: CELValue)] = []
    pairs.reserveCapacity(entries.count)
    for entry in entries {
      let key = try entry.key.evaluate(&evaluation)
      let value = try entry.value.evaluate(&evaluation)
      guard entry.isOptional else {
        pairs.append((key, value))
        continue
      }
      guard case .optional(let optional) = value else { throw CELFailure.overload("{?}", value) }
      if let wrapped = optional.value { pairs.append((key, wrapped)) }
    }
    try evaluation.charge(30)
    return try CELValue.map(CELMap(pairs)).checked()
  }
}

final class MessageNode: Node, @unchecked Sendable {
  let name: String
  let fields: [(name: String, value: Node, isOptional: Bool)]

  init(_ name: String, _ fields: [(name: String, value: Node, isOptional: Bool)]) {
    self.name = name
    self.fields = fields
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    var values: [(name: String, value: CELValue)] = []
    for field in fields {
      let value = try field.value.evaluate(&evaluation)
      guard field.isOptional else {
        values.append((field.name, value))
        continue
      }
      guard case .optional(let optional) = value else { throw CELFailure.overload("{?}", value) }
      if let wrapped = optional.value { values.append((field.name, wrapped)) }
    }
    try evaluation.charge(40)
    return try CELValue.message(CELMessage(typeName: name, fields: values)).checked()
  }
}
