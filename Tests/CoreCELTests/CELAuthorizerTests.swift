import CoreCEL
import CoreObjects
import Testing

@Suite("Expressions ask what somebody may do")
struct CELAuthorizerTests {
  /// Evaluates with an authorizer that allows to get pods, and remembers what it was asked.
  private func asked(_ text: String) throws -> (value: CELValue, requests: [CELAuthorizationRequest]) {
    var environment = CELEnvironment()
    let places = environment.declareAuthorizer()
    let program = try environment.compile(text)
    var evaluation = CELEvaluation(count: environment.count)
    var resource = CELAuthorizationRequest()
    (resource.resource, resource.namespace) = ("deployments", "here")
    evaluation[places.authorizer] = .authorizer
    evaluation[places.requestResource] = .requestResource(resource)
    var requests: [CELAuthorizationRequest] = []
    evaluation.authorize = { request in
      requests.append(request)
      return CELAuthorizationDecision(isAllowed: request.verb == "get" && request.resource == "pods", reason: "because")
    }
    return (try program.evaluate(&evaluation), requests)
  }

  @Test("of a resource, step by step")
  func resource() throws {
    let (value, requests) = try asked(
      "authorizer.group('apps').resource('pods').subresource('log').namespace('n').name('a').fieldSelector('x=y').labelSelector('l').check('get').allowed()"
    )
    #expect(value == .bool(true) && requests.count == 1)
    let request = try #require(requests.first)
    #expect(request.group == "apps" && request.resource == "pods" && request.subresource == "log" && request.namespace == "n")
    #expect(request.name == "a" && request.fieldSelector == "x=y" && request.labelSelector == "l" && request.verb == "get")
    #expect(request.path == nil && request.serviceAccount == nil)
  }

  @Test("of a path, of a service account, and of the request's own resource")
  func others() throws {
    #expect(try asked("authorizer.path('/healthz').check('get').allowed()").requests.first?.path == "/healthz")
    let account = try asked("authorizer.serviceAccount('ns', 'name').group('').resource('pods').check('get').reason()")
    #expect(account.value == .string("because") && account.requests.first?.serviceAccount?.namespace == "ns")
    let own = try asked("authorizer.requestResource.check('update').allowed()")
    #expect(own.value == .bool(false) && own.requests.first?.resource == "deployments" && own.requests.first?.namespace == "here")
    #expect(try asked("authorizer.group('').resource('pods').check('get').errored()").value == .bool(false))
  }

  @Test(
    "what cannot be asked fails",
    arguments: ["authorizer.path(' ')", "authorizer.group('').resource('')", "authorizer.serviceAccount('A', 'b')"])
  func failures(text: String) { #expect(throws: CELFailure.self) { try asked(text) } }

  @Test("two questions are as many as one expression may ask")
  func cost() throws {
    let question = "authorizer.path('/a').check('get').allowed()"
    #expect(throws: Never.self) { try asked("\(question) || \(question)") }
    #expect(throws: CELFailure.self) { try asked("\(question) || \(question) || \(question)") }
  }
}
