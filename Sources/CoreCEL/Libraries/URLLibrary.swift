/// Source: apiserver/pkg/cel/library/urls.go, v1.36.
enum URLLibrary {
  final class Value: CELOpaque, @unchecked Sendable {
    let url: URLText
    init(_ url: URLText) {
      self.url = url
      super.init(typeName: "kubernetes.URL")
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Value)?.url == url }
  }

  private static let type = CELType.opaque("kubernetes.URL")

  private static func part(_ name: String, _ read: @escaping @Sendable (URLText) -> String) -> Function {
    Function(name, [.member(type, [], .string)]) { (arguments, _) throws(CELFailure) in
      guard case .opaque(let value as Value) = arguments[0] else { throw CELFailure.overload(name, arguments) }
      return .string(read(value.url))
    }
  }

  static let functions: [Function] = [
    Function("url", [Function.Overload([.string], type)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      if let url = URLText(try StringLibrary.text("url", arguments)) { return .opaque(Value(url)) }
      throw CELFailure(.invalidArgument, "\(arguments[0].brief) is no URL, or a relative one")
    },
    Function("isURL", [Function.Overload([.string], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(URLText.reads(try StringLibrary.text("isURL", arguments)))
    },
    part("getScheme", \.scheme), part("getHost", \.host), part("getHostname", \.hostname), part("getPort", \.port),
    part("getEscapedPath", \.path),
    Function("getQuery", [.member(type, [], .map(.string, .list(.string)))]) { (arguments, _) throws(CELFailure) in
      guard case .opaque(let value as Value) = arguments[0] else { throw CELFailure.overload("getQuery", arguments) }
      return .map(
        try CELMap(value.url.parameters.map { (key: CELValue.string($0.key), value: .list($0.values.map { .string($0) })) }))
    },
  ]
}
