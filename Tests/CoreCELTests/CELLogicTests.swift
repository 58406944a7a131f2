import CoreCEL
import Testing

@Suite("Logic decides wherever it can")
struct CELLogicTests {
  @Test(
    "a failure counts only where the other operands do not decide",
    arguments: [
      "1 / 0 == 1 || true", "true || 1 / 0 == 1", "!(1 / 0 == 1 && false)", "!(false && 1 / 0 == 1)",
      "false || 1 / 0 == 1 || true",
      "[1, 0].exists(x, 1 / x == 1)", "[0, 1].exists(x, 1 / x == 1)", "![0, 2].all(x, 1 / x == 1)",
      "!dyn('a').startsWith('b') || dyn(1)",
      "true ? true : 1 / 0 == 1", "false ? 1 / 0 == 1 : true",
    ])
  func absorbed(text: String) { #expect(holds(text)) }

  @Test(
    "where nothing decides the first failure is the result",
    arguments: [
      ("1 / 0 == 1 || false", CELFailure.Kind.divisionByZero), ("true && 1 / 0 == 1", .divisionByZero),
      ("[1, 0].all(x, 1 / x == 1)", .divisionByZero),
      ("[0, 2].exists(x, 1 / x == 1)", .divisionByZero), ("[1, 0].exists_one(x, 1 / x == 1)", .divisionByZero),
      ("[0].map(x, 1 / x)", .divisionByZero),
      ("[0].filter(x, 1 / x == 1)", .divisionByZero), ("1 / 0 == 1 || [1][1] == 1", .divisionByZero),
      ("dyn(1) || false", .noSuchOverload),
      ("1 / 0 == 1 ? true : true", .divisionByZero),
    ])
  func failures(text: String, expected: CELFailure.Kind) { #expect(outcome(text) == .failure(expected)) }
}
