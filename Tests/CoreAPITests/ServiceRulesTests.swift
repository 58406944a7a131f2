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
      (#"{"ports":[{"port":80}],"ipFamilies":["IPv5"]}"#, "spec.ipFamilies[0]"),
      (#"{"ports":[{"port":80}],"ipFamilies":["IPv4","IPv4"]}"#, "spec.ipFamilies[1]"),
      (#"{"ports":[{"port":80}],"ipFamilies":["IPv4","IPv6"]}"#, "spec.ipFamilyPolicy"),
      (#"{"ports":[{"port":80}],"ipFamilyPolicy":"RequireDualStack"}"#, "spec.ipFamilyPolicy"),
      (#"{"ports":[{"port":80}],"clusterIP":"192.168.1.1"}"#, "spec.clusterIPs"),
      (#"{"ports":[{"port":80}],"clusterIP":"10.96.0.0"}"#, "spec.clusterIPs"),
      (#"{"ports":[{"port":80}],"clusterIP":"10.96.00.5"}"#, "spec.clusterIPs[0]"),
      (#"{"ports":[{"port":80}],"clusterIP":"somewhere"}"#, "spec.clusterIPs[0]"),
      (#"{"ports":[{"port":80}],"clusterIP":"fd00::1"}"#, "spec.clusterIPs[0]"),
      (#"{"ports":[{"port":80}],"clusterIPs":["10.96.3.3"]}"#, "spec.clusterIPs"),
      (#"{"ports":[{"port":80}],"clusterIP":"None","clusterIPs":["None","10.96.3.3"]}"#, "spec.clusterIPs"),
      (#"{"type":"NodePort","ports":[{"port":80}],"clusterIP":"None"}"#, "spec.clusterIPs[0]"),
      (#"{"type":"ExternalName","externalName":"Example.com"}"#, "spec.externalName"),
      (#"{"type":"ExternalName","externalName":"example.com.."}"#, "spec.externalName"),
      (#"{"type":"ExternalName","externalName":"."}"#, "spec.externalName"),
      (#"{"type":"ExternalName","externalName":"example.com","clusterIP":"10.96.3.3"}"#, "spec.clusterIPs"),
      (#"{"type":"ExternalName","externalName":"example.com","ipFamilyPolicy":"SingleStack"}"#, "spec.ipFamilyPolicy"),
      (#"{"ports":[{"port":80,"appProtocol":"not a name"}]}"#, "spec.ports[0].appProtocol"),
      (#"{"ports":[{"port":80,"appProtocol":""}]}"#, "spec.ports[0].appProtocol"),
      (#"{"ports":[{"port":80,"name":"UP"}]}"#, "spec.ports[0].name"),
      (#"{"ports":[{"port":80}],"loadBalancerSourceRanges":["10.0.0.0/8"]}"#, "spec.LoadBalancerSourceRanges"),
      (
        #"{"type":"LoadBalancer","ports":[{"port":80}],"loadBalancerSourceRanges":["10.0.0.0"]}"#,
        "spec.LoadBalancerSourceRanges[0]"
      ),
      (
        #"{"type":"LoadBalancer","ports":[{"port":80}],"loadBalancerSourceRanges":["10.0.0.0/8","10.1.2.3/16"]}"#,
        "spec.LoadBalancerSourceRanges[1]"
      ),
      (#"{"ports":[{"port":80}],"loadBalancerClass":"example.com/a"}"#, "spec.loadBalancerClass"),
      (#"{"type":"LoadBalancer","ports":[{"port":80}],"loadBalancerClass":"a b"}"#, "spec.loadBalancerClass"),
      (#"{"type":"LoadBalancer","ports":[{"port":10250}]}"#, "spec.ports[0]"),
      (#"{"ports":[{"port":80}],"allocateLoadBalancerNodePorts":false}"#, "spec.allocateLoadBalancerNodePorts"),
      (#"{"ports":[{"port":80}],"healthCheckNodePort":30001}"#, "spec.healthCheckNodePort"),
      (
        #"{"type":"LoadBalancer","externalTrafficPolicy":"Local","ports":[{"port":80}],"healthCheckNodePort":70000}"#,
        "spec.healthCheckNodePort"
      ),
      (
        #"{"ports":[{"port":80}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":86401}}}"#,
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
      ),
      (#"{"ports":[{"port":80}],"trafficDistribution":"Near"}"#, "spec.trafficDistribution"),
      (#"{"ports":[{"port":80}],"internalTrafficPolicy":"Near"}"#, "spec.internalTrafficPolicy"),
      (#"{"ports":[{"port":80}],"externalIPs":["nowhere"]}"#, "spec.externalIPs[0]"),
      (#"{"ports":[{"port":80}],"externalIPs":["1.2.3.4","127.0.0.1"]}"#, "spec.externalIPs[1]"),
      (#"{"ports":[{"port":80}],"externalIPs":["::ffff:1.2.3.4"]}"#, "spec.externalIPs[0]"),
      (#"{"ports":[{"port":80}],"externalIPs":["169.254.0.9"]}"#, "spec.externalIPs[0]"),
      (#"{"ports":[{"port":80}],"selector":{"a":"b c"}}"#, "spec.selector"),
      (
        #"{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080},{"name":"b","port":81,"nodePort":30080}]}"#,
        "spec.ports[1].nodePort"
      ),
    ])
  func refused(_ spec: String, _ field: String) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": try JSONParser.parse(spec)])
    let causes = answer.body["details"]["causes"].elements.map { $0["field"].string }
    #expect(answer.status == 422 && causes == [field], "\(answer.body)")
  }

  @Test("networks in the annotation are held against the same rules")
  func annotation() {
    var bench = Bench()
    func service(_ type: JSON, _ text: JSON) -> JSON {
      let annotations: JSON = ["service.beta.kubernetes.io/load-balancer-source-ranges": text]
      return ["metadata": ["name": "s", "annotations": annotations], "spec": ["type": type, "ports": [["port": 80]]]]
    }
    let field: JSON = "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]"
    for (type, text) in [("LoadBalancer", "10.0.0.0"), ("ClusterIP", "10.0.0.0/8")] as [(JSON, JSON)] {
      let answer = bench.send("POST", Self.path, service(type, text))
      #expect(answer.status == 422 && answer.body["details"]["causes"].elements.map { $0["field"] } == [field], "\(answer.body)")
    }
    #expect(bench.send("POST", Self.path, service("LoadBalancer", "10.0.0.0/8, fd00::/8")).status == 201)
  }

  @Test(
    "what upstream takes is taken",
    arguments: [
      #"{"type":"ExternalName","externalName":"example.com."}"#, #"{"ports":[{"port":80,"appProtocol":"kubernetes.io/h2c"}]}"#,
      #"{"ports":[{"port":80}],"clusterIP":"10.96.77.7"}"#, #"{"ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack"}"#,
      #"{"type":"LoadBalancer","ports":[{"port":80}],"loadBalancerSourceRanges":[" 10.0.0.0/8 ","0.0.0.0/0"]}"#,
      #"{"type":"LoadBalancer","ports":[{"port":80}],"loadBalancerClass":"example.com/a","loadBalancerIP":"1.2.3.4"}"#,
      #"{"ports":[{"port":80}],"trafficDistribution":"PreferSameNode","externalIPs":["1.2.3.4","2001:db8::1"]}"#,
      #"{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080},{"name":"b","port":80,"protocol":"UDP","nodePort":30080}]}"#,
    ])
  func taken(_ spec: String) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.path, ["metadata": ["name": "1-service"], "spec": try JSONParser.parse(spec)])
    #expect(answer.status == 201, "\(answer.body)")
  }

  @Test("addresses and ports that somebody has are refused to others, and stay with who has them")
  func taken() {
    var bench = Bench()
    func send(_ method: String, _ name: String, _ spec: JSON) -> Bench.Answer {
      bench.send(method, Self.path + (method == "PUT" ? "/" + name : ""), ["metadata": ["name": .string(name)], "spec": spec])
    }
    let first = send("POST", "a", ["type": "NodePort", "clusterIP": "10.96.5.5", "ports": [["port": 80]]])
    let port = first.body[.spec][.ports][0][.nodePort]
    let answer = send("POST", "b", ["type": "NodePort", "ports": [["port": 80, "nodePort": port]]])
    #expect(answer.body["details"]["causes"].elements.map { $0["field"] } == ["spec.ports[0].nodePort"], "\(answer.body)")
    #expect(send("POST", "b", ["clusterIP": "10.96.5.5", "ports": [["port": 80]]]).status == 422)
    // A manifest that does not know them keeps them.
    let again = send("PUT", "a", ["type": "NodePort", "ports": [["port": 80, "targetPort": 8080]]])
    #expect(again.body[.spec][.clusterIP] == "10.96.5.5" && again.body[.spec][.ports][0][.nodePort] == port, "\(again.body)")
    let moved = send("PUT", "a", ["type": "NodePort", "clusterIP": "10.96.6.6", "ports": [["port": 80]]])
    #expect(moved.status == 422 && moved.body["details"]["causes"][0]["field"] == "spec.clusterIPs[0]", "\(moved.body)")
  }

  @Test("a headless service without a selector may have addresses of both families")
  func bare() {
    var bench = Bench()
    let spec = bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": ["clusterIP": "None"]]).body[.spec]
    #expect(spec["ipFamilyPolicy"] == "RequireDualStack" && spec["ipFamilies"] == ["IPv4", "IPv6"], "\(spec)")
  }

  @Test("a load balancer that leads to the nodes with pods has a port that tells which these are")
  func healthPort() {
    var bench = Bench()
    let spec: JSON = ["type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [["port": 80]]]
    let answer = bench.send("POST", Self.path, ["metadata": ["name": "s"], "spec": spec])
    let port = answer.body[.spec]["healthCheckNodePort"].int ?? 0
    #expect((30_000...32_767).contains(port) && answer.body[.spec][.ports][0][.nodePort].int != port, "\(answer.body)")
    let merge: JSON = ["spec": ["type": "ExternalName", "externalName": "a.b"]]
    let closed = bench.send("PATCH", Self.path + "/s", merge, type: Self.merge)
    #expect(closed.status == 200, "\(closed.body)")
    for key in ["healthCheckNodePort", "externalTrafficPolicy", "allocateLoadBalancerNodePorts", "clusterIP", "ipFamilies"] {
      #expect(closed.body[.spec][Key(key)].isNull, "\(key)")
    }
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
