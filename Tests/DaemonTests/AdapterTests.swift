import CoreObjects
import Daemon
import EdgeHTTP
import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite("APIServices with a service, over TLS", .timeLimit(.minutes(1)))
struct AdapterTests {
  static let group = "custom.metrics.k8s.io"
  static let name = "v1beta1.custom.metrics.k8s.io"
  static let base = "/apis/custom.metrics.k8s.io/v1beta1"

  @Test("requests reach the backend with the caller's name and come back as they are; the caller's own names do not")
  func passesOn() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    try await adapter.register(Self.group, "v1beta1", in: test.cluster)
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    let path = Self.base + "/namespaces/default/pods/*/requests"
    adapter.answer(path, ["kind": "MetricValueList", "items": []])
    let got = await test.cluster.send(.get, path + "?labelSelector=app%3Dweb")
    #expect(got.status == 200 && got.body[.kind] == "MetricValueList")
    let seen = try #require(adapter.requests(path).last)
    #expect(seen.query == "labelSelector=app%3Dweb")
    #expect(seen.headers.values("x-remote-user") == ["kubernetes-admin"])
    #expect(seen.headers.values("x-remote-group") == ["system:masters", "system:authenticated"])
    #expect(seen.headers["authorization"] == nil)
    #expect(seen.peer.certificate?.commonName == "front-proxy-client")
    let posted = await test.cluster.send(.post, path, ["a": 1])
    #expect(posted.status == 200)
    #expect(adapter.requests(path).last?.body == Array(#"{"a":1}"#.utf8))
    #expect(await test.cluster.send(.get, Self.base + "/unknown").body[.message] == "the adapter does not know this")
    await test.stop()
    await adapter.stop()
  }

  @Test("over the socket no client can say by a header who it is")
  func forgedHeaders() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    try await adapter.register(Self.group, "v1beta1", in: test.cluster)
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
    let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
    // Discovery is for whoever is known; a path of it is all that this one may read.
    let headers: HTTPHeaders = ["X-Remote-User": "root", "X-Remote-Group": "system:masters", "X-Remote-Extra-A": "b"]
    let anonymous = try await client.send(HTTPClientRequest(.get, Self.base, headers: headers), to: origin)
    #expect(anonymous.status == 403)
    let token =
      await test.cluster.send(
        .post, "/api/v1/namespaces/default/serviceaccounts/default/token", ["spec": ["expirationSeconds": 3600]]
      ).body[.status][.token].string ?? ""
    var known = headers
    known.append("authorization", "Bearer " + token)
    // What Connection names belongs to this connection alone.
    known.append("connection", "keep-alive, X-Hop")
    known.append("x-hop", "1")
    known.append("x-end", "1")
    let before = adapter.requests(Self.base).count
    let answer = try await client.send(HTTPClientRequest(.get, Self.base, headers: known), to: origin)
    #expect(answer.status == 200 && answer.headers["x-adapter"] == "here")
    let seen = adapter.requests(Self.base)[before...].filter { $0.headers["x-remote-user"] != "system:kube-aggregator" }
    #expect(seen.map { $0.headers.values("x-remote-user") } == [["system:serviceaccount:default:default"]])
    #expect(seen.first?.headers.values("x-remote-extra-a") == [])
    #expect(seen.first?.headers["x-hop"] == nil && seen.first?.headers["x-end"] == "1")
    await client.close()
    await test.stop()
    await adapter.stop()
  }

  @Test("a stream arrives piece by piece, and its end with the client's is the backend's too")
  func streams() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    try await adapter.register(Self.group, "v1beta1", in: test.cluster)
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    let answer = await test.cluster.answer(.get, Self.base + "/stream", query: "watch=true")
    guard case .stream(let stream) = answer.body else {
      Issue.record("no stream")
      return
    }
    #expect(answer.headers["content-type"] == "application/json;stream=watch")
    #expect(await stream.read() == Array("first\n".utf8))
    adapter.stream.offer(Array("second\n".utf8))
    #expect(await stream.read() == Array("second\n".utf8))
    adapter.stream.finish()
    #expect(await stream.read() == nil)
    await test.stop()
    await adapter.stop()
  }

  @Test("a client that goes ends the backend's stream, and a backend that breaks off ends the client's without its end mark")
  func endings() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    try await adapter.register(Self.group, "v1beta1", in: test.cluster)
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    let token =
      await test.cluster.send(
        .post, "/api/v1/namespaces/default/serviceaccounts/default/token", ["spec": ["expirationSeconds": 3600]]
      ).body[.status][.token].string ?? ""
    await test.cluster.send(
      .post, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      [
        "metadata": ["name": "all"],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"],
        "subjects": [["kind": "ServiceAccount", "namespace": "default", "name": "default"]],
      ])
    let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
    let origin = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port)
    let request = HTTPClientRequest(
      .get, Self.base + "/stream?watch=1", headers: ["authorization": "Bearer " + token])
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let work = Task { try await client.stream(request, to: origin) { _, _ in begin.yield() } }
    for await _ in begun { break }
    let first = adapter.stream
    work.cancel()
    let ending = await withCheckedContinuation { done in first.onTermination { done.resume(returning: $0) } }
    #expect(ending == .clientGone)
    await #expect(throws: HTTPClientError.closed(origin.description)) {
      try await client.stream(request, to: origin) { _, piece in if !piece.isEmpty { adapter.stream.abort() } }
    }
    await client.close()
    await test.stop()
    await adapter.stop()
  }

  @Test("a backend that goes is a 503 at once and a failed check soon; back, it is served again")
  func down() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    try await adapter.register(Self.group, "v1beta1", in: test.cluster)
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    await adapter.stop()
    let refused = await test.cluster.send(.get, Self.base + "/namespaces/default/pods/*/requests")
    #expect(refused.status == 503 && refused.body[.reason] == "ServiceUnavailable")
    #expect(refused.body[.message].string?.contains("error trying to reach service") == true)
    // Its endpoint moves to another one: that is asked at once.
    let other = try TestAdapter()
    other.answer(Self.base, ["kind": "APIResourceList", "resources": []], status: 500)
    await test.cluster.send(
      .put, "/api/v1/namespaces/default/endpoints/adapter",
      [
        "metadata": ["name": "adapter"],
        "subsets": [["addresses": [["ip": "127.0.0.1"]], "ports": [["port": .int(Int64(other.port))]]]],
      ])
    // Its certificate is of another CA.
    try await test.cluster.waitForAPIService(Self.name, "FailedDiscoveryCheck")
    let told = await test.cluster.send(.get, "/apis/apiregistration.k8s.io/v1/apiservices/" + Self.name)
    #expect(told.body[.status][.conditions][0][.message].string?.contains("no secure connection") == true, "\(told.body)")
    let skip: JSON = ["spec": ["caBundle": .null, "insecureSkipTLSVerify": true]]
    await test.cluster.send(
      .patch, "/apis/apiregistration.k8s.io/v1/apiservices/" + Self.name, skip, type: "application/merge-patch+json")
    other.answer(Self.base, ["kind": "APIResourceList", "resources": []])
    try await test.cluster.waitForAPIService(Self.name, "Passed")
    await test.stop()
    await other.stop()
  }

  @Test(
    "kubectl top shows the figures of somebody's metrics-server as long as it answers", .enabled(if: Requirement.met(.kubectl)))
  func metricsServer() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster { $0.nodes = 1 }
    let base = "/apis/metrics.k8s.io/v1beta1"
    let name = await test.cluster.send(.get, "/api/v1/nodes").body[.items][0][.metadata][.name]
    let usage: JSON = ["cpu": "1234m", "memory": "77Mi"]
    let node: JSON = [
      "metadata": ["name": name], "timestamp": "2026-11-29T00:00:00Z",
      "window": "15s",
      "usage": usage,
    ]
    adapter.answer(
      base + "/nodes",
      ["kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": [:], "items": [node]])
    let resource: JSON = [
      "name": "nodes", "singularName": "", "namespaced": false, "kind": "NodeMetrics", "verbs": ["get", "list"],
    ]
    try await adapter.register("metrics.k8s.io", "v1beta1", in: test.cluster, resources: [resource])
    try await test.cluster.waitForAPIService("v1beta1.metrics.k8s.io", "Passed")
    for program in Kubectl.all {
      let top = try await test.kubectl(["top", "nodes"], program: program)
      #expect(top.output.contains("1234m") && top.output.contains("77Mi"), "\(program): \(top.output)")
    }
    await test.cluster.send(.delete, "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io")
    #expect(await test.cluster.send(.get, base + "/nodes").body[.items].elements.isEmpty)
    await test.stop()
    await adapter.stop()
  }

  @Test("kubectl shows the APIService, its resources and its raw answers", .enabled(if: Requirement.met(.kubectl)))
  func byKubectl() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster()
    let widgets: JSON = [
      "name": "widgets", "singularName": "widget", "namespaced": true, "kind": "Widget", "verbs": ["create", "get", "list"],
      "shortNames": ["wd"],
    ]
    try await adapter.register("example.com", "v1", in: test.cluster, resources: [widgets])
    try await test.cluster.waitForAPIService("v1.example.com", "Passed")
    let path = "/apis/example.com/v1/namespaces/default/widgets"
    let item: JSON = [
      "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "one", "namespace": "default"],
    ]
    adapter.answer(path, ["apiVersion": "example.com/v1", "kind": "WidgetList", "metadata": [:], "items": [item]])
    adapter.answer("POST " + path, item, status: 201)
    let manifest = test.directory + "/widget.json"
    try Data(item.encoded()).write(to: URL(fileURLWithPath: manifest))
    let shown = try await test.kubectl(["get", "apiservice", "v1.example.com"])
    #expect(shown.output.contains("default/adapter   True"), "\(shown.output)")
    #expect(try await test.kubectl(["get", "--raw", path]).output.contains("WidgetList"))
    for program in Kubectl.all {
      let listed = try await test.kubectl(["get", "wd", "-o", "name"], program: program)
      #expect(listed.output == "widget.example.com/one\n", "\(program): \(listed.output)")
      let created = try await test.kubectl(["create", "-f", manifest], program: program)
      #expect(created.output == "widget.example.com/one created\n", "\(program): \(created.output)")
    }
    await test.stop()
    await adapter.stop()
  }
}
