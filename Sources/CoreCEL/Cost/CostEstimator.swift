/// What an expression may cost, before it is evaluated: each part as the charges of its evaluation, with the sizes that schemas allow.
///
/// Source: checker/cost.go of cel-go; apiserver/pkg/cel/library/cost.go and the size estimator of
/// apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go, v1.36. Macros cost what the folds cost that Kubernetes makes of them.
struct CostEstimator {
  /// What is known of an expression's value.
  struct Estimate {
    var cost: CELCostRange
    /// Where it has been computed; otherwise the schema or the type says it.
    var size: CELCostRange?
    var schema: CELSchema?
    /// Of the keys and values of a list or map that the expression makes.
    var entry: Entry?

    init(_ cost: CELCostRange, size: CELCostRange? = nil, schema: CELSchema? = nil, entry: Entry? = nil) {
      self.cost = cost
      self.size = size
      self.schema = schema
      self.entry = entry
    }
  }
  struct Entry {
    var key: CELCostRange
    var value: CELCostRange

    func union(_ other: Entry) -> Entry { Entry(key: key.union(other.key), value: value.union(other.value)) }
  }

  let checked: Checked
  let environment: CELEnvironment
  /// Variables of macros, by their slots.
  var locals: [Estimate]

  static func estimate(_ expression: Expression, _ checked: Checked, _ environment: CELEnvironment) -> CELCostRange {
    var estimator = CostEstimator(
      checked: checked, environment: environment, locals: Array(repeating: Estimate(.one), count: checked.slotCount))
    return estimator.estimate(expression).cost
  }

  /// The size of a value of the expression.
  func size(_ estimate: Estimate, _ expression: Expression) -> CELCostRange { size(estimate, checked.type(expression)) }

  func size(_ estimate: Estimate, _ type: CELType) -> CELCostRange {
    if let size = estimate.size { return size }
    if let schema = estimate.schema { return CELCostRange(min: 0, max: schema.estimatedElements) }
    return type.isScalar ? .one : .unknown
  }

  mutating func estimate(_ expression: Expression) -> Estimate {
    switch expression.kind {
    case .literal(let value): return Estimate(.zero, size: CELCostRange(UInt64(CallCost.size(value))))
    case .name: return named(expression) ?? Estimate(.one)
    case .select(let operand, let field, let isOptional):
      if let named = named(expression) { return named }
      return select(operand, field, isOptional: isOptional)
    case .has(let operand, _): return Estimate(estimate(operand).cost, size: .one)
    case .index(let operand, let index, _):
      let container = estimate(operand)
      let cost = container.cost + estimate(index).cost + .one
      return Estimate(cost, size: container.entry?.value, schema: container.schema?.items)
    case .unary(_, let operand): return Estimate(estimate(operand).cost + .one, size: .one)
    case .binary(let operation, let left, let right): return binary(operation, left, right)
    case .all(let operands), .any(let operands):
      // The first one may decide.
      let costs = operands.map { estimate($0).cost }
      return Estimate(
        CELCostRange(min: costs.first?.min ?? 0, max: costs.reduce(.zero, +).max), size: .one)
    case .conditional(let condition, let then, let otherwise):
      let (test, first, second) = (estimate(condition), estimate(then), estimate(otherwise))
      var result = Estimate(test.cost + first.cost.union(second.cost), size: size(first, then).union(size(second, otherwise)))
      if let one = first.entry, let other = second.entry { result.entry = one.union(other) }
      return result
    case .call(_, let target, let arguments): return call(expression, target, arguments)
    case .list(let elements): return list(elements)
    case .map(let entries): return map(entries)
    case .message(_, let fields):
      return Estimate(fields.reduce(CELCostRange(40)) { cost, field in cost + estimate(field.value).cost })
    case .comprehension(let comprehension): return comprehend(expression, comprehension)
    case .bind(let binding): return bind(expression, binding)
    }
  }

  /// A variable or a type.
  private func named(_ expression: Expression) -> Estimate? {
    switch checked.references[expression.id] {
    case .variable(let place):
      let variable = environment.variables[place]
      let parts = UInt64(variable.name.utf8.count { $0 == UInt8(ascii: ".") }) + 1
      return Estimate(CELCostRange(parts), schema: variable.schema)
    case .local(let slot):
      var local = locals[slot]
      local.cost = .one
      return local
    case .type: return Estimate(.one)
    default: return nil
    }
  }

  private mutating func select(_ operand: Expression, _ field: String, isOptional: Bool) -> Estimate {
    let container = estimate(operand)
    var cost = container.cost
    switch checked.type(operand) {
    case .map, .object, .message: cost += .one
    default: if isOptional { cost += .one }
    }
    return Estimate(cost, schema: container.schema?.member(named: field)?.schema)
  }

  private mutating func binary(_ operation: BinaryOperator, _ left: Expression, _ right: Expression) -> Estimate {
    let (x, y) = (estimate(left), estimate(right))
    let cost = x.cost + y.cost
    let (first, second) = (size(x, left), size(y, right))
    let type = checked.type(left)
    switch operation {
    case .equal, .notEqual: return Estimate(cost + comparison(first, second), size: .one)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      let isText = [.string, .bytes, .dyn].contains(type) && [.string, .bytes, .dyn].contains(checked.type(right))
      return Estimate(cost + (isText ? comparison(first, second) : .one), size: .one)
    case .isIn:
      if case .map = checked.type(right) { return Estimate(cost + .one, size: .one) }
      return Estimate(cost + second, size: .one)
    case .add:
      switch type {
      case .string, .bytes, .dyn:
        let sum = first + second
        return Estimate(cost + sum * CallCost.traversalFactor, size: sum)
      case .list:
        var result = Estimate(cost + .one, size: first + second)
        if let one = x.entry, let other = y.entry { result.entry = one.union(other) }
        return result
      default: return Estimate(cost + .one)
      }
    default: return Estimate(cost + .one)
    }
  }

  func comparison(_ first: CELCostRange, _ second: CELCostRange) -> CELCostRange {
    let most = min(first.max, second.max)
    return CELCostRange(min: most > 0 ? 1 : 0, max: most) * CallCost.traversalFactor
  }

  private mutating func list(_ elements: [Expression.Element]) -> Estimate {
    var cost = CELCostRange(10)
    var value: CELCostRange?
    for element in elements {
      let estimate = estimate(element.value)
      cost += estimate.cost
      let size = size(estimate, element.value)
      value = value?.union(size) ?? size
    }
    return Estimate(cost, size: CELCostRange(UInt64(elements.count)), entry: Entry(key: .one, value: value ?? .zero))
  }

  private mutating func map(_ entries: [Expression.Entry]) -> Estimate {
    var cost = CELCostRange(30)
    var (keys, values): (CELCostRange?, CELCostRange?) = (nil, nil)
    for entry in entries {
      let (key, value) = (estimate(entry.key), estimate(entry.value))
      cost += key.cost + value.cost
      let (keySize, valueSize) = (size(key, entry.key), size(value, entry.value))
      keys = keys?.union(keySize) ?? keySize
      values = values?.union(valueSize) ?? valueSize
    }
    return Estimate(cost, size: CELCostRange(UInt64(entries.count)), entry: Entry(key: keys ?? .zero, value: values ?? .zero))
  }
}

extension CELSchema {
  /// What Kubernetes takes for the size: scalars and objects have none there.
  var estimatedElements: UInt64 {
    switch kind {
    case .int, .double, .bool, .object, .unseen: 0
    default: maxElements
    }
  }
}
