/// A compiled expression. It can be evaluated any number of times, at the same time too.
package final class CELProgram: Sendable {
  package let resultType: CELType
  /// What an evaluation may cost, by the bounds of the variables' sizes.
  package let estimatedCost: CELCostRange
  /// Its variables, by their places in the environment.
  private let places: Set<Int>
  private let root: Node
  private let slotCount: Int

  init(_ expression: Expression, _ checked: Checked, _ environment: CELEnvironment) {
    resultType = checked.type(expression)
    var places: Set<Int> = []
    for case .variable(let place)? in checked.references {
      places.insert(place)
      if let program = environment.variables[place].program { places.formUnion(program.places) }
    }
    self.places = places
    slotCount = checked.slotCount
    estimatedCost = CostEstimator.estimate(expression, checked, environment)
    root = Planner(checked: checked, environment: environment).plan(expression)
  }

  /// Whether the expression, or one that it is composed of, names the variable in this place.
  package func uses(_ place: Int) -> Bool { places.contains(place) }

  /// Evaluates the expression with the variables of `evaluation`, whose budget it consumes.
  package func evaluate(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let limit = min(evaluation.perExpression, evaluation.budget)
    let outer = (evaluation.cost, evaluation.limit)
    evaluation.cost = 0
    evaluation.limit = limit
    evaluation.comparisons = CELLimits.comparisons
    defer {
      evaluation.lastCost = evaluation.cost
      evaluation.budget -= min(evaluation.budget, evaluation.cost)
      (evaluation.cost, evaluation.limit) = outer
    }
    return try run(&evaluation)
  }

  /// As part of another evaluation: what it costs is the other's.
  func run(_ evaluation: inout CELEvaluation) throws(CELFailure) -> CELValue {
    let base = evaluation.slotBase
    evaluation.slotBase = evaluation.slots.count
    evaluation.slots.append(contentsOf: repeatElement(.null, count: slotCount))
    defer {
      evaluation.slots.removeLast(slotCount)
      evaluation.slotBase = base
    }
    return try root.evaluate(&evaluation)
  }
}
