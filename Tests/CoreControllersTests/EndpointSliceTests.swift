import CoreControllers
import CoreObjects
import Testing

@Suite("EndpointSlices")
struct EndpointSliceTests {
  @Test("a slice is named, labelled and owned after its Service, and tells address type and ports")
  func slice() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    let slice = try #require(service.slices.first)
    #expect(service.slices.count == 1)
    #expect(slice.metadata.name?.count == "web-".count + 5 && slice.metadata.generateName == "web-")
    #expect(slice.metadata.labels["kubernetes.io/service-name"] == "web")
    #expect(slice.metadata.labels["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io")
    #expect(slice.metadata.labels["team"] == "blue")
    #expect(slice.metadata.labels["service.kubernetes.io/headless"] == nil)
    let owner = try #require(slice.metadata.ownerReferences.first)
    #expect(owner.kind == "Service" && owner.name == "web" && owner.controller == true)
    #expect(slice.addressType == "IPv4")
    #expect(slice.ports.first?.name == "http" && slice.ports.first?.port == 8080 && slice.ports.first?.protocol == "TCP")
  }

  @Test("a Service without backends keeps one empty slice")
  func empty() throws {
    var service = try ServiceWorld()
    #expect(service.sizes() == [0])
    try service.add("a", ip: "10.0.0.1")
    #expect(service.sizes() == [1])
    try service.world.delete(.pods, "a")
    #expect(service.sizes() == [0])
  }

  @Test("a slice that somebody else writes over is put right")
  func repaired() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    let name = try #require(service.world.names(.endpointSlices).first)
    try service.world.patch(.endpointSlices, name, #"{"endpoints":[]}"#)
    #expect(service.sizes() == [1])
    try service.world.patch(.endpointSlices, name, #"{"metadata":{"labels":{"team":"red"}}}"#)
    #expect(service.slices.first?.metadata.labels["team"] == "blue")
  }

  @Test("an endpoint tells its pod, node and zone")
  func place() throws {
    var service = try ServiceWorld()
    try service.world.add(
      .nodes, #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","labels":{"topology.kubernetes.io/zone":"west"}}}"#)
    try service.add("a", ip: "10.0.0.1", spec: #""nodeName":"n1","#)
    let endpoint = try #require(service.endpoint("10.0.0.1"))
    #expect(endpoint.nodeName == "n1" && endpoint.zone == "west")
    #expect(endpoint.targetRef.kind == "Pod" && endpoint.targetRef.name == "a" && endpoint.targetRef.namespace == "default")
    #expect(endpoint.hostname == nil)
  }

  @Test("conditions: a ready pod, one that is not ready, one that ends but still serves, one that ends and does not")
  func conditions() throws {
    var service = try ServiceWorld()
    service.world.termination = 30
    for (number, name) in ["a", "b", "c", "d"].enumerated() { try service.add(name, ip: "10.0.0.\(number + 1)") }
    for name in ["b", "d"] { service.world.setPod(name, phase: "Running", isReady: false) }
    for name in ["c", "d"] { try service.world.delete(.pods, name) }
    func shown(_ ip: String) -> [Bool?] {
      let conditions = service.endpoint(ip)?.conditions
      return [conditions?.ready, conditions?.serving, conditions?.terminating]
    }
    #expect(shown("10.0.0.1") == [true, true, false])
    #expect(shown("10.0.0.2") == [false, false, false])
    #expect(shown("10.0.0.3") == [false, true, true])
    #expect(shown("10.0.0.4") == [false, false, true])
  }

  @Test("publishNotReadyAddresses makes every pod ready for the Service, though not serving")
  func notReadyPublished() throws {
    var service = try ServiceWorld(
      #""selector":{"app":"web"},"clusterIP":"None","publishNotReadyAddresses":true,"ports":[{"port":80,"targetPort":8080}]"#)
    try service.add("a", ip: "10.0.0.1")
    service.world.setPod("a", phase: "Running", isReady: false)
    let conditions = try #require(service.endpoint("10.0.0.1")?.conditions)
    #expect(conditions.ready == true && conditions.serving == false)
    #expect(service.endpoints?.subsets.first?.addresses.count == 1)
  }

  @Test("a headless Service is labelled so, needs no ports, and tells the host names of its own pods")
  func headless() throws {
    var service = try ServiceWorld(#""selector":{"app":"web"},"clusterIP":"None""#)
    try service.add("a", ip: "10.0.0.1", spec: #""hostname":"a","subdomain":"web","#)
    try service.add("b", ip: "10.0.0.2", spec: #""hostname":"b","subdomain":"other","#)
    #expect(service.slices.count == 1)
    #expect(service.slices[0].metadata.labels["service.kubernetes.io/headless"] == "")
    #expect(service.slices[0].ports.isEmpty)
    #expect(service.endpoint("10.0.0.1")?.hostname == "a" && service.endpoint("10.0.0.2")?.hostname == nil)
    #expect(service.endpoints?.subsets.first?.addresses.map { $0.hostname ?? "" } == ["a", ""])
  }

  @Test("IPv6 addresses have slices of their own")
  func families() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    try service.add("b", ip: "fd00::2")
    #expect(service.slices.compactMap(\.addressType).sorted() == ["IPv4", "IPv6"])
  }

  @Test("a slice holds 100 endpoints at the most, and new ones fill the gaps before a slice is added")
  func full() throws {
    var service = try ServiceWorld(#""selector":{"app":"web"},"ports":[{"port":80}]"#)
    for number in 0..<101 { try service.add("p\(number)", ip: "10.0.0.\(number)") }
    #expect(service.sizes() == [1, 100])
    try service.world.delete(.pods, "p3")
    try service.add("x", ip: "10.0.1.1")
    #expect(service.sizes() == [1, 100], "the fuller slice takes it")
    service.world.clearHistory()
    try service.world.delete(.pods, "p7")
    #expect(service.world.writes.filter { $0.contains("endpointslices") }.count == 1, "only one slice is written")
  }

  @Test("an untouched Service causes no writes")
  func quiet() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    service.world.clearHistory()
    try service.world.patch(.services, "web", #"{"spec":{"sessionAffinity":"None"}}"#)
    #expect(service.world.writes == ["update services/web"])
  }

  @Test("a slice that somebody takes away comes again; slices of an ExternalName Service are not made")
  func again() throws {
    var service = try ServiceWorld()
    try service.add("a", ip: "10.0.0.1")
    try service.world.delete(.endpointSlices, try #require(service.slices.first?.metadata.name))
    #expect(service.sizes() == [1])
    let external = try ServiceWorld(#""type":"ExternalName","externalName":"example.com","selector":{"app":"web"}"#)
    #expect(external.slices.isEmpty && external.endpoints == nil)
  }
}

@Suite("Mirroring of Endpoints made by hand")
struct EndpointMirroringTests {
  private static func endpoints(_ subsets: String, _ metadata: String = "") -> String {
    #"{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"web"\#(metadata)},"subsets":[\#(subsets)]}"#
  }
  private static let one =
    #"{"addresses":[{"ip":"10.1.0.1"}],"notReadyAddresses":[{"ip":"10.1.0.2"}],"ports":[{"port":5432}]}"#

  @Test("Endpoints of a Service without a selector appear as a slice, which follows them")
  func mirrored() throws {
    var service = try ServiceWorld(#""ports":[{"port":80}]"#)
    #expect(service.slices.isEmpty)
    try service.world.add(.endpoints, Self.endpoints(Self.one, #","labels":{"own":"yes"}"#))
    let slice = try #require(service.slices.first)
    #expect(slice.metadata.labels["endpointslice.kubernetes.io/managed-by"] == "endpointslicemirroring-controller.k8s.io")
    #expect(slice.metadata.labels["kubernetes.io/service-name"] == "web" && slice.metadata.labels["own"] == "yes")
    #expect(slice.metadata.ownerReferences.first?.kind == "Endpoints")
    #expect(slice.ports.first?.port == 5432)
    #expect(slice.endpoints.map { $0.conditions.ready ?? false } == [true, false])
    try service.world.patch(.endpoints, "web", #"{"subsets":[{"addresses":[{"ip":"10.1.0.3"}],"ports":[{"port":5432}]}]}"#)
    #expect(service.slices.flatMap { $0.endpoints.flatMap { $0.addresses.values } } == ["10.1.0.3"])
    try service.world.patch(.endpoints, "web", #"{"subsets":null}"#)
    #expect(service.slices.isEmpty)
  }

  @Test("those that ask not to be mirrored, and those of an election, are left alone")
  func skipped() throws {
    for metadata in [
      #","labels":{"endpointslice.kubernetes.io/skip-mirror":"true"}"#,
      #","annotations":{"control-plane.alpha.kubernetes.io/leader":"{}"}"#,
    ] {
      var service = try ServiceWorld(#""ports":[{"port":80}]"#)
      try service.world.add(.endpoints, Self.endpoints(Self.one, metadata))
      #expect(service.slices.isEmpty)
    }
  }

  @Test("a Service that gets a selector takes its slices over, and gives them back when it loses it")
  func change() throws {
    var service = try ServiceWorld(#""ports":[{"port":80}]"#)
    try service.world.add(.endpoints, Self.endpoints(Self.one))
    try service.add("a", ip: "10.0.0.1")
    try service.world.patch(.services, "web", #"{"spec":{"selector":{"app":"web"}}}"#)
    #expect(service.slices.flatMap { $0.endpoints.flatMap { $0.addresses.values } } == ["10.0.0.1"])
    #expect(service.endpoints?.subsets.flatMap { $0.addresses.map { $0.ip ?? "" } } == ["10.0.0.1"])
    try service.world.patch(.services, "web", #"{"spec":{"selector":null}}"#)
    #expect(service.slices.count == 1)
    #expect(service.slices.first?.metadata.ownerReferences.first?.kind == "Endpoints")
  }
}
