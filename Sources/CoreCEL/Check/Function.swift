/// A function of a library: what it takes, what it does and what it costs.
struct Function: Sendable {
  typealias Body = @Sendable ([CELValue], inout CELEvaluation) throws(CELFailure) -> CELValue

  struct Overload: Sendable {
    /// Called on a value: `text.size()`. That is the first of the parameters then.
    let isMember: Bool
    let parameters: [CELType]
    let result: CELType

    init(_ parameters: [CELType], _ result: CELType, isMember: Bool = false) {
      self.isMember = isMember
      self.parameters = parameters
      self.result = result
    }

    static func member(_ target: CELType, _ parameters: [CELType] = [], _ result: CELType) -> Overload {
      Overload([target] + parameters, result, isMember: true)
    }
  }

  let name: String
  var overloads: [Overload]
  let cost: CallCost
  let body: Body
  /// Functions of the same name in other libraries (`indexOf`, `isLessThan`): what is called tells which is meant.
  var others: [Function] = []

  /// - Parameter cost: what a call costs; 1 where nothing is said
  init(_ name: String, _ overloads: [Overload], cost: CallCost = .one, _ body: @escaping Body) {
    self.name = name
    self.overloads = overloads
    self.cost = cost
    self.body = body
  }

  /// Those of all libraries that have the name.
  var allOverloads: [Overload] { overloads + others.flatMap(\.overloads) }

  /// The one that takes the arguments.
  func chosen(_ arguments: [CELValue]) -> Function {
    if others.isEmpty || takes(arguments) { return self }
    return others.first { $0.takes(arguments) } ?? self
  }

  private func takes(_ arguments: [CELValue]) -> Bool {
    overloads.contains { overload in
      overload.parameters.count == arguments.count
        && zip(overload.parameters, arguments).allSatisfy { $0.0.holds($0.1) }
    }
  }
}

/// What a call costs. Both readings of a rule, before and while an expression is evaluated, are in `Cost`.
///
/// Source: interpreter/runtimecost.go of cel-go, apiserver/pkg/cel/library/cost.go, v1.36.
enum CallCost: Sendable {
  case one
  case fixed(UInt64)
  /// The first argument is read once, or twice where a result of its size is made.
  case traversal(times: UInt64)
  /// The second argument is read, as far as it goes (`startsWith`).
  case traversalOfSecond
  case bytesOfText, textOfBytes, quote, format
  case substring
  case matches
  case contains
  /// Each element of a list is compared, or a text is searched.
  case elements
  case replace, split, join, find
  case containsIP, containsCIDR
  /// A list of the size of the result is made.
  case listResult
  case flatten, distinct, sort
  /// A text is held against a form of `format`.
  case validate
  /// Each element of one list is compared with each of the other.
  case sets(factor: Double)
}
