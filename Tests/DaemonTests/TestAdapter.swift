import CoreObjects
import Daemon
import EdgeHTTP
import EdgeLinux
import Foundation
import Synchronization
import TestMachine

private let adapterLoops = EventLoop.group(1)

/// A metrics adapter on a loopback port with a certificate of its own CA, and what tells a cluster of it.
final class TestAdapter: Sendable {
  let authority: CertificateAuthority
  let server: HTTPServer
  let port: UInt16
  private let requests = Mutex<[HTTPRequest]>([])
  private let answers = Mutex<[String: (status: Int, body: JSON)]>([:])
  private let streams = Mutex<[ByteStream]>([])
  /// What follows the first line of the last /apis/…/stream.
  var stream: ByteStream { streams.withLock { $0.last } ?? ByteStream() }

  init() throws {
    authority = try CertificateAuthority(named: "adapter-ca")
    let identity = try authority.issueServer(commonName: "adapter", names: ["adapter.default.svc"])
    let handlers = Slot()
    // Any client certificate is asked for, so that the one that is shown can be looked at.
    let tls = try TLSContext(server: identity, clientAuthorities: authority.certificatePEM)
    server = HTTPServer(
      HTTPServerConfiguration(tls: tls) { handlers.answer($0) }, loops: adapterLoops)
    port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
    handlers.set { [unowned self] in self.answer($0) }
  }

  /// The handler needs the adapter, which needs the server.
  private final class Slot: Sendable {
    private let slot = Mutex<(@Sendable (HTTPRequest) -> HTTPResponse)?>(nil)
    func set(_ handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse) { slot.withLock { $0 = handler } }
    func answer(_ request: HTTPRequest) -> HTTPResponse { slot.withLock { $0 }?(request) ?? .text(503, "not yet") }
  }

  /// What is answered for a path, or for "METHOD PATH", from now on.
  func answer(_ path: String, _ body: JSON, status: Int = 200) { answers.withLock { $0[path] = (status, body) } }

  /// The requests for a path, in order.
  func requests(_ path: String) -> [HTTPRequest] { requests.withLock { $0.filter { $0.path == path } } }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    requests.withLock { $0.append(request) }
    if request.path.hasSuffix("/stream") {
      let stream = ByteStream()
      streams.withLock { $0.append(stream) }
      stream.offer(Array("first\n".utf8))
      return HTTPResponse(status: 200, headers: ["content-type": "application/json;stream=watch"], body: .stream(stream))
    }
    let place = request.method.rawValue + " " + request.path
    guard let known = answers.withLock({ $0[place] ?? $0[request.path] }) else {
      let status: JSON = ["kind": "Status", "status": "Failure", "message": "the adapter does not know this", "code": 404]
      return HTTPResponse(status: 404, headers: ["content-type": "application/json"], body: .bytes(status.encoded()))
    }
    return HTTPResponse(
      status: known.status, headers: ["content-type": "application/json", "x-adapter": "here"],
      body: .bytes(known.body.encoded()))
  }

  /// Service, endpoints and APIService of the group in the cluster.
  func register(
    _ group: String, _ version: String, in cluster: Cluster, trust: JSON? = nil, resources: [JSON] = []
  ) async throws {
    answer(
      "/apis/\(group)/\(version)",
      [
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(group + "/" + version),
        "resources": .array(resources),
      ])
    let services = "/api/v1/namespaces/default/services"
    await cluster.send(.post, services, ["metadata": ["name": "adapter"], "spec": ["ports": [["port": 443]]]])
    await cluster.send(
      .post, "/api/v1/namespaces/default/endpoints",
      [
        "metadata": ["name": "adapter"],
        "subsets": [["addresses": [["ip": "127.0.0.1"]], "ports": [["port": .int(Int64(port))]]]],
      ])
    var spec: JSON = [
      "group": .string(group), "version": .string(version), "groupPriorityMinimum": 100, "versionPriority": 100,
      "service": ["name": "adapter", "namespace": "default"],
    ]
    let bundle = Data(authority.certificatePEM).base64EncodedString()
    for member in (trust ?? ["caBundle": .string(bundle)]).members { spec.put(member.key, member.value) }
    // One that is there already is taken over, as kubectl apply does.
    let path = "/apis/apiregistration.k8s.io/v1/apiservices"
    var answer = await cluster.send(.post, path, ["metadata": ["name": .string(version + "." + group)], "spec": spec])
    if answer.status == 409 {
      answer = await cluster.send(.patch, "\(path)/\(version).\(group)", ["spec": spec], type: "application/merge-patch+json")
    }
    if ![200, 201].contains(answer.status) { throw ProgramError(description: "\(answer)") }
  }

  func stop() async { await server.stop(grace: .zero) }
}

extension Cluster {
  /// A request of the administrator, and the whole answer.
  @discardableResult
  func send(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil, type: String = "application/json") async -> (
    status: Int, body: JSON
  ) {
    let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
    let response = await answer(
      method, parts[0], query: parts.count > 1 ? parts[1] : "", contentType: type, body: body?.encoded() ?? [])
    var bytes: [UInt8] = []
    switch response.body {
    case .bytes(let all): bytes = all
    case .chunks(let chunks): bytes = chunks.flatMap { $0 }
    case .stream(let stream): while let more = await stream.read() { bytes += more }
    case .upgrade: break
    }
    return (response.status, (try? JSONParser.parse(bytes)) ?? .null)
  }

  /// Asks until the condition Available of an APIService has this reason.
  func waitForAPIService(_ name: String, _ reason: String) async throws {
    try await wait(for: name) {
      await send(.get, "/apis/apiregistration.k8s.io/v1/apiservices/" + name).body[.status][.conditions][0]
    } until: {
      $0[.reason].string == reason
    }
  }
}
