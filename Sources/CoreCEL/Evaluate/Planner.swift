/// Makes the steps of a checked expression. What is the same in every evaluation is computed here.
struct Planner {
  let checked: Checked
  let environment: CELEnvironment

  /// Functions that make a value of a literal once and for all.
  private static let conversions = ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "uint"]

  func plan(_ expression: Expression) -> Node {
    switch expression.kind {
    case .literal(let value): return ConstantNode(value)
    case .name: return planName(expression) ?? Node()
    case .select(let operand, let field, let isOptional):
      if let node = planName(expression) { return node }
      return FieldNode(plan(operand), field, isOptional: isOptional, operandType: checked.type(operand))
    case .has(let operand, let field):
      return HasNode(FieldNode(plan(operand), field, isOptional: false, operandType: checked.type(operand)))
    case .index(let operand, let index, let isOptional): return IndexNode(plan(operand), plan(index), isOptional: isOptional)
    case .unary(.not, let operand): return NotNode(plan(operand))
    case .unary(.negate, let operand): return NegateNode(plan(operand))
    case .binary(let operation, let left, let right): return planBinary(operation, plan(left), plan(right))
    case .all(let operands): return AllNode(operands.map(plan), decisive: false)
    case .any(let operands): return AllNode(operands.map(plan), decisive: true)
    case .conditional(let condition, let then, let otherwise):
      return ConditionalNode(plan(condition), plan(then), plan(otherwise))
    case .call(_, let target, let arguments): return planCall(expression, target, arguments)
    case .list(let elements):
      let nodes = elements.map { (node: plan($0.value), isOptional: $0.isOptional) }
      let constants = nodes.compactMap { $0.isOptional ? nil : $0.node.constant }
      return constants.count == nodes.count ? ConstantNode(.list(constants)) : ListNode(nodes)
    case .map(let entries): return planMap(entries)
    case .message(let name, let fields):
      return MessageNode(name, fields.map { (name: $0.name, value: plan($0.value), isOptional: $0.isOptional) })
    case .comprehension(let comprehension):
      let (slot, second) = slots(expression)
      return ComprehensionNode(
        comprehension.macro, range: plan(comprehension.range), filter: comprehension.filter.map(plan),
        body: plan(comprehension.body),
        slot: slot, second: second)
    case .bind(let binding):
      return BindingNode(binding.macro, value: plan(binding.value), body: plan(binding.body), slot: slots(expression).0)
    }
  }

  private func slots(_ expression: Expression) -> (Int, Int?) {
    if case .slots(let slot, let second)? = checked.references[expression.id] { return (slot, second) }
    return (0, nil)
  }

  /// A variable or type of the environment, or a variable of a macro.
  private func planName(_ expression: Expression) -> Node? {
    switch checked.references[expression.id] {
    case .variable(let place):
      let variable = environment.variables[place]
      if let program = variable.program { return ComposedNode(place: place, program: program) }
      return VariableNode(place: place, name: variable.name)
    case .local(let slot): return LocalNode(slot: slot)
    case .type(let name): return ConstantNode(.type(name))
    default: return nil
    }
  }

  private func planBinary(_ operation: BinaryOperator, _ left: Node, _ right: Node) -> Node {
    if operation == .isIn, case .made(let elements, _)? = right.constant {
      let keys = elements.compactMap { CELKey($0) }
      if keys.count == elements.count, !elements.isEmpty { return MembershipNode(left, Set(keys)) }
    }
    return BinaryNode(operation, left, right)
  }

  private func planMap(_ entries: [Expression.Entry]) -> Node {
    let nodes = entries.map { (key: plan($0.key), value: plan($0.value), isOptional: $0.isOptional) }
    var constants: [(key: CELValue, value: CELValue)] = []
    for node in nodes {
      guard !node.isOptional, let key = node.key.constant, let value = node.value.constant else { return MapNode(nodes) }
      constants.append((key, value))
    }
    // A key that stands there twice is a failure of the evaluation.
    guard let map = try? CELMap(constants) else { return MapNode(nodes) }
    return ConstantNode(.map(map))
  }

  private func planCall(_ expression: Expression, _ target: Expression?, _ arguments: [Expression]) -> Node {
    guard case .function(let function, let isQualified)? = checked.references[expression.id] else { return Node() }
    var nodes = arguments.map(plan)
    if let target, !isQualified { nodes.insert(plan(target), at: 0) }
    if nodes.count == 1, Planner.conversions.contains(function.name), let argument = nodes[0].constant {
      var evaluation = CELEvaluation(count: 0)
      if let value = try? function.chosen([argument]).body([argument], &evaluation) { return ConstantNode(value) }
    }
    if function.name == "matches", nodes.count == 2, case .string(let text)? = nodes[1].constant,
      let pattern = try? RegularExpression(text)
    {
      return PatternNode(nodes[0], pattern, length: CallCost.codePoints(text))
    }
    return CallNode(function, nodes)
  }
}
