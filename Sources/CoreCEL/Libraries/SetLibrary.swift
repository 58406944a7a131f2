/// Lists as sets. Source: ext/sets.go of cel-go.
enum SetLibrary {
  private static let lists = [Function.Overload([.list(.parameter(0)), .list(.parameter(0))], .bool)]

  static let functions: [Function] = [
    Function("sets.contains", lists, cost: .sets(factor: 1)) { (arguments, _) throws(CELFailure) in
      let (first, second) = try both("sets.contains", arguments)
      return .bool(contains(first, second))
    },
    Function("sets.equivalent", lists, cost: .sets(factor: 2)) { (arguments, _) throws(CELFailure) in
      let (first, second) = try both("sets.equivalent", arguments)
      return .bool(contains(first, second) && contains(second, first))
    },
    Function("sets.intersects", lists, cost: .sets(factor: 1)) { (arguments, _) throws(CELFailure) in
      let (first, second) = try both("sets.intersects", arguments)
      let keys = Set(first.compactMap { CELKey($0) })
      return .bool(second.contains { CELKey($0).map(keys.contains) ?? first.contains($0) })
    },
  ]

  private static func both(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> ([CELValue], [CELValue]) {
    guard let first = try arguments[0].elements(), let second = try arguments[1].elements() else {
      throw CELFailure.overload(function, arguments)
    }
    return (first, second)
  }

  /// Whether all of the second are among the first.
  private static func contains(_ first: [CELValue], _ second: [CELValue]) -> Bool {
    let keys = Set(first.compactMap { CELKey($0) })
    return second.allSatisfy { CELKey($0).map(keys.contains) ?? first.contains($0) }
  }
}
