import CoreCEL
import CoreObjects

/// What an expression is worth, or why it has no value.
enum Outcome: Equatable, CustomStringConvertible {
  case value(CELValue)
  case failure(CELFailure.Kind)
  case refused

  var description: String {
    switch self {
    case .value(let value): "\(value)"
    case .failure(let kind): "failure: \(kind)"
    case .refused: "refused"
    }
  }
}

/// Compiles and evaluates an expression.
/// - Parameter variables: dyn, from JSON
func outcome(_ text: String, _ variables: [(String, JSON)] = [], mixed: Bool = false) -> Outcome {
  var environment = CELEnvironment()
  environment.allowsMixedLiterals = mixed
  environment.hasBindings = true
  for (name, _) in variables { environment.declare(name, nil) }
  guard let program = try? environment.compile(text) else { return .refused }
  var evaluation = CELEvaluation(count: environment.count)
  for (place, (_, value)) in variables.enumerated() { evaluation[place] = CELValue(value) }
  do throws(CELFailure) { return .value(try program.evaluate(&evaluation)) } catch { return .failure(error.kind) }
}

/// Whether the expression is true.
func holds(_ text: String, _ variables: [(String, JSON)] = [], mixed: Bool = false) -> Bool {
  outcome(text, variables, mixed: mixed) == .value(.bool(true))
}

/// What is wrong with an expression; nothing where it compiles.
func issues(_ text: String, _ declare: (inout CELEnvironment) -> Void = { _ in }) -> [String] {
  var environment = CELEnvironment()
  declare(&environment)
  do throws(CELCompileError) {
    _ = try environment.compile(text)
    return []
  } catch {
    return error.issues.map(\.description)
  }
}
