/// Texts made of parts, and parts of texts.
enum SplittingFunctions {
  static let functions: [Function] = [
    Function(
      "split", [.member(.string, [.string], .list(.string)), .member(.string, [.string, .int], .list(.string))], cost: .split
    ) { (arguments, _) throws(CELFailure) in
      guard case .string(let text) = arguments[0], case .string(let separator) = arguments[1] else {
        throw CELFailure.overload("split", arguments)
      }
      let parts = split(text, separator, limit: try limit("split", arguments, at: 2))
      return .list(parts.map { .string($0) })
    },
    Function(
      "replace",
      [.member(.string, [.string, .string], .string), .member(.string, [.string, .string, .int], .string)], cost: .replace
    ) { (arguments, _) throws(CELFailure) in
      guard case .string(let text) = arguments[0], case .string(let old) = arguments[1], case .string(let new) = arguments[2]
      else {
        throw CELFailure.overload("replace", arguments)
      }
      return .string(try replace(text, old, new, limit: try limit("replace", arguments, at: 3)))
    },
    Function(
      "join", [.member(.list(.string), [], .string), .member(.list(.string), [.string], .string)], cost: .join
    ) { (arguments, _) throws(CELFailure) in
      guard let elements = try arguments[0].elements() else { throw CELFailure.overload("join", arguments) }
      var separator = ""
      if arguments.count == 2 {
        guard case .string(let given) = arguments[1] else { throw CELFailure.overload("join", arguments) }
        separator = given
      }
      var joined = ""
      for (place, element) in elements.enumerated() {
        guard case .string(let text) = element else { throw CELFailure.overload("join", element) }
        if place > 0 { joined += separator }
        joined += text
        if joined.utf8.count > CELLimits.madeBytes { throw tooLong }
      }
      return .string(joined)
    },
  ]

  private static let tooLong = CELFailure(.overflow, "the text is too long")

  /// Negative is none.
  private static func limit(_ function: String, _ arguments: [CELValue], at place: Int) throws(CELFailure) -> Int? {
    guard arguments.count > place else { return nil }
    guard case .int(let limit) = arguments[place] else { throw CELFailure.overload(function, arguments) }
    return limit < 0 ? nil : Int(limit)
  }

  /// An empty separator parts all code points.
  private static func split(_ text: String, _ separator: String, limit: Int?) -> [String] {
    if limit == 0 { return [] }
    let scalars = Array(text.unicodeScalars)
    let part = Array(separator.unicodeScalars)
    var parts: [String] = []
    var start = 0
    if part.isEmpty {
      while start < scalars.count, limit.map({ parts.count < $0 - 1 }) ?? true {
        parts.append(Text.join([scalars[start]]))
        start += 1
      }
      if start < scalars.count { parts.append(Text.join(scalars[start...])) }
      return parts
    }
    while limit.map({ parts.count < $0 - 1 }) ?? true, let place = Text.find(part, in: scalars, from: start) {
      parts.append(Text.join(scalars[start..<place]))
      start = place + part.count
    }
    parts.append(Text.join(scalars[start...]))
    return parts
  }

  /// What is empty stands before each code point, and at the end.
  private static func replace(_ text: String, _ old: String, _ new: String, limit: Int?) throws(CELFailure) -> String {
    let scalars = Array(text.unicodeScalars)
    let part = Array(old.unicodeScalars)
    let replacement = Array(new.unicodeScalars)
    var result: [Unicode.Scalar] = []
    var (start, count) = (0, 0)
    while count < limit ?? .max, let place = Text.find(part, in: scalars, from: part.isEmpty && count > 0 ? start + 1 : start) {
      result += scalars[start..<place]
      result += replacement
      start = place + part.count
      count += 1
      if result.count > CELLimits.madeBytes { throw tooLong }
    }
    result += scalars[start...]
    if result.count > CELLimits.madeBytes { throw tooLong }
    return Text.join(result)
  }
}
