/// Texts. Source: ext/strings.go of cel-go, version 2, which is what Kubernetes has.
enum StringLibrary {
  static let functions: [Function] =
    [
      Function("charAt", [.member(.string, [.int], .string)]) { (arguments, _) throws(CELFailure) in
        guard case .string(let text) = arguments[0], case .int(let place) = arguments[1] else {
          throw CELFailure.overload("charAt", arguments)
        }
        let scalars = Array(text.unicodeScalars)
        guard place >= 0, place <= scalars.count else { throw outside(place, scalars.count) }
        return .string(place == scalars.count ? "" : Text.join([scalars[Int(place)]]))
      },
      Function(
        "indexOf", [.member(.string, [.string], .int), .member(.string, [.string, .int], .int)], cost: .elements
      ) { (arguments, _) throws(CELFailure) in
        let (text, part, start) = try search("indexOf", arguments)
        if part.isEmpty { return .int(start ?? 0) }
        if let start, start < 0 || start >= text.count { throw outside(start, text.count) }
        return .int(Text.find(part, in: text, from: Int(start ?? 0)).map { Int64($0) } ?? -1)
      },
      Function(
        "lastIndexOf", [.member(.string, [.string], .int), .member(.string, [.string, .int], .int)], cost: .elements
      ) { (arguments, _) throws(CELFailure) in
        let (text, part, start) = try search("lastIndexOf", arguments)
        if part.isEmpty { return .int(start ?? Int64(text.count)) }
        if let start, start < 0 || start >= text.count { throw outside(start, text.count) }
        var place = min(Int(start ?? Int64(text.count)), text.count - part.count)
        while place >= 0 {
          if text[place..<place + part.count].elementsEqual(part) { return .int(Int64(place)) }
          place -= 1
        }
        return .int(-1)
      },
      Function("lowerAscii", [.member(.string, [], .string)], cost: .substring) { (arguments, _) throws(CELFailure) in
        .string(Text.lowercased(try text("lowerAscii", arguments)))
      },
      Function("upperAscii", [.member(.string, [], .string)], cost: .substring) { (arguments, _) throws(CELFailure) in
        .string(Text.uppercased(try text("upperAscii", arguments)))
      },
      Function("trim", [.member(.string, [], .string)], cost: .substring) { (arguments, _) throws(CELFailure) in
        let scalars = Array(try text("trim", arguments).unicodeScalars)
        let first = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.count
        let end = (scalars.lastIndex { !$0.properties.isWhitespace } ?? first - 1) + 1
        return .string(Text.join(scalars[first..<end]))
      },
      Function(
        "substring", [.member(.string, [.int], .string), .member(.string, [.int, .int], .string)], cost: .substring
      ) { (arguments, _) throws(CELFailure) in
        let scalars = Array(try text("substring", arguments).unicodeScalars)
        var end = Int64(scalars.count)
        if arguments.count == 3, case .int(let given) = arguments[2] { end = given }
        guard case .int(let start) = arguments[1] else { throw CELFailure.overload("substring", arguments) }
        if start < 0 || start > scalars.count { throw outside(start, scalars.count) }
        if end < start || end > scalars.count { throw outside(end, scalars.count) }
        return .string(Text.join(scalars[Int(start)..<Int(end)]))
      },
      Function("strings.quote", [Function.Overload([.string], .string)], cost: .quote) { (arguments, _) throws(CELFailure) in
        .string(Text.quoted(try text("strings.quote", arguments)))
      },
      Function("format", [.member(.string, [.list(.dyn)], .string)], cost: .format) { (arguments, _) throws(CELFailure) in
        guard case .string(let text) = arguments[0], let values = try arguments[1].elements() else {
          throw CELFailure.overload("format", arguments)
        }
        return .string(try TextFormat.format(text, values))
      },
    ] + SplittingFunctions.functions

  static func text(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> String {
    if case .string(let text)? = arguments.first { return text }
    throw CELFailure.overload(function, arguments)
  }

  static func outside(_ place: Int64, _ count: Int) -> CELFailure {
    CELFailure(.indexOutOfBounds, "there is no place \(place) in a text of \(count) characters")
  }

  private static func search(
    _ function: String, _ arguments: [CELValue]
  ) throws(CELFailure) -> (text: [Unicode.Scalar], part: [Unicode.Scalar], start: Int64?) {
    guard case .string(let text) = arguments[0], case .string(let part) = arguments[1] else {
      throw CELFailure.overload(function, arguments)
    }
    var start: Int64?
    if arguments.count == 3 {
      guard case .int(let given) = arguments[2] else { throw CELFailure.overload(function, arguments) }
      start = given
    }
    return (Array(text.unicodeScalars), Array(part.unicodeScalars), start)
  }
}
