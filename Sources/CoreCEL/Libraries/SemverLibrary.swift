/// Source: apiserver/pkg/cel/library/semverlib.go, v1.36; semver.org 2.0.0.
enum SemverLibrary {
  final class Value: CELOpaque, @unchecked Sendable {
    let version: SemanticVersion
    init(_ version: SemanticVersion) {
      self.version = version
      super.init(typeName: SemverLibrary.name)
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Value).map { $0.version.compare(version) == 0 } ?? false }
  }

  static let name = "kubernetes.Semver"
  private static let type = CELType.opaque(name)
  private static func readers(_ result: CELType) -> [Function.Overload] {
    [Function.Overload([.string], result), Function.Overload([.string, .bool], result)]
  }

  static let functions: [Function] = [
    Function("semver", readers(type), cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      if let version = try read("semver", arguments) { return .opaque(Value(version)) }
      throw CELFailure(.invalidArgument, "\(arguments[0].brief) is no semantic version")
    },
    Function("isSemver", readers(.bool), cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      .bool(try read("isSemver", arguments) != nil)
    },
    Function("major", [.member(type, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(truncatingIfNeeded: try version("major", arguments, 0).major))
    },
    Function("minor", [.member(type, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(truncatingIfNeeded: try version("minor", arguments, 0).minor))
    },
    Function("patch", [.member(type, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(truncatingIfNeeded: try version("patch", arguments, 0).patch))
    },
    Function("isGreaterThan", [.member(type, [type], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(try version("isGreaterThan", arguments, 0).compare(version("isGreaterThan", arguments, 1)) > 0)
    },
    Function("isLessThan", [.member(type, [type], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(try version("isLessThan", arguments, 0).compare(version("isLessThan", arguments, 1)) < 0)
    },
    Function("compareTo", [.member(type, [type], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(try version("compareTo", arguments, 0).compare(version("compareTo", arguments, 1))))
    },
  ]

  private static func read(_ function: String, _ arguments: [CELValue]) throws(CELFailure) -> SemanticVersion? {
    let text = try StringLibrary.text(function, arguments)
    guard arguments.count == 2 else { return SemanticVersion(text) }
    guard case .bool(let isTolerant) = arguments[1] else { throw CELFailure.overload(function, arguments) }
    return isTolerant ? SemanticVersion(tolerant: text) : SemanticVersion(text)
  }

  private static func version(_ function: String, _ arguments: [CELValue], _ place: Int) throws(CELFailure) -> SemanticVersion {
    if case .opaque(let value as Value) = arguments[place] { return value.version }
    throw CELFailure.overload(function, arguments)
  }
}
