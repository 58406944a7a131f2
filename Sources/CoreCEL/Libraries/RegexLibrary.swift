/// Parts of texts that match patterns. Source: apiserver/pkg/cel/library/regex.go, v1.36.
enum RegexLibrary {
  static let functions: [Function] = [
    Function("find", [.member(.string, [.string], .string)], cost: .find) { (arguments, _) throws(CELFailure) in
      let (text, pattern) = try StandardLibrary.texts("find", arguments)
      return .string(try StandardLibrary.compiled(pattern).find(text) ?? "")
    },
    Function(
      "findAll", [.member(.string, [.string], .list(.string)), .member(.string, [.string, .int], .list(.string))], cost: .find
    ) { (arguments, _) throws(CELFailure) in
      let (text, pattern) = try StandardLibrary.texts("findAll", Array(arguments.prefix(2)))
      var limit = Int.max
      if arguments.count == 3 {
        guard case .int(let given) = arguments[2] else { throw CELFailure.overload("findAll", arguments) }
        if given >= 0 { limit = Int(given) }
      }
      return .list(try StandardLibrary.compiled(pattern).findAll(text, limit: limit).map { .string($0) })
    },
  ]
}
