/// Values that may be absent. Source: cel/library.go of cel-go, optional types, version 2.
enum OptionalLibrary {
  private static let (a, b) = (CELType.parameter(0), CELType.parameter(1))

  static let functions: [Function] = [
    Function("optional.of", [Function.Overload([a], .optional(a))]) { (arguments, _) throws(CELFailure) in .some(arguments[0]) },
    Function("optional.ofNonZeroValue", [Function.Overload([a], .optional(a))]) { (arguments, _) throws(CELFailure) in
      isZero(arguments[0]) ? .none : .some(arguments[0])
    },
    Function("optional.none", [Function.Overload([], .optional(a))]) { (_, _) throws(CELFailure) in .none },
    Function("hasValue", [.member(.optional(a), [], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(try wrapped("hasValue", arguments) != nil)
    },
    Function("value", [.member(.optional(a), [], a)]) { (arguments, _) throws(CELFailure) in
      if let value = try wrapped("value", arguments) { return value }
      throw CELFailure(.optionalNone, "the optional value is absent")
    },
    Function("or", [.member(.optional(a), [.optional(a)], .optional(a))]) { (arguments, _) throws(CELFailure) in
      try wrapped("or", arguments) == nil ? arguments[1] : arguments[0]
    },
    Function("orValue", [.member(.optional(a), [a], a)]) { (arguments, _) throws(CELFailure) in
      try wrapped("orValue", arguments) ?? arguments[1]
    },
    Function("optional.unwrap", [Function.Overload([.list(.optional(a))], .list(a))]) { (arguments, _) throws(CELFailure) in
      try unwrap("optional.unwrap", arguments)
    },
    Function("unwrapOpt", [.member(.list(.optional(a)), [], .list(a))]) { (arguments, _) throws(CELFailure) in
      try unwrap("unwrapOpt", arguments)
    },
    Function("first", [.member(.list(a), [], .optional(a))]) { (arguments, _) throws(CELFailure) in
      guard let count = arguments[0].listCount else { throw CELFailure.overload("first", arguments) }
      return count == 0 ? .none : .some(try arguments[0].element(0))
    },
    Function("last", [.member(.list(a), [], .optional(a))]) { (arguments, _) throws(CELFailure) in
      guard let count = arguments[0].listCount else { throw CELFailure.overload("last", arguments) }
      return count == 0 ? .none : .some(try arguments[0].element(count - 1))
    },
  ]

  private static func wrapped(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> CELValue? {
    guard case .optional(let optional) = arguments[0] else { throw CELFailure.overload(function, arguments) }
    return optional.value
  }

  private static func unwrap(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> CELValue {
    guard let elements = try arguments[0].elements() else { throw CELFailure.overload(function, arguments) }
    var values: [CELValue] = []
    for element in elements {
      guard case .optional(let optional) = element else { throw CELFailure.overload(function, element) }
      if let value = optional.value { values.append(value) }
    }
    return .list(values)
  }

  private static func isZero(_ value: CELValue) -> Bool {
    switch value {
    case .null: true
    case .bool(let flag): !flag
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .duration(let nanoseconds): nanoseconds == 0
    case .timestamp(let moment): moment == CELTimestamp(seconds: CELTimestamp.secondsRange.lowerBound)
    case .made, .tree: value.listCount == 0
    case .map, .object, .message: value.mapCount == 0
    case .optional(let optional): optional.value == nil
    case .type, .opaque: false
    }
  }
}
