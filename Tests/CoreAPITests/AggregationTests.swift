import CoreAPI
import CoreObjects
import Testing

/// A server with a metrics adapter behind it: APIService, Service and endpoints.
struct AdapterBench {
  static let name = "v1beta1.custom.metrics.k8s.io"
  static let base = "/apis/custom.metrics.k8s.io/v1beta1"
  static let apiServices = "/apis/apiregistration.k8s.io/v1/apiservices"
  static let discovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
  var bench = Bench()

  init(service: Bool = true, slice: Bool = true) {
    bench.send("POST", "/api/v1/namespaces", ["metadata": ["name": "monitoring"]])
    bench.send("POST", Self.apiServices, Self.apiService())
    if service {
      let port: JSON = ["name": "https", "port": 443, "targetPort": 6443]
      bench.send(
        "POST", "/api/v1/namespaces/monitoring/services", ["metadata": ["name": "adapter"], "spec": ["ports": [port]]])
    }
    if slice { addSlice() }
  }

  static func apiService(_ more: JSON = ["insecureSkipTLSVerify": true], name: String = AdapterBench.name) -> JSON {
    var spec: JSON = [
      "group": "custom.metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
      "service": ["name": "adapter", "namespace": "monitoring"],
    ]
    for member in more.members { spec.put(member.key, member.value) }
    return ["metadata": ["name": .string(name)], "spec": spec]
  }

  mutating func addSlice(_ addresses: [String] = ["10.244.0.9"], ready: Bool = true, name: String = "adapter-1") {
    let endpoints = addresses.map { ["addresses": [.string($0)], "conditions": ["ready": .bool(ready)]] as JSON }
    bench.send(
      "POST", "/apis/discovery.k8s.io/v1/namespaces/monitoring/endpointslices",
      [
        "metadata": ["name": .string(name), "labels": ["kubernetes.io/service-name": "adapter"]], "addressType": "IPv4",
        "endpoints": .array(endpoints), "ports": [["name": "https", "port": 6443]],
      ])
  }

  mutating func proxied(_ method: String, _ path: String) -> ProxyRequest? {
    guard case .proxy(let passed) = bench.request(method, path) else { return nil }
    return passed
  }

  mutating func discover(_ resources: [JSON]) { answer(.resources(resources)) }

  mutating func answer(_ outcome: DiscoveryAnswer.Outcome) {
    let answers = bench.aggregation.backends(bench.writer.store).map { DiscoveryAnswer($0, outcome) }
    bench.aggregation.add(answers, bench.writer.store)
  }

  static let podRequests: JSON = [
    "name": "pods/requests", "singularName": "", "namespaced": true, "kind": "MetricValueList", "verbs": ["get"],
  ]
}

extension ProxyRequest {
  /// nil where it goes to a place of its own.
  var backend: ServiceBackend? {
    guard case .backend(let backend) = server else { return nil }
    return backend
  }
}

@Suite("APIServices with a service: routes and refusals")
struct AggregationTests {
  @Test("a request below the version goes to the ready endpoints with the port's target, and says who asks")
  func passesOn() throws {
    var adapter = AdapterBench()
    adapter.addSlice(["10.244.1.3", "10.244.0.12"], name: "adapter-2")
    adapter.addSlice(["10.244.3.3"], ready: false, name: "adapter-3")
    let path = AdapterBench.base + "/namespaces/default/pods/*/requests"
    let proxied = adapter.proxied("GET", path + "?labelSelector=app%3Dweb")
    let passed = try #require(proxied)
    #expect(passed.target == path + "?labelSelector=app%3Dweb")
    #expect(passed.backend?.serverName == "adapter.monitoring.svc")
    #expect(passed.backend?.addresses.map(\.host) == ["10.244.0.12", "10.244.0.9", "10.244.1.3"])
    #expect(passed.backend?.addresses.allSatisfy { $0.port == 6443 } == true)
    #expect(passed.backend?.trust == .anybody)
    #expect(!passed.isWatch)
    #expect(
      passed.headers == [
        .init("X-Remote-User", "admin"), .init("X-Remote-Group", "system:masters"),
        .init("X-Remote-Group", "system:authenticated"),
      ])
    #expect(adapter.proxied("POST", path) != nil)
    #expect(adapter.proxied("GET", AdapterBench.base) != nil)
    #expect(adapter.proxied("GET", AdapterBench.base + "/namespaces/default/pods?watch=true")?.isWatch == true)
  }

  @Test("the certificates of caBundle are those that count, and the identity of an account is told with its extras")
  func trustAndExtras() throws {
    var adapter = AdapterBench()
    let bundle: JSON = ["insecureSkipTLSVerify": false, "caBundle": .string(Base64.encode(Array("PEM".utf8)))]
    let patched = adapter.bench.send(
      "PATCH", AdapterBench.apiServices + "/" + AdapterBench.name, ["spec": bundle], type: "application/merge-patch+json")
    #expect(patched.status == 200, "\(patched.message)")
    #expect(adapter.proxied("GET", AdapterBench.base)?.backend?.trust == .authorities(Array("PEM".utf8)))
    var user = Caller(name: "eve", groups: ["system:masters"])
    user.uid = "7"
    user.extra = ["example.com/why": ["a", "b"]]
    adapter.bench.credential = .token(user: user)
    let proxied = adapter.proxied("GET", AdapterBench.base)
    let identity = try #require(proxied).headers
    #expect(identity.contains(.init("X-Remote-Uid", "7")))
    #expect(
      identity.suffix(2) == [.init("X-Remote-Extra-example.com%2Fwhy", "a"), .init("X-Remote-Extra-example.com%2Fwhy", "b")])
  }

  @Test("whoever may not do it here is refused here: nothing is passed on")
  func forbidden() {
    var adapter = AdapterBench()
    adapter.bench.credential = .token(user: Caller(name: "eve", groups: []))
    let path = AdapterBench.base + "/namespaces/default/pods/*/requests"
    let refused = adapter.bench.get(path)
    #expect(refused.status == 403)
    #expect(refused.message.contains("cannot get resource \"pods/requests\" in API group \"custom.metrics.k8s.io\""))
    adapter.bench.credential = Bench.admin
    let rule: JSON = ["apiGroups": ["custom.metrics.k8s.io"], "resources": ["pods/requests"], "verbs": ["get"]]
    adapter.bench.send(
      "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", ["metadata": ["name": "m"], "rules": [rule]])
    adapter.bench.send(
      "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      [
        "metadata": ["name": "m"],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "m"],
        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"]],
      ])
    adapter.bench.credential = .token(user: Caller(name: "eve", groups: []))
    #expect(adapter.proxied("GET", path) != nil)
    adapter.bench.credential = .invalid("bad")
    #expect(adapter.bench.get(path).status == 401)
  }

  @Test("without a Service, a port, endpoints or a ready one the answer is 503 and says which is missing")
  func unavailable() {
    func refusal(_ adapter: AdapterBench) -> Bench.Answer {
      var adapter = adapter
      return adapter.bench.get(AdapterBench.base + "/namespaces/default/pods/*/requests")
    }
    let absent = refusal(AdapterBench(service: false))
    #expect(absent.status == 503 && absent.reason == "ServiceUnavailable")
    #expect(absent.message.contains("APIService v1beta1.custom.metrics.k8s.io is not available: ServiceNotFound"))
    #expect(refusal(AdapterBench(slice: false)).message.contains("EndpointsNotFound"))
    var unready = AdapterBench(slice: false)
    unready.addSlice(ready: false)
    #expect(refusal(unready).message.contains("MissingEndpoints"))
    var port = AdapterBench()
    port.bench.send(
      "PATCH", AdapterBench.apiServices + "/" + AdapterBench.name, ["spec": ["service": ["port": 8443]]],
      type: "application/merge-patch+json")
    #expect(refusal(port).message.contains("ServicePortError"))
    var failed = AdapterBench()
    failed.answer(.failed("bad status from /apis/custom.metrics.k8s.io/v1beta1: 500"))
    #expect(refusal(failed).message.contains("FailedDiscoveryCheck: bad status"))
    failed.discover([])
    #expect(refusal(failed).status == 0)
  }

  @Test("a path that the other server could read otherwise is a 400", arguments: ["..", "%2e%2e", ".", "a%2Fb"])
  func ambiguous(segment: String) {
    var adapter = AdapterBench()
    let refused = adapter.bench.get(AdapterBench.base + "/namespaces/default/pods/\(segment)/x")
    #expect(refused.status == 400)
  }

  @Test("metrics-server's own APIService does not take metrics.k8s.io away")
  func ownStay() {
    var bench = Bench()
    let path = AdapterBench.apiServices + "/v1beta1.metrics.k8s.io"
    let service: JSON = [
      "spec": ["service": ["name": "metrics-server", "namespace": "kube-system"], "insecureSkipTLSVerify": true]
    ]
    #expect(bench.send("PATCH", path, service, type: "application/merge-patch+json").status == 200)
    #expect(bench.get("/apis/metrics.k8s.io/v1beta1/nodes").status == 200)
    #expect(bench.get("/apis/metrics.k8s.io/v1beta1").body[.kind].string == "APIResourceList")
    #expect(bench.aggregation.services(bench.writer.store).isEmpty)
    #expect(bench.get("/apis/metrics.k8s.io/v1beta1/nothing").status == 404)
  }

  @Test("an APIService is refused where its name, its service or its trust is wrong")
  func validation() {
    var bench = Bench()
    func refusal(_ tree: JSON) -> String {
      let answer = bench.send("POST", AdapterBench.apiServices, tree)
      #expect(answer.status == 422)
      return answer.message
    }
    #expect(refusal(AdapterBench.apiService(name: "v1.custom.metrics.k8s.io")).contains("metadata.name"))
    #expect(refusal(AdapterBench.apiService(["service": ["name": "adapter"]])).contains("spec.service.namespace"))
    #expect(
      refusal(AdapterBench.apiService(["insecureSkipTLSVerify": true, "caBundle": "UEVN"])).contains("insecureSkipTLSVerify"))
    #expect(
      refusal(AdapterBench.apiService(["service": .null, "insecureSkipTLSVerify": true])).contains("local APIServices"))
  }
}

@Suite("APIServices with a service: discovery")
struct AggregatedDiscoveryTests {
  @Test("groups of other servers are behind our own, and gone with their APIService")
  func groups() {
    var adapter = AdapterBench()
    let groups = adapter.bench.get("/apis").body["groups"].elements
    #expect(groups.suffix(2).map { $0[.name] } == ["custom.metrics.k8s.io", "external.metrics.k8s.io"])
    let group = adapter.bench.get("/apis/custom.metrics.k8s.io").body
    // Our own version of it is not served beside that of the adapter.
    #expect(group["versions"].elements.map { $0["groupVersion"] } == ["custom.metrics.k8s.io/v1beta1"])
    #expect(group["preferredVersion"]["groupVersion"] == "custom.metrics.k8s.io/v1beta1")
    adapter.bench.send("DELETE", AdapterBench.apiServices + "/" + AdapterBench.name)
    #expect(adapter.bench.get(AdapterBench.base).status == 404)
    #expect(
      adapter.bench.get("/apis/custom.metrics.k8s.io").body["preferredVersion"]["groupVersion"]
        == "custom.metrics.k8s.io/v1beta2")
  }

  @Test("aggregated discovery shows the resources as the backend told them, and marks what is stale")
  func resources() {
    var adapter = AdapterBench()
    func version() -> JSON {
      let items = adapter.bench.get("/apis", accept: AdapterBench.discovery).body[.items].elements
      return (items.first { $0[.metadata][.name] == "custom.metrics.k8s.io" } ?? .null)["versions"][0]
    }
    #expect(version()["freshness"] == "Stale")
    #expect(version()[.resources].elements.isEmpty)
    let widgets: JSON = [
      "name": "widgets", "singularName": "widget", "namespaced": false, "kind": "Widget", "verbs": ["get", "list"],
      "shortNames": ["w"],
    ]
    let status: JSON = ["name": "widgets/status", "singularName": "", "namespaced": false, "kind": "Widget", "verbs": ["get"]]
    adapter.discover([AdapterBench.podRequests, widgets, status])
    #expect(version()["freshness"] == "Current")
    let pods = version()[.resources][0]
    #expect(pods["resource"] == "pods" && pods["scope"] == "Namespaced" && pods[.verbs].elements.isEmpty)
    #expect(pods["responseKind"] == ["group": "", "version": "", "kind": ""])
    #expect(pods["subresources"][0]["subresource"] == "requests")
    #expect(pods["subresources"][0]["responseKind"][.kind] == "MetricValueList")
    let widget = version()[.resources][1]
    #expect(widget["resource"] == "widgets" && widget["scope"] == "Cluster" && widget[.shortNames] == ["w"])
    #expect(widget["subresources"].elements.count == 1)
    adapter.answer(.failed("connection refused"))
    #expect(version()["freshness"] == "Stale")
    #expect(version()[.resources].elements.count == 2, "what it served is still shown")
  }

  @Test(
    "an answer that is no list of resources is a failed check", arguments: [(500, "{}"), (302, "{}"), (200, "{}"), (200, "<")])
  func badAnswers(status: Int, body: String) throws {
    let adapter = AdapterBench()
    let backend = try #require(adapter.bench.aggregation.backends(adapter.bench.writer.store).first)
    guard case .failed(let message) = DiscoveryAnswer(backend, status: status, body: Array(body.utf8)).outcome else {
      Issue.record("taken as an answer")
      return
    }
    #expect(message.contains("/apis/custom.metrics.k8s.io/v1beta1"))
  }
}
