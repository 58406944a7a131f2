import CoreAPI
import CoreEngine
import CoreObjects
import Testing

@Suite("APIServices: the condition Available")
struct APIServiceConditionTests {
  private static let path = "/apis/apiregistration.k8s.io/v1/apiservices"
  private static let name = "v1.example.com"

  private func bench() -> EngineBench {
    var bench = EngineBench()
    bench.send(
      "POST", Self.path,
      [
        "metadata": ["name": .string(Self.name)],
        "spec": [
          "group": "example.com", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10,
          "insecureSkipTLSVerify": true, "service": ["name": "s", "namespace": "default"],
        ],
      ])
    return bench
  }

  private func condition(_ bench: inout EngineBench, _ name: String = name) -> JSON {
    bench.send("GET", Self.path + "/" + name).body[.status][.conditions][0]
  }

  private func words(_ bench: inout EngineBench) -> String {
    let found = condition(&bench)
    return "\(found[.status].string ?? "") \(found[.reason].string ?? "")"
  }

  @Test("it follows the Service, its endpoints and what the backend answers, with the time of the last turn")
  func follows() throws {
    var bench = bench()
    #expect(words(&bench) == "False ServiceNotFound")
    let since = condition(&bench)[.lastTransitionTime]
    bench.run(seconds: 60)
    bench.send(
      "POST", "/api/v1/namespaces/default/services", ["metadata": ["name": "s"], "spec": ["ports": [["port": 443]]]])
    #expect(words(&bench) == "False EndpointsNotFound")
    #expect(condition(&bench)[.lastTransitionTime] == since)
    bench.send(
      "POST", "/api/v1/namespaces/default/endpoints",
      [
        "metadata": ["name": "s"],
        "subsets": [["notReadyAddresses": [["ip": "127.0.0.1"]], "ports": [["port": 8443]]]],
      ])
    #expect(words(&bench) == "False MissingEndpoints")
    bench.send(
      "PUT", "/api/v1/namespaces/default/endpoints/s",
      ["metadata": ["name": "s"], "subsets": [["addresses": [["ip": "127.0.0.1"]], "ports": [["port": 8443]]]]])
    // Nobody has asked the backend yet.
    #expect(words(&bench) == "False MissingEndpoints")
    let backend = try #require(bench.engine.backends.first)
    #expect(backend.addresses.map { "\($0.host):\($0.port)" } == ["127.0.0.1:8443"])
    bench.step(.discovery([DiscoveryAnswer(backend, .failed("connection refused"))]))
    bench.settle()
    #expect(words(&bench) == "False FailedDiscoveryCheck")
    #expect(condition(&bench)[.message] == "connection refused")
    #expect(bench.send("GET", "/apis/example.com/v1/things").status == 503)
    bench.step(.discovery([DiscoveryAnswer(backend, .resources([]))]))
    bench.settle()
    #expect(words(&bench) == "True Passed")
    #expect(condition(&bench)[.lastTransitionTime] != since)
    bench.send("DELETE", "/api/v1/namespaces/default/services/s")
    #expect(words(&bench) == "False ServiceNotFound")
  }

  @Test("those of this server are Local, also with a Service behind them")
  func local() {
    var bench = EngineBench()
    #expect(condition(&bench, "v1.apps")[.reason] == "Local")
    bench.send(
      "PATCH", Self.path + "/v1.apps", ["spec": ["service": ["name": "apps", "namespace": "kube-system"]]],
      type: "application/merge-patch+json")
    #expect(condition(&bench, "v1.apps")[.reason] == "Local")
    #expect(bench.engine.backends.isEmpty)
  }

  @Test("metrics.k8s.io is somebody's metrics-server's as long as that answers, and this server's before, between and after")
  func metricsServer() throws {
    var bench = EngineBench()
    let name = "v1beta1.metrics.k8s.io"
    let base = "/apis/metrics.k8s.io/v1beta1"
    func isPassedOn(_ path: String = "/pods") -> Bool { bench.send("GET", base + path).status == 0 }
    let applied: JSON = [
      "spec": ["service": ["name": "metrics-server", "namespace": "default"], "insecureSkipTLSVerify": true]
    ]
    bench.send("PATCH", Self.path + "/" + name, applied, type: "application/merge-patch+json")
    #expect(condition(&bench, name)[.reason] == "Local" && bench.engine.backends.isEmpty && !isPassedOn())
    bench.send(
      "POST", "/api/v1/namespaces/default/services",
      ["metadata": ["name": "metrics-server"], "spec": ["ports": [["port": 443]]]])
    bench.send(
      "POST", "/api/v1/namespaces/default/endpoints",
      [
        "metadata": ["name": "metrics-server"],
        "subsets": [["addresses": [["ip": "10.244.0.9"]], "ports": [["port": 10250]]]],
      ])
    let backend = try #require(bench.engine.backends.first)
    #expect(condition(&bench, name)[.reason] == "Local" && !isPassedOn())
    let pods: JSON = ["name": "pods", "singularName": "pod", "namespaced": true, "kind": "PodMetrics", "verbs": ["get", "list"]]
    let discovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    func discovered() -> [JSON] {
      let asked = bench.open(APIRequest(method: "GET", path: "/apis", accept: discovery, credential: EngineBench.admin))
      let groups = bench.answers[asked]?.body[.items].elements ?? []
      let group = groups.first { $0[.metadata][.name] == "metrics.k8s.io" } ?? .null
      return group["versions"].elements.filter { $0["version"] == "v1beta1" }.flatMap {
        $0[.resources].elements.map { $0["resource"] }
      }
    }
    #expect(discovered() == ["nodes", "pods"])
    bench.step(.discovery([DiscoveryAnswer(backend, .resources([pods]))]))
    bench.settle()
    #expect(condition(&bench, name)[.reason] == "Passed" && discovered() == ["pods"])
    #expect(isPassedOn() && isPassedOn("/namespaces/default/pods/a") && isPassedOn(""))
    bench.step(.discovery([DiscoveryAnswer(backend, .failed("connection refused"))]))
    bench.settle()
    #expect(condition(&bench, name)[.reason] == "Local" && !isPassedOn() && !isPassedOn("") && discovered() == ["nodes", "pods"])
    bench.step(.discovery([DiscoveryAnswer(backend, .resources([pods]))]))
    bench.send("DELETE", "/api/v1/namespaces/default/services/metrics-server")
    #expect(condition(&bench, name)[.reason] == "Local" && !isPassedOn())
    bench.send("DELETE", Self.path + "/" + name)
    #expect(!isPassedOn() && bench.send("GET", base + "/nodes").status == 200)
    bench.run(seconds: 11)
    let again = bench.send("GET", Self.path + "/" + name).body
    #expect(again[.spec][.service].isNull && again[.status][.conditions][0][.reason] == "Local")
  }
}
