import CoreObjects

/// The functions of CEL itself. Source: cel-spec's doc/langdef.md, list of standard definitions.
enum StandardLibrary {
  private static let (a, b) = (CELType.parameter(0), CELType.parameter(1))

  static let functions: [Function] =
    [
      Function(
        "size",
        [CELType.string, .bytes, .list(a), .map(a, b)].flatMap { type in
          [Function.Overload([type], .int), Function.Overload.member(type, [], .int)]
        }
      ) { (arguments, _) throws(CELFailure) in
        switch arguments[0] {
        case .string, .bytes, .made, .tree, .map, .object: return .int(Int64(CallCost.size(arguments[0])))
        default: throw CELFailure.overload("size", arguments)
        }
      },
      Function("contains", [.member(.string, [.string], .bool)], cost: .contains) { (arguments, _) throws(CELFailure) in
        let (text, part) = try texts("contains", arguments)
        return .bool(Text.find(Array(part.utf8), in: Array(text.utf8)) != nil)
      },
      Function("startsWith", [.member(.string, [.string], .bool)], cost: .traversalOfSecond) {
        (arguments, _) throws(CELFailure) in
        let (text, part) = try texts("startsWith", arguments)
        return .bool(text.utf8.starts(with: part.utf8))
      },
      Function("endsWith", [.member(.string, [.string], .bool)], cost: .traversalOfSecond) { (arguments, _) throws(CELFailure) in
        let (text, part) = try texts("endsWith", arguments)
        return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
      },
      Function(
        "matches", [.member(.string, [.string], .bool), Function.Overload([.string, .string], .bool)], cost: .matches
      ) { (arguments, _) throws(CELFailure) in
        let (text, pattern) = try texts("matches", arguments)
        return .bool(try compiled(pattern).matches(text))
      },
      Function("dyn", [Function.Overload([a], .dyn)]) { (arguments, _) throws(CELFailure) in arguments[0] },
      Function("type", [Function.Overload([a], .type)]) { (arguments, _) throws(CELFailure) in .type(arguments[0].typeName) },
    ] + Conversions.functions

  static func texts(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> (String, String) {
    guard arguments.count == 2, case .string(let x) = arguments[0], case .string(let y) = arguments[1] else {
      throw CELFailure.overload(function, arguments)
    }
    return (x, y)
  }

  static func compiled(_ pattern: String) throws(CELFailure) -> RegularExpression {
    do throws(RegularExpressionError) { return try RegularExpression(pattern) } catch {
      throw CELFailure(.invalidArgument, error.description)
    }
  }
}
