import CoreAPI
import CoreObjects
import Testing

@Suite("The range of Services and their addresses as objects")
struct ServiceRangeTests {
  private static let root = "/apis/networking.k8s.io/v1/"
  private static let services = "/api/v1/namespaces/default/services"
  private static let merge = "application/merge-patch+json"
  private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io"

  private func service(_ name: String, _ address: JSON = .null) -> JSON {
    ["metadata": ["name": .string(name)], "spec": ["clusterIP": address, "ports": [["port": 80]]]]
  }

  @Test("a cluster begins with the range kubernetes, which is Ready")
  func range() {
    var bench = Bench()
    let range = bench.get(Self.root + "servicecidrs/kubernetes").body
    #expect(range[.spec]["cidrs"] == ["10.96.0.0/16"])
    #expect(range[.status][.conditions][0]["type"] == "Ready" && range[.status][.conditions][0][.status] == "True")
    let row = bench.get(Self.root + "servicecidrs", accept: Self.table).body[.rows][0][.cells]
    #expect(Array(row.elements.prefix(2)) == ["kubernetes", "10.96.0.0/16"])
  }

  @Test("each address of a Service is an object as long as the Service has it; who deletes it sees it again")
  func addresses() {
    var bench = Bench()
    let made = bench.send("POST", Self.services, service("web", "10.96.7.7"))
    #expect(made.status == 201)
    bench.send("POST", Self.services, service("none", "None"))
    let address = bench.get(Self.root + "ipaddresses/10.96.7.7").body
    #expect(address[.spec][.parentRef] == ["resource": "services", "namespace": "default", "name": "web"])
    #expect(address[.metadata][.labels]["ipaddress.kubernetes.io/managed-by"] == "ipallocator.k8s.io")
    #expect(!(address[.metadata][.uid].string ?? "").isEmpty)
    let row = bench.get(Self.root + "ipaddresses", accept: Self.table).body[.rows][0][.cells]
    #expect(row == ["10.96.7.7", "services/default/web"])
    #expect(bench.send("DELETE", Self.root + "ipaddresses/10.96.7.7").status == 200)
    let again = bench.get(Self.root + "ipaddresses/10.96.7.7").body[.metadata][.uid].string ?? ""
    #expect(!again.isEmpty && again != address[.metadata][.uid].string, "who waits for the deletion goes by the UID")
    let external = bench.send(
      "PATCH", Self.services + "/web",
      ["spec": ["type": "ExternalName", "externalName": "a.b", "clusterIP": "", "clusterIPs": .null]],
      type: Self.merge)
    #expect(external.status == 200, "\(external.body)")
    #expect(bench.get(Self.root + "ipaddresses").names == [])
    bench.send("POST", Self.services, service("again", "10.96.7.7"))
    bench.send("DELETE", Self.services + "/again")
    #expect(bench.get(Self.root + "ipaddresses").names == [])
  }

  @Test("an address that somebody has taken as an object is given to no Service")
  func taken() {
    var bench = Bench()
    let mine: JSON = [
      "metadata": ["name": "10.96.8.8"],
      "spec": ["parentRef": ["group": "gateway.networking.k8s.io", "resource": "gateways", "namespace": "default", "name": "g"]],
    ]
    #expect(bench.send("POST", Self.root + "ipaddresses", mine).status == 201)
    #expect(bench.send("POST", Self.services, service("web", "10.96.8.8")).causes == ["Invalid spec.clusterIPs"])
    let row = bench.get(Self.root + "ipaddresses", accept: Self.table).body[.rows][0][.cells]
    #expect(row == ["10.96.8.8", "gateways.gateway.networking.k8s.io/default/g"])
    let moved = bench.send(
      "PATCH", Self.root + "ipaddresses/10.96.8.8", ["spec": ["parentRef": ["name": "h"]]], type: Self.merge)
    #expect(moved.causes == ["Invalid spec.parentRef"])
  }

  @Test(
    "addresses and ranges are refused with reason and field",
    arguments: [
      ("ipaddresses", #"{"metadata":{"name":"10.0.0.01"},"spec":{}}"#, ["Invalid metadata.name", "Required spec.parentRef"]),
      (
        "ipaddresses", #"{"metadata":{"name":"fd00::0"},"spec":{"parentRef":{"group":"G_","resource":"","name":"a/b"}}}"#,
        [
          "Invalid metadata.name", "Invalid spec.parentRef.group", "Required spec.parentRef.resource",
          "Invalid spec.parentRef.name",
        ]
      ),
      ("servicecidrs", #"{"metadata":{"name":"r"},"spec":{}}"#, ["Required spec.cidrs"]),
      (
        "servicecidrs", #"{"metadata":{"name":"r"},"spec":{"cidrs":["10.0.0.1/8","10.1.0.0/16"]}}"#,
        ["Invalid spec.cidrs[0]", "Invalid spec.cidrs"]
      ),
      (
        "servicecidrs", #"{"metadata":{"name":"r"},"spec":{"cidrs":["10.0.0.0/8","fd00::/64","10.1.0.0/16"]}}"#,
        ["Invalid spec.cidrs"]
      ),
    ])
  func refusals(_ resource: String, _ text: String, _ expected: [String]) {
    var bench = Bench()
    let answer = bench.send("POST", Self.root + resource, text: text)
    #expect(answer.status == 422 && answer.causes.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("a range may get a second network and no other; that none but kubernetes is used is told")
  func growth() {
    var bench = Bench()
    let path = Self.root + "servicecidrs"
    let made = bench.send("POST", path, ["metadata": ["name": "more"], "spec": ["cidrs": ["10.200.0.0/16"]]])
    #expect(made.status == 201 && made.warnings.count == 1, "\(made.body)")
    let other = bench.send("PATCH", path + "/more", ["spec": ["cidrs": ["10.201.0.0/16"]]], type: Self.merge)
    #expect(other.causes == ["Invalid spec.cidrs[0]"])
    let both = bench.send("PATCH", path + "/more", ["spec": ["cidrs": ["10.200.0.0/16", "fd00::/64"]]], type: Self.merge)
    #expect(both.status == 200, "\(both.body)")
    #expect(
      bench.send("PATCH", path + "/more", ["spec": ["cidrs": ["10.200.0.0/16"]]], type: Self.merge).causes == [
        "Invalid spec.cidrs"
      ])
  }
}
