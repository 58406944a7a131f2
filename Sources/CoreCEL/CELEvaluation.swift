package import CoreObjects

/// The variables of evaluations, and what those may cost and have cost.
package struct CELEvaluation {
  var values: [CELValue?]
  /// What composed variables have been found to be worth, by their places.
  var composed: [Int: Result<CELValue, CELFailure>] = [:]
  /// What all evaluations may cost from here on.
  package var budget: UInt64 = CELLimits.perObject
  /// What one may cost.
  package var perExpression: UInt64 = CELLimits.perExpression
  /// What the last one has cost.
  package internal(set) var lastCost: UInt64 = 0
  /// Time zones by name; without them UTC alone is known, and offsets.
  package var timeZones = TimeZoneDatabase.utcOnly
  /// Who is asked where an expression asks what somebody may do.
  package var authorize: ((CELAuthorizationRequest) -> CELAuthorizationDecision)?

  var cost: UInt64 = 0
  var limit: UInt64 = 0
  var slots: [CELValue] = []
  var slotBase = 0
  /// How many more values are compared.
  var comparisons = CELLimits.comparisons
  /// Composed variables in one another.
  var nesting = 0

  /// - Parameter count: how many variables the environment has
  package init(count: Int) { values = Array(repeating: nil, count: count) }

  /// The variable in a place; nil is absent, and its use a failure.
  package subscript(place: Int) -> CELValue? {
    get { values.indices.contains(place) ? values[place] : nil }
    set { if values.indices.contains(place) { values[place] = newValue } }
  }

  @inline(__always) mutating func charge(_ amount: UInt64) throws(CELFailure) {
    let (sum, overflow) = cost.addingReportingOverflow(amount)
    cost = overflow ? .max : sum
    if cost > limit { throw exceeded() }
  }

  /// Objects are compared at the price of one look: what is looked at in all has a bound of its own.
  mutating func areEqual(_ x: CELValue, _ y: CELValue) throws(CELFailure) -> Bool {
    var equality = CELEquality(work: comparisons)
    let holds = equality.holds(x, y)
    comparisons = equality.work
    if comparisons < 0 { throw CELFailure(.costExceeded, "more than \(CELLimits.comparisons) values are compared") }
    return holds
  }

  @inline(never) private func exceeded() -> CELFailure {
    if limit < perExpression { return CELFailure(.budgetExceeded, "all expressions together cost more than they may") }
    return CELFailure(.costExceeded, "the expression costs more than the \(perExpression) that one may")
  }
}
