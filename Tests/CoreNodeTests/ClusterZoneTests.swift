import CoreObjects
import Testing

@testable import CoreNode

/// A store with Services, and questions about their names.
private struct ZoneBench {
  var store = Store()
  var index = ServiceIndex()

  init() { put(.namespaces, in: "", "default", [:]) }

  mutating func put(_ resource: ResourceID, in namespace: String = "default", _ name: String, _ tree: JSON) {
    var tree = tree
    var metadata = tree[.metadata].isNull ? [:] : tree[.metadata]
    metadata.put(.name, .string(name))
    metadata.put(.namespace, .string(namespace))
    tree.put(.metadata, metadata)
    _ = store.put(ObjectKey(resource, namespace: namespace, name), tree)
  }

  mutating func service(_ name: String, _ spec: JSON) { put(.services, name, ["spec": spec]) }

  mutating func slice(_ name: String, of service: String, ports: JSON = [], _ endpoints: JSON, type: String = "IPv4") {
    let labels: JSON = .object([Member(key: Key(ServiceBackend.serviceLabel), value: .string(service))])
    put(
      .endpointSlices, name,
      ["metadata": ["labels": labels], "addressType": .string(type), "endpoints": endpoints, "ports": ports])
  }

  /// A headless Service of two pods, one of which has a name of its own.
  mutating func headless(_ more: JSON = [:]) {
    var spec: JSON = ["clusterIP": "None", "clusterIPs": ["None"], "ports": [["name": "peer", "port": 7000]]]
    spec.merge(more)
    service("db", spec)
    slice(
      "db-1", of: "db", ports: [["name": "peer", "port": 7001, "protocol": "TCP"]],
      [
        ["addresses": ["10.244.0.5"], "hostname": "db-0", "conditions": ["ready": true]],
        ["addresses": ["10.244.0.6"], "conditions": ["ready": false]],
        ["addresses": ["10.244.0.7"]],
      ])
  }

  mutating func ask(_ name: String, _ type: DNSType = .a) -> DNSAnswer? {
    index.follow(store)
    return ClusterZone(store, index).answer(name, type)
  }

  /// Answers as "name content …", then "+ " and what belongs to them, then "- " where nothing is there; "elsewhere".
  mutating func lines(_ name: String, _ type: DNSType = .a) -> [String] {
    guard let answer = ask(name, type) else { return ["elsewhere"] }
    let isNegative = answer.authority.first?.type == .soa
    return answer.answers.map(Self.text) + answer.additional.map { "+ " + Self.text($0) }
      + (answer.continuation.map { ["… \($0)"] } ?? []) + (isNegative ? [answer.exists ? "no data" : "no name"] : [])
  }

  static func text(_ record: DNSRecord) -> String {
    switch record.content {
    case .a(let text), .aaaa(let text): "\(record.name) \(text)"
    case .cname(let text), .ns(let text), .ptr(let text), .txt(let text): "\(record.name) → \(text)"
    case .soa: "\(record.name) SOA"
    case .srv(let weight, let port, let target): "\(weight) \(port) \(target)"
    }
  }
}

private let suffix = ".default.svc.cluster.local"

@Suite("Names of a cluster")
struct ClusterZoneTests {
  @Test("the name of a Service is its address, and its named ports say where they are")
  func service() {
    var bench = ZoneBench()
    #expect(bench.lines("web" + suffix) == ["no name"])
    bench.service(
      "web", ["clusterIP": "10.96.3.4", "clusterIPs": ["10.96.3.4"], "ports": [["name": "http", "port": 80], ["port": 81]]])
    #expect(bench.lines("web" + suffix) == ["web\(suffix) 10.96.3.4"])
    #expect(bench.lines("_http._tcp.web" + suffix, .srv) == ["100 80 web\(suffix)", "+ web\(suffix) 10.96.3.4"])
    #expect(bench.lines("_http._udp.web" + suffix, .srv) == ["no name"])
    #expect(bench.lines("_._tcp.web" + suffix, .srv) == ["no name"])
    #expect(bench.lines("web" + suffix, .srv).count == 3)
  }

  @Test("a name that is there has no records of other types, and names that only lead to others have none at all")
  func noData() {
    var bench = ZoneBench()
    bench.service("web", ["clusterIPs": ["10.96.3.4"], "ports": [["name": "http", "port": 80]]])
    for (name, type) in [
      ("web" + suffix, DNSType.aaaa), ("web" + suffix, .txt), ("web" + suffix, .other), ("_tcp.web" + suffix, .srv),
      ("_http._tcp.web" + suffix, .a), ("default.svc.cluster.local", .a), ("svc.cluster.local", .a), ("pod.cluster.local", .a),
      ("default.pod.cluster.local", .a), ("cluster.local", .a), ("dns-version.cluster.local", .a),
    ] { #expect(bench.lines(name, type) == ["no data"], "\(name)") }
    for name in [
      "web.other.svc.cluster.local", "other.svc.cluster.local", "web.default.cluster.local", "x.web" + suffix,
      "_udp.web" + suffix,
      "a.b.c.web" + suffix, "other.pod.cluster.local", ".web" + suffix, "web..svc.cluster.local", "x.dns-version.cluster.local",
    ] { #expect(bench.lines(name) == ["no name"], "\(name)") }
  }

  @Test("the zone tells who serves it, since which change, and by which version of the schema")
  func zone() {
    var bench = ZoneBench()
    bench.put(.namespaces, in: "", "kube-system", [:])
    bench.put(.services, in: "kube-system", "kube-dns", ["spec": ["clusterIPs": ["10.96.0.10"], "ports": [["port": 53]]]])
    let server = "kube-dns.kube-system.svc.cluster.local"
    #expect(bench.lines("cluster.local", .ns) == ["cluster.local → \(server)", "+ \(server) 10.96.0.10"])
    #expect(
      bench.ask("cluster.local", .soa)?.answers.first?.content == .soa(server: server, serial: UInt32(bench.store.revision)))
    #expect(bench.lines("dns-version.cluster.local", .txt) == ["dns-version.cluster.local → 1.1.0"])
  }

  @Test("the name of a headless Service is the addresses of its ready pods, each of which has a name below it")
  func headless() {
    var bench = ZoneBench()
    bench.headless()
    #expect(bench.lines("db" + suffix) == ["db\(suffix) 10.244.0.5", "db\(suffix) 10.244.0.7"])
    #expect(bench.lines("db-0.db" + suffix) == ["db-0.db\(suffix) 10.244.0.5"])
    #expect(bench.lines("10-244-0-7.db" + suffix) == ["10-244-0-7.db\(suffix) 10.244.0.7"])
    #expect(bench.lines("db-0.db" + suffix, .aaaa) == ["no data"])
    for name in ["10-244-0-5", "10-244-0-6", "db-1"] { #expect(bench.lines(name + ".db" + suffix) == ["no name"]) }
    let servers = ["50 7001 db-0.db\(suffix)", "50 7001 10-244-0-7.db\(suffix)"]
    let addresses = ["+ db-0.db\(suffix) 10.244.0.5", "+ 10-244-0-7.db\(suffix) 10.244.0.7"]
    #expect(bench.lines("_peer._tcp.db" + suffix, .srv) == servers + addresses)
  }

  @Test("a Service that publishes all has its pods that are not ready, too")
  func publishesAll() {
    var bench = ZoneBench()
    bench.headless(["publishNotReadyAddresses": true])
    #expect(bench.lines("db" + suffix).count == 3)
    #expect(bench.lines("6.0.244.10.in-addr.arpa", .ptr) == ["6.0.244.10.in-addr.arpa → 10-244-0-6.db\(suffix)"])
  }

  @Test("a headless Service without ready pods has no name until one is ready")
  func empty() {
    var bench = ZoneBench()
    bench.service("db", ["clusterIP": "None", "clusterIPs": ["None"]])
    #expect(bench.lines("db" + suffix) == ["no name"])
    bench.slice("db-1", of: "db", [["addresses": ["10.244.0.5"]]])
    #expect(bench.lines("db" + suffix) == ["db\(suffix) 10.244.0.5"])
  }

  @Test("what changes in the store changes the answers at once: a slice's endpoints, its Service, and its end")
  func follows() {
    var bench = ZoneBench()
    bench.headless()
    bench.service("other", ["clusterIP": "None", "clusterIPs": ["None"]])
    _ = bench.ask("db" + suffix)
    bench.slice("db-1", of: "other", [["addresses": ["10.244.0.9"]]])
    #expect(bench.lines("db" + suffix) == ["no name"])
    #expect(bench.lines("other" + suffix) == ["other\(suffix) 10.244.0.9"])
    #expect(bench.lines("5.0.244.10.in-addr.arpa", .ptr) == ["elsewhere"])
    #expect(bench.lines("9.0.244.10.in-addr.arpa", .ptr) == ["9.0.244.10.in-addr.arpa → 10-244-0-9.other\(suffix)"])
    _ = bench.store.remove(ObjectKey(.endpointSlices, namespace: "default", "db-1"))
    #expect(bench.lines("other" + suffix) == ["no name"])
  }

  @Test("an index that has missed what the log has dropped is made anew")
  func compacted() {
    var bench = ZoneBench()
    bench.store = Store(logLimit: 2)
    bench.put(.namespaces, in: "", "default", [:])
    _ = bench.ask("db" + suffix)
    bench.headless()
    for number in 0..<9 { bench.put(.configMaps, "\(number)", [:]) }
    #expect(bench.lines("db" + suffix).count == 2)
  }

  @Test("addresses in several slices are told once, with the ports of all of them")
  func slices() {
    var bench = ZoneBench()
    bench.service("s", ["clusterIP": "None", "clusterIPs": ["None"]])
    bench.slice("a", of: "s", ports: [["name": "x", "port": 1, "protocol": "TCP"]], [["addresses": ["10.244.0.5"]]])
    bench.slice("b", of: "s", ports: [["name": "y", "port": 2, "protocol": "UDP"]], [["addresses": ["10.244.0.5"]]])
    bench.slice("c", of: "s", [["addresses": ["fd00::5"]]], type: "IPv6")
    bench.slice("d", of: "s", [["addresses": ["example.org"]]], type: "FQDN")
    #expect(bench.lines("s" + suffix) == ["s\(suffix) 10.244.0.5"])
    #expect(bench.lines("s" + suffix, .aaaa) == ["s\(suffix) fd00::5"])
    #expect(bench.lines("_y._udp.s" + suffix, .srv).first == "100 2 10-244-0-5.s\(suffix)")
    #expect(bench.lines("fd00--5.s" + suffix, .aaaa) == ["fd00--5.s\(suffix) fd00::5"])
  }

  @Test("an address leads back to its Service, or to the pod of a headless one; others are asked elsewhere")
  func reverse() {
    var bench = ZoneBench()
    bench.headless()
    bench.service("web", ["clusterIPs": ["10.96.3.4"], "ports": [["port": 80]]])
    bench.slice("web-1", of: "web", [["addresses": ["10.244.0.8"]]])
    #expect(bench.lines("4.3.96.10.in-addr.arpa", .ptr) == ["4.3.96.10.in-addr.arpa → web\(suffix)"])
    #expect(bench.lines("5.0.244.10.in-addr.arpa", .ptr) == ["5.0.244.10.in-addr.arpa → db-0.db\(suffix)"])
    #expect(bench.lines("5.0.244.10.in-addr.arpa", .a) == ["no data"])
    for name in ["6.0.244.10", "8.0.244.10", "9.9.96.10", "0.244.10", "x.0.244.10", "05.0.244.10"] {
      #expect(bench.lines(name + ".in-addr.arpa", .ptr) == ["elsewhere"], "\(name)")
    }
    #expect(bench.lines("in-addr.arpa") == ["elsewhere"])
  }

  @Test("an external name is another name, which is looked up where it is")
  func external() {
    var bench = ZoneBench()
    bench.service("web", ["clusterIPs": ["10.96.3.4"], "ports": [["port": 80]]])
    for (name, target) in [
      ("out", "Example.org."), ("in", "web" + suffix), ("deep", "in" + suffix), ("gone", "gone2" + suffix),
      ("round", "round" + suffix),
      ("number", "192.0.2.1"),
    ] { bench.service(name, ["type": "ExternalName", "externalName": .string(target)]) }
    #expect(bench.lines("out" + suffix) == ["out\(suffix) → example.org", "… example.org"])
    #expect(bench.lines("out" + suffix, .cname) == ["out\(suffix) → example.org"])
    #expect(bench.lines("in" + suffix) == ["in\(suffix) → web\(suffix)", "web\(suffix) 10.96.3.4"])
    #expect(bench.lines("in" + suffix, .aaaa) == ["in\(suffix) → web\(suffix)", "no data"])
    #expect(bench.lines("deep" + suffix).last == "web\(suffix) 10.96.3.4")
    #expect(bench.lines("gone" + suffix) == ["gone\(suffix) → gone2\(suffix)", "no name"])
    #expect(bench.lines("round" + suffix).last == "no data")
    #expect(bench.lines("number" + suffix) == ["no name"])
    #expect(bench.lines("x.out" + suffix) == ["no name"])
  }

  @Test("a pod's name is its address, whoever has it, in a namespace that is there")
  func pods() {
    var bench = ZoneBench()
    #expect(bench.lines("10-244-0-5.default.pod.cluster.local") == ["10-244-0-5.default.pod.cluster.local 10.244.0.5"])
    for name in ["10-244-0-5.other", "10-244-0.default", "10-244-0-256.default", "a.10-244-0-5.default", "10-244-0-05.default"] {
      #expect(bench.lines(name + ".pod.cluster.local") == ["no name"], "\(name)")
    }
  }

  @Test("names that only look like the cluster's are asked elsewhere")
  func elsewhere() {
    var bench = ZoneBench()
    for name in ["example.org", "local", "", "xcluster.local", "kubernetes", "cluster.local.example.org"] {
      #expect(bench.lines(name) == ["elsewhere"], "\(name)")
    }
  }
}
