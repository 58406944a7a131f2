/// Lists. Source: apiserver/pkg/cel/library/lists.go, v1.36, and ext/lists.go of cel-go, version 3.
enum ListLibrary {
  private static let a = CELType.parameter(0)
  private static let ordered: [CELType] = [.int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes]
  private static let summed: [CELType] = [.int, .uint, .double, .duration]

  static let functions: [Function] = [
    Function("isSorted", ordered.map { .member(.list($0), [], .bool) }, cost: .elements) { (arguments, _) throws(CELFailure) in
      let list = try elements("isSorted", arguments)
      for (x, y) in zip(list, list.dropFirst()) {
        guard let order = CELValue.order(x, y) else { throw CELFailure.overload("isSorted", x, y) }
        if order == .after { return .bool(false) }
      }
      return .bool(true)
    },
    Function("sum", summed.map { .member(.list($0), [], $0) }, cost: .elements) { (arguments, _) throws(CELFailure) in
      let list = try elements("sum", arguments)
      var sum = list.first ?? .int(0)
      for element in list.dropFirst() {
        switch (sum, element) {
        case (.int, .int), (.uint, .uint), (.double, .double), (.duration, .duration): break
        default: throw CELFailure.overload("sum", sum, element)
        }
        // None of these is charged for itself.
        var free = CELEvaluation(count: 0)
        free.limit = .max
        sum = try Arithmetic.add(sum, element, &free)
      }
      return sum
    },
    Function("min", ordered.map { .member(.list($0), [], $0) }, cost: .elements) { (arguments, _) throws(CELFailure) in
      try extreme("min", arguments, .before)
    },
    Function("max", ordered.map { .member(.list($0), [], $0) }, cost: .elements) { (arguments, _) throws(CELFailure) in
      try extreme("max", arguments, .after)
    },
    Function("indexOf", [.member(.list(a), [a], .int)], cost: .elements) { (arguments, _) throws(CELFailure) in
      let place = try elements("indexOf", arguments).firstIndex(of: arguments[1])
      return .int(place.map { Int64($0) } ?? -1)
    },
    Function("lastIndexOf", [.member(.list(a), [a], .int)], cost: .elements) { (arguments, _) throws(CELFailure) in
      let place = try elements("lastIndexOf", arguments).lastIndex(of: arguments[1])
      return .int(place.map { Int64($0) } ?? -1)
    },
    Function("slice", [.member(.list(a), [.int, .int], .list(a))], cost: .listResult) { (arguments, _) throws(CELFailure) in
      let list = try elements("slice", arguments)
      guard case .int(let start) = arguments[1], case .int(let end) = arguments[2] else {
        throw CELFailure.overload("slice", arguments)
      }
      guard 0 <= start, start <= end, end <= list.count else {
        throw CELFailure(.indexOutOfBounds, "there is no slice from \(start) to \(end) of a list of \(list.count)")
      }
      return .list(Array(list[Int(start)..<Int(end)]))
    },
    Function("reverse", [.member(.list(a), [], .list(a))], cost: .listResult) { (arguments, _) throws(CELFailure) in
      .list(try elements("reverse", arguments).reversed())
    },
    Function("lists.range", [Function.Overload([.int], .list(.int))], cost: .listResult) {
      (arguments, evaluation) throws(CELFailure) in
      guard case .int(let count) = arguments[0] else { throw CELFailure.overload("lists.range", arguments) }
      guard count >= 0, count <= CELLimits.madeElements else {
        throw CELFailure(.overflow, "a list has between 0 and \(CELLimits.madeElements) elements, and not \(count)")
      }
      // What cannot be paid for is not made.
      if UInt64(count) > evaluation.limit { try evaluation.charge(UInt64(count)) }
      return .list((0..<count).map { .int($0) })
    },
    Function(
      "flatten", [.member(.list(.list(a)), [], .list(a)), .member(.list(.dyn), [.int], .list(.dyn))], cost: .flatten
    ) { (arguments, _) throws(CELFailure) in
      var depth: Int64 = 1
      if arguments.count == 2 {
        guard case .int(let given) = arguments[1] else { throw CELFailure.overload("flatten", arguments) }
        if given < 0 { throw CELFailure(.invalidArgument, "a list is flattened by no negative number of levels") }
        depth = given
      }
      return .list(try flattened(arguments[0], depth))
    },
    Function("distinct", [.member(.list(a), [], .list(a))], cost: .distinct) { (arguments, _) throws(CELFailure) in
      .list(try distinct(try elements("distinct", arguments)))
    },
    Function("sort", ordered.map { .member(.list($0), [], .list($0)) }, cost: .sort) { (arguments, _) throws(CELFailure) in
      let list = try elements("sort", arguments)
      return .list(try Sorting.sorted(list, by: list))
    },
  ]

  static func elements(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> [CELValue] {
    if let elements = try arguments[0].elements() { return elements }
    throw CELFailure.overload(function, arguments)
  }

  private static func extreme(_ function: String, _ arguments: [CELValue], _ wanted: CELOrder) throws(CELFailure) -> CELValue {
    let list = try elements(function, arguments)
    guard var found = list.first else { throw CELFailure(.invalidArgument, "an empty list has no '\(function)'") }
    for element in list.dropFirst() {
      guard let order = CELValue.order(element, found) else { throw CELFailure.overload(function, element, found) }
      if order == wanted { found = element }
    }
    return found
  }

  private static func flattened(_ list: CELValue, _ depth: Int64) throws(CELFailure) -> [CELValue] {
    guard let elements = try list.elements() else { throw CELFailure.overload("flatten", list) }
    if depth == 0 { return elements }
    var flat: [CELValue] = []
    for element in elements {
      if element.listCount != nil { flat += try flattened(element, depth - 1) } else { flat.append(element) }
      if flat.count > CELLimits.madeElements { throw CELFailure(.overflow, "the list is too long") }
    }
    return flat
  }

  /// The first of equal elements each; those that can be keys are looked up.
  private static func distinct(_ elements: [CELValue]) throws(CELFailure) -> [CELValue] {
    var (seen, others): (Set<CELKey>, [CELValue]) = ([], [])
    return elements.filter { element in
      if let key = CELKey(element) { return seen.insert(key).inserted }
      if others.contains(element) { return false }
      others.append(element)
      return true
    }
  }
}
