import CoreObjects
import Testing

@Suite("Rules of services")
struct ServiceRulesTests {
  private static let path = "/api/v1/namespaces/default/services"
  private static let merge = "application/merge-patch+json"

  @Test(
    "what a service must not be is told with its field",
    arguments: [
      (#"{"ports":[{"port":80,"nodePort":30080}]}"#, "spec.ports[0].nodePort"),
      (#"{"type":"NodePort","ports":[{"port":80,"nodePort":80}]}"#, "spec.ports[0].nodePort"),
      (#"{"ports":[{"port":80,"targetPort":"UP"}]}"#, "spec.ports[0].targetPort"),
      (#"{"ports":[{"port":80}],"externalTrafficPolicy":"Local"}"#, "spec.externalTrafficPolicy"),
      (#"{"ports":[{"port":80}],"ipFamilies":["IPv6"]}"#, "spec.ipFamilies[0]"),
    ])
  func refused(_ spec: String, _ field: String) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": try JSONParser.parse(spec)])
    #expect(answer.status == 422 && answer.body["details"]["causes"][0]["field"].string == field, "\(answer.body)")
  }

  @Test("a service that is closed again loses what it was open by")
  func closed() {
    var bench = Bench()
    bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": ["type": "NodePort", "ports": [["port": 80]]]])
    #expect(bench.get(Self.path + "/s").body[.spec][.ports][0][.nodePort].int != nil)
    let answer = bench.send("PATCH", Self.path + "/s", ["spec": ["type": "ClusterIP"]], type: Self.merge)
    #expect(answer.status == 200 && answer.body[.spec][.ports][0][.nodePort].isNull, "\(answer.body)")
    #expect(answer.body[.spec][.externalTrafficPolicy].isNull)
  }

  @Test("a load balancer that wants no ports of nodes gets none")
  func balancer() {
    var bench = Bench()
    let spec: JSON = ["type": "LoadBalancer", "allocateLoadBalancerNodePorts": false, "ports": [["port": 80]]]
    let answer = bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": spec])
    #expect(answer.status == 201 && answer.body[.spec][.ports][0][.nodePort].isNull, "\(answer.body)")
  }

  @Test("a quota bounds only what can be counted or has a domain")
  func quota() {
    var bench = Bench()
    let path = "/api/v1/namespaces/default/resourcequotas"
    func quota(_ name: String) -> JSON {
      ["metadata": ["name": "q"], "spec": ["hard": .object([.init(key: Key(name), value: "1")])]]
    }
    let answer = bench.send("POST", path + "?dryRun=All", quota("nonsense"))
    #expect(answer.status == 422 && answer.body["details"]["causes"][0]["field"] == "spec.hard[nonsense]", "\(answer.body)")
    for name in ["limits.cpu", "count/jobs.batch", "requests.example.com/card", "services.nodeports", "requests.storage"] {
      #expect(bench.send("POST", path + "?dryRun=All", quota(name)).status == 201)
    }
  }

  @Test("an eviction names the pod that is on the URL")
  func eviction() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    #expect(bench.send("POST", Bench.pods + "/p/eviction", ["metadata": ["name": "q"]]).status == 400)
    #expect(bench.send("POST", Bench.pods + "/p/eviction", ["metadata": ["name": "p"]]).status == 201)
  }
}
