import CoreObjects
import Daemon
import EdgeHTTP
import EdgeLinux
import Foundation
import Synchronization
import TestMachine
import Testing

/// A server on a loopback port, and a Service `web` of a cluster that leads there.
private final class ProxiedServer: Sendable {
  static let base = "/api/v1/namespaces/default/services/web/proxy"
  let server: HTTPServer
  let port: UInt16
  private let seen = Mutex<[HTTPRequest]>([])
  var last: HTTPRequest? { seen.withLock { $0.last } }

  init(_ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) throws {
    let record = Slot()
    var configuration = HTTPServerConfiguration(tls: nil) { request in
      record.seen(request)
      return answer(request)
    }
    configuration.streams = { $0.hasPrefix("/echo") }
    server = HTTPServer(configuration, loops: EventLoop.group(1))
    port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
    record.set { [unowned self] request in self.seen.withLock { $0.append(request) } }
  }

  private final class Slot: Sendable {
    private let slot = Mutex<(@Sendable (HTTPRequest) -> Void)?>(nil)
    func set(_ handler: @escaping @Sendable (HTTPRequest) -> Void) { slot.withLock { $0 = handler } }
    func seen(_ request: HTTPRequest) { slot.withLock { $0 }?(request) }
  }

  func register(in cluster: Cluster) async {
    await cluster.send(
      .post, "/api/v1/namespaces/default/services", ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]]]])
    await cluster.send(
      .post, "/api/v1/namespaces/default/endpoints",
      [
        "metadata": ["name": "web"],
        "subsets": [["addresses": [["ip": "127.0.0.1"]], "ports": [["port": .int(Int64(port))]]]],
      ])
  }
}

@Suite("Requests that are passed on to Services, over the socket", .timeLimit(.minutes(1)))
struct ProxyTests {
  /// A cluster with that Service, a client, and a token that may do everything.
  private func play(
    _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse,
    _ body: (TestCluster, ProxiedServer, _ send: (HTTPMethod, String, HTTPHeaders, [UInt8]) async throws -> HTTPClientResponse)
      async throws -> Void
  ) async throws {
    let test = try await TestCluster()
    let server = try ProxiedServer(answer)
    await server.register(in: test.cluster)
    let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
    let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
    let token = try await test.token()
    try await body(test, server) { method, target, headers, bytes in
      var headers = headers
      headers.append("authorization", "Bearer " + token)
      return try await client.send(HTTPClientRequest(method, target, headers: headers, body: bytes), to: origin)
    }
    await client.close()
    await test.stop()
    await server.server.stop(grace: .zero)
  }

  @Test("the server sees method, path, query, body and fields as they were, and from where; it does not see the token")
  func request() async throws {
    try await play(
      { _ in HTTPResponse(status: 202, headers: ["x-own": "1", "access-control-allow-origin": "*"]) },
      { _, server, send in
        for method in [HTTPMethod.get, .post, .put, .patch, .delete, .head, .options] {
          let answer = try await send(
            method, ProxiedServer.base + "/a%2Fb/?q=%20", ["cookie": "c", "x-remote-user": "root", "host": "shop"],
            [.post, .put, .patch].contains(method) ? [1, 2] : [])
          #expect(answer.status == 202 && answer.headers["x-own"] == "1")
          #expect(answer.headers["access-control-allow-origin"] == nil)
          let seen = try #require(server.last)
          #expect(seen.method == method && seen.path == "/a%2Fb/" && seen.query == "q=%20")
          #expect(seen.body == ([.post, .put, .patch].contains(method) ? [1, 2] : []))
          #expect(seen.headers["host"] == "shop" && seen.headers["cookie"] == "c")
          #expect(seen.headers["authorization"] == nil && seen.headers["x-remote-user"] == nil)
          #expect(seen.headers["x-forwarded-uri"] == ProxiedServer.base + "/a%2Fb/")
          #expect(seen.headers["x-forwarded-for"] == "127.0.0.1")
        }
      })
  }

  @Test("a path without its slash is sent there, and redirects of the server lead to where the client finds it")
  func redirects() async throws {
    let places = Mutex("")
    try await play(
      { _ in HTTPResponse(status: 302, headers: ["location": places.withLock { $0 }]) },
      { _, server, send in
        let base = ProxiedServer.base
        let bare = try await send(.get, base + "?a=b", [:], [])
        #expect(bare.status == 301 && bare.headers["location"] == base + "/?a=b" && server.last == nil)
        for (said, seen) in [
          ("/login", base + "/login"), ("/", base + "/"), ("next?x=1", "next?x=1"),
          ("http://example.com/a", "http://example.com/a"),
          ("http://127.0.0.1:\(server.port)/b/?c", base + "/b/?c"), (base + "/there", base + "/there"), ("//cdn/x", "//cdn/x"),
        ] {
          places.withLock { $0 = said }
          #expect(try await send(.get, base + "/", [:], []).headers["location"] == seen, "\(said)")
        }
        #expect(try await send(.post, base, [:], []).status == 302)
        #expect(server.last?.path == "/")
      })
  }

  @Test("links of a page lead where its reader finds them, however it comes; other documents and other hosts' links stay")
  func pages() async throws {
    let base = ProxiedServer.base
    // Where base is to stand there is an @.
    let template = #"""
      <!DOCTYPE html><HTML><head><title><a href="/t"></title><LINK rel=x HREF='@/style.css'><base href=@/app/>
      <script src="@/a.js?b=1>2">if (a < b) { x = '<a href="/no">' }</script><style>a{background:url(/no)}</style></head>
      <!-- <a href="/no"> --><body a = 1 background = "@/b.png"><img alt="a > b" src="@/i.png" usemap="#m"/>1 < 2 <a
       class="x" href="@/">top</a><a href="next">n</a><a href="//cdn/x">c</a><a href="https://example.com/">e</a><form action="">
      </body></HTML>
      """#
    let page = template.replacingOccurrences(of: "@", with: "")
    let expected = template.replacingOccurrences(of: "@", with: base)
    for size in [1, 7, 10_000] {
      var rewriter = LinkRewriter { $0.hasPrefix("/") && !$0.hasPrefix("//") ? base + $0 : $0 }
      let bytes = Array(page.utf8)
      var shown: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        shown += rewriter.receive(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(String(decoding: shown + rewriter.finish(), as: UTF8.self) == expected, "in pieces of \(size)")
    }
    let type = Mutex("text/html; charset=utf-8")
    try await play(
      { _ in
        HTTPResponse(
          status: 200, headers: ["content-type": type.withLock { $0 }],
          body: .bytes(Array(page.utf8)))
      },
      { _, server, send in
        let read = try await send(.get, base + "/page", ["accept": "text/html,*/*", "accept-encoding": "gzip"], [])
        #expect(String(decoding: read.body, as: UTF8.self) == expected && server.last?.headers["accept-encoding"] == nil)
        type.withLock { $0 = "text/plain" }
        #expect(try await send(.get, base + "/page", [:], []).body == Array(page.utf8))
      })
  }

  @Test("a long answer arrives piece by piece, and another protocol is spoken through after 101")
  func streams() async throws {
    let stream = ByteStream()
    try await play(
      { request in
        guard let wanted = request.upgrade else { return HTTPResponse(status: 200, body: .stream(stream)) }
        if request.path == "/refused" { return .text(403, "not you") }
        return HTTPResponse(
          status: 101, headers: ["connection": "upgrade", "upgrade": wanted, "sec-websocket-protocol": "chat"],
          body: .upgrade { connection in
            while let bytes = try? await connection.read(), (try? await connection.write(bytes.reversed())) != nil {}
          })
      },
      { test, _, send in
        let answer = await test.cluster.answer(.get, ProxiedServer.base + "/events")
        guard case .stream(let body) = answer.body else {
          Issue.record("no stream")
          return
        }
        for text in ["one", "two"] {
          stream.offer(Array(text.utf8))
          #expect(await body.read() == Array(text.utf8))
        }
        stream.finish()
        #expect(await body.read() == nil)
        let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
        let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
        let headers: HTTPHeaders = [
          "authorization": "Bearer " + (try await test.token()), "connection": "Upgrade", "upgrade": "websocket",
        ]
        let given = Mutex<UpgradedConnection?>(nil)
        let request = HTTPClientRequest(.get, ProxiedServer.base + "/socket", headers: headers)
        let head = try await client.stream(
          request, to: origin, isFresh: true, upgraded: { connection in given.withLock { $0 = connection } }, { _, _ in })
        #expect(head.status == 101 && head.headers["upgrade"] == "websocket" && head.headers["sec-websocket-protocol"] == "chat")
        let connection = try #require(given.withLock { $0 })
        try await connection.write([1, 2, 3])
        #expect(try await connection.read() == [3, 2, 1])
        await connection.close()
        let refused = try await send(
          .get, ProxiedServer.base + "/refused", ["connection": "Upgrade", "upgrade": "websocket"], [])
        #expect(refused.status == 403 && refused.body == Array("not you\n".utf8))
      })
  }

  @Test("a body of any length goes there as it comes, over HTTP/1.1 and HTTP/2, while the answer comes back")
  func uploads() async throws {
    try await play(
      { HTTPResponse(status: 200, body: $0.stream.map { .stream($0) } ?? .bytes([])) },
      { test, server, _ in
        let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
        let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
        let token = try await test.token()
        let upload = ByteStream()
        let echo = ByteStream()
        var request = HTTPClientRequest(
          .post, ProxiedServer.base + "/echo", headers: ["authorization": "Bearer " + token])
        request.stream = upload
        let work = Task { [request] in
          try await client.stream(request, to: origin) { _, piece in _ = await echo.write(piece) }
          echo.finish()
        }
        for text in ["one", "two"] {
          upload.offer(Array(text.utf8))
          #expect(await echo.read() == Array(text.utf8))
        }
        upload.finish()
        #expect(await echo.read() == nil)
        try await work.value
        let file = test.directory + "/upload"
        let url = "https://127.0.0.1:\(test.cluster.address.port)\(ProxiedServer.base)/echo"
        let script = """
          head -c 20000000 /dev/urandom > \(file)
          for protocol in --http1.1 --http2; do
            curl -sk $protocol -H 'Authorization: Bearer \(token)' --data-binary @\(file) -o \(file).a \(url) -o \(file).b \(url) \\
            -w '%{http_version} %{http_code} %{num_connects} '
          cmp \(file) \(file).a && cmp \(file) \(file).b && echo same
          curl -sk $protocol -H 'Authorization: Bearer none' --data-binary @\(file) \(url) -o /dev/null -w '%{http_code}\\n'
          done
          """
        let outcome = try await Program.run("/bin/bash", ["-c", script])
        #expect(outcome.output == "1.1 200 1 1.1 200 0 same\n401\n2 200 1 2 200 0 same\n401\n", "\(outcome)")
        await client.close()
      })
  }

  @Test("a body that breaks off arrives as one that did")
  func brokenUpload() async throws {
    let kept = Mutex<ByteStream?>(nil)
    let answer = ByteStream()
    try await play(
      { request in
        kept.withLock { $0 = request.stream }
        answer.offer([1])
        return HTTPResponse(status: 200, body: .stream(answer))
      },
      { test, _, _ in
        let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
        let upload = ByteStream()
        var request = HTTPClientRequest(
          .post, ProxiedServer.base + "/echo", headers: ["authorization": "Bearer " + (try await test.token())])
        request.stream = upload
        upload.offer([1])
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
        let work = Task { [request] in try await client.stream(request, to: origin) { _, _ in begin.yield() } }
        for await _ in begun { break }
        let body = try #require(kept.withLock { $0 })
        work.cancel()
        let ending = await withCheckedContinuation { done in body.onTermination { done.resume(returning: $0) } }
        #expect(ending == .aborted)
        await client.close()
      })
  }

  @Test("a server that is not there is a 503 in the API's form")
  func unreachable() async throws {
    try await play(
      { _ in .text(200, "") },
      { _, server, send in
        await server.server.stop(grace: .zero)
        let answer = try await send(.get, ProxiedServer.base + "/", [:], [])
        let body = try JSONParser.parse(answer.body)
        #expect(answer.status == 503 && body[.reason] == "ServiceUnavailable")
        #expect(body[.message].string?.contains("error trying to reach service") == true)
      })
  }

  @Test("kubectl get --raw and kubectl proxy lead there", .enabled(if: Requirement.met(.kubectl)), arguments: Kubectl.all)
  func byKubectl(program: String) async throws {
    try await play(
      { .text(200, "\($0.method.rawValue) \($0.path) \($0.body.count)") },
      { test, _, _ in
        let raw = try await test.kubectl(["get", "--raw", ProxiedServer.base + "/a?b=c"], program: program)
        #expect(raw.output == "GET /a 0\n")
        let refused = try await test.kubectl(
          ["get", "--raw", "/api/v1/namespaces/default/services/kubernetes:nothing/proxy/"], program: program)
        #expect(refused.status != 0 && refused.output.contains("no endpoints available for service"), "\(refused.output)")
        let curl = """
          exec 3< <(exec \(program) proxy --port=0); read -r line <&3; kill_it() { kill $!; }; trap kill_it EXIT
          curl -sS --data-binary xyz "http://${line##* }\(ProxiedServer.base)/upload"
          curl -sSL "http://${line##* }\(ProxiedServer.base)"
          """
        let environment = ["KUBECONFIG": test.directory + "/kubeconfig", "HOME": test.directory]
        let outcome = try await Program.run("/bin/bash", ["-c", curl], in: repository, environment: environment)
        #expect(outcome.output == "POST /upload 3\nGET / 0\n", "\(outcome)")
      })
  }
}

extension TestCluster {
  /// Of an account that may do everything.
  func token() async throws -> String {
    await cluster.send(
      .post, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      [
        "metadata": ["name": "all"],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"],
        "subjects": [["kind": "ServiceAccount", "namespace": "default", "name": "default"]],
      ])
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    return await cluster.send(.post, path, ["spec": ["expirationSeconds": 3600]]).body[.status][.token].string ?? ""
  }
}
