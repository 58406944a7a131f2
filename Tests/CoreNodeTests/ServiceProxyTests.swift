import CoreNode
import CoreObjects
import Testing

/// A store with two nodes, and what a proxy makes of it.
private struct ProxyBench {
  var store = Store()
  var proxy = ServiceProxy()

  init() {
    for number in 0...1 {
      put(
        .nodes, "", "node-\(number)",
        """
        {"spec":{"podCIDR":"10.244.\(number).0/24"},"status":{"addresses":[{"type":"InternalIP","address":"10.244.\(number).1"}]}}
        """)
    }
    _ = proxy.takeRoutes(store)
  }

  mutating func put(_ resource: ResourceID, _ namespace: String, _ name: String, _ text: String) {
    var tree = try! JSONParser.parse(Array(text.utf8))
    tree[.metadata].put(.name, .string(name))
    tree[.metadata].put(.uid, .string(name))
    proxy.receive(store.put(ObjectKey(resource, namespace: namespace, name), tree))
  }

  mutating func service(_ more: String = "", ports: String = #"[{"port":80,"protocol":"TCP"}]"#) {
    put(.services, "a", "web", #"{"spec":{"type":"ClusterIP","clusterIP":"10.96.1.1","ports":\#(ports)\#(more)}}"#)
  }

  /// A slice of the Service with port 8080.
  mutating func slice(_ endpoints: String..., name: String = "web-1", of service: String = "web") {
    put(
      .endpointSlices, "a", name,
      """
      {"metadata":{"labels":{"kubernetes.io/service-name":"\(service)"}},"addressType":"IPv4",
       "ports":[{"name":"","port":8080,"protocol":"TCP"}],"endpoints":[\(endpoints.joined(separator: ","))]}
      """)
  }

  static func endpoint(_ address: String, node: Int = 0, _ conditions: String = #""ready":true"#) -> String {
    #"{"addresses":["\#(address)"],"nodeName":"node-\#(node)","conditions":{\#(conditions)}}"#
  }

  /// "tcp 10.96.1.1:80 -> 10.244.0.2:8080 10.244.0.3:8080", of what has changed.
  mutating func routes() -> [String] {
    proxy.takeRoutes(store).flatMap(\.routes).map { route in
      let frontend = route.frontend
      let caller = frontend.callersNode.map { " from \($0)" } ?? ""
      let affinity = route.affinitySeconds.map { " for \($0)" } ?? ""
      let backends = route.backends.map { " \($0.address):\($0.port)" }.joined()
      return "\(frontend.protocol) \(frontend.address):\(frontend.port)\(caller)\(affinity) ->\(backends)"
    }
  }
}

@Suite("Where Services lead")
struct ServiceProxyTests {
  private typealias Bench = ProxyBench

  @Test("a Service leads to the ready endpoints of all its slices, and says so once")
  func ready() {
    var bench = Bench()
    bench.service()
    #expect(bench.routes() == ["tcp 10.96.1.1:80 ->"])
    bench.slice(Bench.endpoint("10.244.0.2"), Bench.endpoint("10.244.1.3", #""ready":false"#))
    bench.slice(Bench.endpoint("10.244.1.9"), name: "web-2")
    bench.slice(Bench.endpoint("10.244.1.8"), name: "other", of: "other")
    #expect(bench.routes() == ["tcp 10.96.1.1:80 -> 10.244.0.2:8080 10.244.1.9:8080"])
    bench.slice(Bench.endpoint("10.244.0.2"))
    #expect(bench.routes() == [])
  }

  @Test("where no endpoint is ready, those that serve until they have ended are used")
  func ending() {
    var bench = Bench()
    bench.service()
    bench.slice(
      Bench.endpoint("10.244.0.2", #""ready":false,"serving":true,"terminating":true"#),
      Bench.endpoint("10.244.0.3", #""ready":false,"serving":false,"terminating":true"#),
      Bench.endpoint("10.244.0.4", #""ready":false,"serving":false,"terminating":false"#))
    #expect(bench.routes() == ["tcp 10.96.1.1:80 -> 10.244.0.2:8080"])
  }

  @Test("a slice that is given to another Service leads there")
  func moved() {
    var bench = Bench()
    bench.service()
    bench.slice(Bench.endpoint("10.244.0.2"))
    #expect(bench.routes() == ["tcp 10.96.1.1:80 -> 10.244.0.2:8080"])
    bench.slice(Bench.endpoint("10.244.0.2"), of: "other")
    #expect(bench.routes() == ["tcp 10.96.1.1:80 ->"])
  }

  @Test("a deleted slice takes its endpoints along, a deleted Service its routes")
  func deleted() {
    var bench = Bench()
    bench.service()
    bench.slice(Bench.endpoint("10.244.0.2"))
    _ = bench.routes()
    let slice = ObjectKey(.endpointSlices, namespace: "a", "web-1")
    if let change = bench.store.remove(slice) { bench.proxy.receive(change) }
    #expect(bench.routes() == ["tcp 10.96.1.1:80 ->"])
    let service = ObjectKey(.services, namespace: "a", "web")
    if let change = bench.store.remove(service) { bench.proxy.receive(change) }
    #expect(bench.proxy.takeRoutes(bench.store) == [OwnedRoutes(owner: service, routes: [])])
  }

  @Test("a named port leads to the slice's port of that name, in its protocol")
  func named() {
    var bench = Bench()
    bench.service(ports: #"[{"name":"dns","port":53,"protocol":"UDP"},{"name":"web","port":80,"protocol":"TCP"}]"#)
    bench.put(
      .endpointSlices, "a", "s",
      """
      {"metadata":{"labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","endpoints":[\(Bench.endpoint("10.244.0.2"))],
       "ports":[{"name":"web","port":8080,"protocol":"TCP"},{"name":"dns","port":5353,"protocol":"UDP"}]}
      """)
    #expect(bench.routes() == ["udp 10.96.1.1:53 -> 10.244.0.2:5353", "tcp 10.96.1.1:80 -> 10.244.0.2:8080"])
  }

  @Test("headless Services and external names have no routes")
  func headless() {
    var bench = Bench()
    bench.put(.services, "a", "web", #"{"spec":{"type":"ClusterIP","clusterIP":"None","ports":[{"port":80}]}}"#)
    bench.put(.services, "a", "far", #"{"spec":{"type":"ExternalName","externalName":"example.org"}}"#)
    bench.slice(Bench.endpoint("10.244.0.2"))
    #expect(bench.routes() == [])
  }

  @Test("a node port is open on each node; with policy Local it leads to what runs there")
  func nodePorts() {
    var bench = Bench()
    let ports = #"[{"port":80,"protocol":"TCP","nodePort":30080}]"#
    bench.service(ports: ports)
    bench.slice(Bench.endpoint("10.244.0.2"), Bench.endpoint("10.244.1.2", node: 1))
    let all = "10.244.0.2:8080 10.244.1.2:8080"
    #expect(
      bench.routes() == ["tcp 10.96.1.1:80 -> \(all)", "tcp 10.244.0.1:30080 -> \(all)", "tcp 10.244.1.1:30080 -> \(all)"])
    bench.service(#","externalTrafficPolicy":"Local""#, ports: ports)
    #expect(
      bench.routes() == [
        "tcp 10.96.1.1:80 -> \(all)", "tcp 10.244.0.1:30080 -> 10.244.0.2:8080", "tcp 10.244.1.1:30080 -> 10.244.1.2:8080",
      ])
    bench.put(
      .nodes, "", "node-2",
      #"{"spec":{"podCIDR":"10.244.2.0/24"},"status":{"addresses":[{"type":"InternalIP","address":"10.244.2.1"}]}}"#)
    #expect(bench.routes().last == "tcp 10.244.2.1:30080 ->")
  }

  @Test("with internal policy Local each node's pods are led to what runs beside them")
  func near() {
    var bench = Bench()
    bench.service(#","internalTrafficPolicy":"Local""#)
    bench.slice(Bench.endpoint("10.244.1.2", node: 1))
    #expect(bench.routes() == ["tcp 10.96.1.1:80 from 0 ->", "tcp 10.96.1.1:80 from 1 -> 10.244.1.2:8080"])
  }

  @Test("external addresses and those of balancers lead in, unless the balancer is a proxy; affinity holds for all ways in")
  func outside() {
    var bench = Bench()
    bench.put(
      .services, "a", "web",
      """
      {"spec":{"type":"LoadBalancer","clusterIP":"10.96.1.1","ports":[{"port":80,"protocol":"TCP"}],"externalIPs":["192.0.2.1","2001:db8::1"],
        "sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":60}}},
       "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.2","ipMode":"VIP"},{"ip":"192.0.2.3","ipMode":"Proxy"},{"hostname":"x"}]}}}
      """)
    bench.slice(Bench.endpoint("10.244.0.2"))
    #expect(
      bench.routes() == ["10.96.1.1", "192.0.2.1", "192.0.2.2"].map { "tcp \($0):80 for 60 -> 10.244.0.2:8080" })
  }

  @Test("a pod's host port is open on its node, as long as it runs")
  func hostPorts() {
    var bench = Bench()
    func pod(_ phase: String, _ more: String = "") -> String {
      """
      {"spec":{"nodeName":"node-1"\(more),"containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":8080,"protocol":"TCP"},
       {"containerPort":81},{"containerPort":82,"hostPort":82,"hostIP":"127.0.0.1"}]}]},"status":{"phase":"\(phase)","podIP":"10.244.1.7"}}
      """
    }
    bench.put(.pods, "a", "p", pod("Running"))
    bench.put(.pods, "a", "q", pod("Running", #","hostNetwork":true"#))
    #expect(bench.routes() == ["tcp 10.244.1.1:8080 -> 10.244.1.7:80"])
    bench.put(.pods, "a", "p", pod("Succeeded"))
    #expect(bench.proxy.takeRoutes(bench.store) == [OwnedRoutes(owner: ObjectKey(.pods, namespace: "a", "p"), routes: [])])
  }
}
