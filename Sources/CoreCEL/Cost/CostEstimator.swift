/// What an expression may cost, before it is evaluated.
struct CostEstimator {
  static func estimate(_ expression: Expression, _ checked: Checked, _ environment: CELEnvironment) -> CELCostRange { .unknown }
}
