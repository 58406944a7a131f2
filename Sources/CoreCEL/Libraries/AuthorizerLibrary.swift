/// Whether somebody may do something. Source: apiserver/pkg/cel/library/authz.go, v1.36.
enum AuthorizerLibrary {
  final class Value: CELOpaque, @unchecked Sendable {
    let request: CELAuthorizationRequest
    init(_ typeName: String, _ request: CELAuthorizationRequest) {
      self.request = request
      super.init(typeName: typeName)
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Value)?.request == request }
  }

  final class Decision: CELOpaque, @unchecked Sendable {
    let decision: CELAuthorizationDecision
    init(_ decision: CELAuthorizationDecision) {
      self.decision = decision
      super.init(typeName: AuthorizerLibrary.decision)
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Decision)?.decision == decision }
  }

  static let authorizer = "kubernetes.authorization.Authorizer"
  private static let pathCheck = "kubernetes.authorization.PathCheck"
  private static let groupCheck = "kubernetes.authorization.GroupCheck"
  static let resourceCheck = "kubernetes.authorization.ResourceCheck"
  private static let decision = "kubernetes.authorization.Decision"

  /// A function that says more of what is asked, of one text or two.
  private static func step(
    _ name: String, of target: String, to result: String, texts: Int = 1,
    _ change: @escaping @Sendable (inout CELAuthorizationRequest, [String]) throws(CELFailure) -> Void
  ) -> Function {
    let parameters = Array(repeating: CELType.string, count: texts)
    return Function(name, [.member(.opaque(target), parameters, .opaque(result))]) { (arguments, _) throws(CELFailure) in
      guard case .opaque(let value as Value) = arguments[0], value.typeName == target else {
        throw CELFailure.overload(name, arguments)
      }
      let given = arguments.dropFirst().compactMap(\.string)
      guard given.count == texts else { throw CELFailure.overload(name, arguments) }
      var request = value.request
      try change(&request, given)
      return .opaque(Value(result, request))
    }
  }

  private static func told(_ name: String, _ result: CELType, _ read: @escaping @Sendable (CELAuthorizationDecision) -> CELValue)
    -> Function
  {
    Function(name, [.member(.opaque(decision), [], result)]) { (arguments, _) throws(CELFailure) in
      guard case .opaque(let value as Decision) = arguments[0] else { throw CELFailure.overload(name, arguments) }
      return read(value.decision)
    }
  }

  private static func notBlank(_ what: String, _ text: String) throws(CELFailure) {
    if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { throw CELFailure(.invalidArgument, "the \(what) is empty") }
  }

  static let functions: [Function] = [
    step("path", of: authorizer, to: pathCheck) { (request, texts) throws(CELFailure) in
      try notBlank("path", texts[0])
      request.path = texts[0]
    },
    step("group", of: authorizer, to: groupCheck) { (request, texts) throws(CELFailure) in request.group = texts[0] },
    step("serviceAccount", of: authorizer, to: authorizer, texts: 2) { (request, texts) throws(CELFailure) in
      guard TextForm.dns1123Label.problems(texts[0]).isEmpty, TextForm.dns1123Subdomain.problems(texts[1]).isEmpty else {
        throw CELFailure(.invalidArgument, "there is no service account of such a name")
      }
      request.serviceAccount = CELAuthorizationRequest.Account(namespace: texts[0], name: texts[1])
    },
    step("resource", of: groupCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in
      try notBlank("resource", texts[0])
      request.resource = texts[0]
    },
    step("subresource", of: resourceCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in
      request.subresource = texts[0]
    },
    step("namespace", of: resourceCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in request.namespace = texts[0]
    },
    step("name", of: resourceCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in request.name = texts[0] },
    step("fieldSelector", of: resourceCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in
      request.fieldSelector = texts[0]
    },
    step("labelSelector", of: resourceCheck, to: resourceCheck) { (request, texts) throws(CELFailure) in
      request.labelSelector = texts[0]
    },
    Function(
      "check", [pathCheck, resourceCheck].map { .member(.opaque($0), [.string], .opaque(decision)) }, cost: .fixed(350_000)
    ) { (arguments, evaluation) throws(CELFailure) in
      guard case .opaque(let value as Value) = arguments[0], case .string(let verb) = arguments[1] else {
        throw CELFailure.overload("check", arguments)
      }
      guard let authorize = evaluation.authorize else { throw CELFailure(.noSuchVariable, "there is nobody here to ask") }
      var request = value.request
      request.verb = verb
      return .opaque(Decision(authorize(request)))
    },
    told("allowed", .bool) { .bool($0.isAllowed) }, told("reason", .string) { .string($0.reason) },
    told("errored", .bool) { .bool($0.error != nil) }, told("error", .string) { .string($0.error ?? "") },
  ]
}
