import CoreObjects

/// A step of a compiled expression. Each kind is a subclass: a call finds the right one fastest.
///
/// What a step costs is charged as Kubernetes counts it (interpreter/runtimecost.go of cel-go): 1 for a name, a field, an index and most
/// calls; 10 for a list, 30 for a map, 40 for an object that is made; nothing for literals, `&&`, `||` and `?:`.
class Node: @unchecked Sendable {
  func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    throw CELFailure(.noSuchOverload, "nothing is evaluated here")
  }

  /// The value, where it is the same in every evaluation.
  var constant: CELValue? { nil }
}

final class ConstantNode: Node, @unchecked Sendable {
  let value: CELValue
  init(_ value: CELValue) { self.value = value }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue { value }
  override var constant: CELValue? { value }
}

final class VariableNode: Node, @unchecked Sendable {
  let place: Int
  let name: String
  /// A variable and a field, where the name has a dot.
  let parts: UInt64

  init(place: Int, name: String) {
    self.place = place
    self.name = name
    parts = UInt64(name.utf8.count { $0 == UInt8(ascii: ".") }) + 1
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    try evaluation.charge(parts)
    if let value = evaluation.values[place] { return value }
    throw CELFailure(.noSuchVariable, "'\(name)' is not given")
  }
}

/// A variable that is an expression itself. It is evaluated once.
final class ComposedNode: Node, @unchecked Sendable {
  let place: Int
  let program: CELProgram

  init(place: Int, program: CELProgram) {
    self.place = place
    self.program = program
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    try evaluation.charge(2)
    if let known = evaluation.composed[place] { return try known.get() }
    // Expressions name only those before them: they end. Their depth is bounded all the same.
    if evaluation.nesting >= CELLimits.macros * 4 {
      throw CELFailure(.costExceeded, "more than \(CELLimits.macros * 4) variables are composed of one another")
    }
    evaluation.nesting += 1
    defer { evaluation.nesting -= 1 }
    do throws(CELFailure) {
      let value = try program.run(&evaluation)
      evaluation.composed[place] = .success(value)
      return value
    } catch {
      if error.isAbsorbed { evaluation.composed[place] = .failure(error) }
      throw error
    }
  }
}

/// A variable of a macro.
final class LocalNode: Node, @unchecked Sendable {
  let slot: Int
  init(slot: Int) { self.slot = slot }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    try evaluation.charge(1)
    return evaluation.slots[evaluation.slotBase + slot]
  }
}

/// A field of an object, or the value of a key that is written as one.
final class FieldNode: Node, @unchecked Sendable {
  let operand: Node
  let name: String
  let isOptional: Bool
  /// The same name in JSON without a schema.
  private let key: Key
  /// What the schema says of the field, where the type of the operand is known.
  private let schema: CELSchema?
  private let property: CELSchema.Property?

  init(_ operand: Node, _ name: String, isOptional: Bool, operandType: CELType) {
    self.operand = operand
    self.name = name
    self.isOptional = isOptional
    key = Key(name)
    if case .object(let schema) = operandType {
      self.schema = schema
      property = schema.field(name)
    } else {
      (schema, property) = (nil, nil)
    }
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try operand.evaluate(&evaluation)
    try evaluation.charge(1)
    if case .optional(let optional) = value {
      guard let wrapped = optional.value, let found = try find(wrapped) else { return .none }
      return .some(found)
    }
    if let found = try find(value) { return isOptional ? .some(found) : found }
    if isOptional { return .none }
    throw CELFailure(.noSuchKey, "there is no '\(name)'")
  }

  @inline(__always) func find(_ value: CELValue) throws(CELFailure) -> CELValue? {
    guard case .object(let members, let schema) = value else { return try value.field(name) }
    if let schema {
      guard schema === self.schema, let property else { return try value.field(name) }
      guard case let place = members.place(of: property.key), place >= 0 else { return nil }
      return try property.schema.value(of: members[place].value)
    }
    guard case let place = members.place(of: key), place >= 0 else { return nil }
    return CELValue(members[place].value)
  }
}

/// `has(a.b)`. It costs what the operand costs.
final class HasNode: Node, @unchecked Sendable {
  let field: FieldNode

  init(_ field: FieldNode) { self.field = field }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try field.operand.evaluate(&evaluation)
    if case .optional(let optional) = value {
      guard let wrapped = optional.value else { return .bool(false) }
      return .bool(try field.find(wrapped) != nil)
    }
    return .bool(try field.find(value) != nil)
  }
}

/// `a[b]` and `a[?b]`.
final class IndexNode: Node, @unchecked Sendable {
  let operand: Node
  let index: Node
  let isOptional: Bool

  init(_ operand: Node, _ index: Node, isOptional: Bool) {
    self.operand = operand
    self.index = index
    self.isOptional = isOptional
  }

  override func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let value = try operand.evaluate(&evaluation)
    let place = try index.evaluate(&evaluation)
    try evaluation.charge(1)
    if case .optional(let optional) = value {
      guard let wrapped = optional.value, let found = try find(wrapped, place) else { return .none }
      return .some(found)
    }
    if let found = try find(value, place) { return isOptional ? .some(found) : found }
    if isOptional { return .none }
    if let count = value.listCount {
      throw CELFailure(.indexOutOfBounds, "there is no element \(place.brief) in a list of \(count)")
    }
    throw CELFailure(.noSuchKey, "there is no key \(place.brief)")
  }

  private func find(_ value: CELValue, _ place: CELValue) throws(CELFailure) -> CELValue? {
    guard let count = value.listCount else { return try value.find(place) }
    let index: Int?
    switch place {
    case .int(let number): index = Int(number)
    case .uint(let number): index = Int(exactly: number)
    case .double(let number): index = Int(exactly: number)
    default: throw CELFailure(.noSuchOverload, "a list has no element \(place.brief)")
    }
    guard let index, index >= 0, index < count else { return nil }
    return try value.element(index)
  }
}
