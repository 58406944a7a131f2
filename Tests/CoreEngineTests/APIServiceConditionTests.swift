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

  @Test("those of this server are Local, also with the service that metrics-server's manifest names")
  func local() {
    var bench = EngineBench()
    #expect(condition(&bench, "v1.apps")[.reason] == "Local")
    bench.send(
      "PATCH", Self.path + "/v1beta1.metrics.k8s.io",
      ["spec": ["service": ["name": "metrics-server", "namespace": "kube-system"]]], type: "application/merge-patch+json")
    #expect(condition(&bench, "v1beta1.metrics.k8s.io")[.reason] == "Local")
    #expect(bench.engine.backends.isEmpty)
  }
}
