import CoreObjects
import Testing

@testable import CoreControllers

/// A Service "web" with pods that the test makes.
struct ServiceWorld {
  var world = World(EndpointsController())

  init(_ spec: String = #""selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"www"}]"#) throws {
    try world.add(
      .services,
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","labels":{"team":"blue"}},"spec":{\#(spec)}}"#)
  }

  mutating func add(_ name: String, ip: String, port: Int = 8080, spec: String = "", app: String = "web") throws {
    try world.add(
      .pods,
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"\#(app)"}},"spec":{\#(spec)"containers":[{"name":"m","ports":[{"name":"www","containerPort":\#(port)}]}]},"status":{"podIP":"\#(ip)"}}"#
    )
    world.setPod(name, phase: "Running", isReady: true)
  }

  var endpoints: Endpoints? { world.get(.endpoints, "web", as: Endpoints.self) }
  var slices: [EndpointSlice] { world.store.list(.endpointSlices).map { $0.view(EndpointSlice.self) } }
  func sizes() -> [Int] { slices.map(\.endpoints.count).sorted() }
  func endpoint(_ ip: String) -> Endpoint? {
    slices.flatMap { Array($0.endpoints) }.first { $0.addresses.values == [ip] }
  }
}

@Suite("Endpoints")
struct EndpointsTests {
  @Test("they go with their Service")
  func gone() throws {
    var web = try ServiceWorld()
    try web.add("a", ip: "10.0.0.1")
    #expect(web.endpoints != nil)
    try web.world.delete(.services, "web")
    #expect(web.endpoints == nil)
  }

  @Test("pods matter where a service selects, as long as it does")
  func selecting() {
    var controller = EndpointsController()
    var store = Store()
    func keys(_ change: StoreChange) -> [String] {
      controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: MetricsWindow())).map(\.name)
    }
    func service(_ name: String, _ spec: JSON) {
      let key = ObjectKey(.services, namespace: "default", name)
      #expect(keys(store.put(key, ["metadata": ["name": .string(name)], "spec": spec])) == [name])
    }
    var pods = 0
    func pod(namespace: String = "default") -> [String] {
      pods += 1
      let key = ObjectKey(.pods, namespace: namespace, "p-\(pods)")
      return keys(store.put(key, ["metadata": ["name": .string(key.name), "labels": ["app": "web"]]]))
    }
    service("plain", ["clusterIP": "10.0.0.1"])
    #expect(pod().isEmpty)
    service("web", ["selector": ["app": "web"]])
    service("too", ["selector": ["app": "web"]])
    #expect(pod() == ["too", "web"] && pod(namespace: "other").isEmpty)
    service("too", [:])
    #expect(pod() == ["web"])
    if let change = store.remove(ObjectKey(.services, namespace: "default", "web")) { #expect(keys(change) == ["web"]) }
    #expect(pod().isEmpty)
  }

  @Test("endpoints hold the addresses of ready pods that the selector matches, and follow them")
  func endpoints() throws {
    var world = World(EndpointsController())
    try world.add(
      .services,
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"www"}]}}"#
    )
    for (name, app) in [("a", "web"), ("b", "web"), ("c", "other")] {
      try world.add(
        .pods,
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"\#(app)"}},"spec":{"containers":[{"name":"m","ports":[{"name":"www","containerPort":8080}]}]},"status":{"podIP":"10.0.0.\#(name == "a" ? 1 : 2)"}}"#
      )
    }
    world.setPod("a", phase: "Running", isReady: true)
    let subset = try #require(world.get(.endpoints, "web", as: Endpoints.self)?.subsets.first)
    #expect(subset.addresses.map { $0.ip ?? "" } == ["10.0.0.1"])
    #expect(subset.notReadyAddresses.map { $0.ip ?? "" } == ["10.0.0.2"])
    #expect(subset.ports.first?.port == 8080)
    try world.delete(.pods, "a")
    #expect(world.get(.endpoints, "web", as: Endpoints.self)?.subsets.first?.addresses.isEmpty == true)
    #expect(world.store.list(.endpointSlices).first?.tree[.endpoints].elements.count == 1)
  }

  @Test("more than 1000 addresses are cut to the ready ones first, and an annotation says so until they fit again")
  func truncated() throws {
    var service = try ServiceWorld(#""selector":{"app":"other"},"ports":[{"port":80}]"#)
    for number in 0..<1002 {
      let status = number == 0 ? "False" : "True"
      try service.world.add(
        .pods,
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p\#(number)","labels":{"app":"web"}},"spec":{"containers":[]},"status":{"podIP":"10.0.\#(number / 250).\#(number % 250)","conditions":[{"type":"Ready","status":"\#(status)"}]}}"#
      )
    }
    try service.world.patch(.services, "web", #"{"spec":{"selector":{"app":"web"}}}"#)
    let subset = try #require(service.endpoints?.subsets.first)
    #expect(subset.addresses.count == 1000 && subset.notReadyAddresses.isEmpty)
    #expect(service.endpoints?.metadata.annotations["endpoints.kubernetes.io/over-capacity"] == "truncated")
    #expect(service.sizes() == [2] + Array(repeating: 100, count: 10))
    for number in 1...2 { try service.world.delete(.pods, "p\(number)") }
    #expect(service.endpoints?.subsets.first?.addresses.count == 999)
    #expect(service.endpoints?.subsets.first?.notReadyAddresses.count == 1)
    #expect(service.endpoints?.metadata.annotations["endpoints.kubernetes.io/over-capacity"] == nil)
  }

  @Test("pods whose named port has another number are a subset and a slice of their own; one without the port is left out")
  func namedPorts() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1", port: 8080)
    try service.add("b", ip: "10.0.0.2", port: 9090)
    try service.world.add(
      .pods,
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c","labels":{"app":"web"}},"spec":{"containers":[]},"status":{"podIP":"10.0.0.3"}}"#
    )
    #expect(service.endpoints?.subsets.map { $0.ports.first?.port ?? 0 } == [8080, 9090])
    #expect(service.slices.compactMap { $0.ports.first?.port }.sorted() == [8080, 9090])
  }

  @Test("a pod that ends leaves the Endpoints, a pod whose labels change too")
  func leaving() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    try service.add("b", ip: "10.0.0.2")
    try service.world.patch(.pods, "a", #"{"metadata":{"labels":{"app":"other"}}}"#)
    #expect(service.endpoints?.subsets.first?.addresses.map { $0.ip ?? "" } == ["10.0.0.2"])
    service.world.termination = 30
    try service.world.delete(.pods, "b")
    #expect(service.endpoints?.subsets.isEmpty == true)
    service.world.run(for: 40)
    #expect(service.sizes() == [0])
  }

  @Test("Endpoints that somebody takes away come again, with the labels of the Service")
  func again() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    try service.world.delete(.endpoints, "web")
    #expect(service.endpoints?.subsets.first?.addresses.count == 1)
    #expect(service.endpoints?.metadata.labels["team"] == "blue")
    #expect(service.endpoints?.metadata.labels["endpoints.kubernetes.io/managed-by"] == "endpoint-controller")
  }
}
