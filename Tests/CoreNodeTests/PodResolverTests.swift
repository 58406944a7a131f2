import CoreObjects
import Testing

@testable import CoreNode

@Suite("How pods look names up")
struct PodResolverTests {
  private static let host = DNSSpec(
    file: """
      # written by hand
      ; nameserver 192.0.2.1
      domain ignored.example
      search old.example
      nameserver 192.0.2.53
      nameserver
      search lan.example. corp.example .
      options timeout:1 rotate
      options timeout:2 edns0
      """)
  private static let cluster = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"]

  private func resolver(_ spec: JSON, host: DNSSpec = host, server: String? = "10.96.0.10") -> PodResolver {
    PodResolver(Pod(tree: ["spec": spec]), namespace: "default", host: host, server: server)
  }

  @Test("a node's file is read as the kubelet reads it: of several search lines the last, of several values of an option, too")
  func file() {
    #expect(Self.host.servers == ["192.0.2.53"] && Self.host.searches == ["lan.example", "corp.example", "."])
    #expect(Self.host.options == ["timeout:2", "rotate", "edns0"])
    #expect(DNSSpec(file: "") == DNSSpec())
  }

  @Test("the cluster's DNS comes first: its domains, then those of the node")
  func clusterFirst() {
    for spec: JSON in [[:], ["dnsPolicy": "ClusterFirst"], ["dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true]] {
      let dns = resolver(spec).spec
      #expect(dns.servers == ["10.96.0.10"] && dns.options == ["ndots:5"])
      #expect(dns.searches == Self.cluster + ["lan.example", "corp.example", "."])
    }
  }

  @Test(
    "a pod of the node's network looks names up as the node does, and so do those that ask for it and those without a cluster's DNS"
  )
  func ofHost() {
    #expect(resolver(["dnsPolicy": "Default"]).spec == Self.host)
    #expect(resolver(["dnsPolicy": "ClusterFirst", "hostNetwork": true]).spec == Self.host)
    #expect(resolver(["dnsPolicy": "ClusterFirst"], server: nil).spec == Self.host)
  }

  @Test("a resolver on the node's loopback, which no pod reaches, is asked by the cluster's DNS")
  func loopback() {
    let host = DNSSpec(file: "nameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.53")
    #expect(resolver(["dnsPolicy": "Default"], host: host).spec.servers == ["10.96.0.10", "192.0.2.53"])
  }

  @Test("a pod's own settings are added to those of its policy, each once, and its options count")
  func merges() {
    let config: JSON = [
      "nameservers": ["192.0.2.7", "10.96.0.10"], "searches": ["own.example", "svc.cluster.local"],
      "options": [["name": "ndots", "value": "2"], ["name": "edns0"]],
    ]
    let dns = resolver(["dnsConfig": config], host: DNSSpec()).spec
    #expect(dns.servers == ["10.96.0.10", "192.0.2.7"] && dns.searches == Self.cluster + ["own.example"])
    #expect(dns.options == ["ndots:2", "edns0"])
    let alone = resolver(["dnsPolicy": "None", "dnsConfig": config]).spec
    #expect(alone.servers == ["192.0.2.7", "10.96.0.10"] && alone.searches == ["own.example", "svc.cluster.local"])
    #expect(alone.options == ["ndots:2", "edns0"])
  }

  @Test("beyond three servers, 32 domains, or 2,048 bytes of them, the rest is left out, and an event says so")
  func limits() {
    let servers = resolver(["dnsConfig": ["nameservers": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]]])
    #expect(servers.spec.servers == ["10.96.0.10", "192.0.2.1", "192.0.2.2"] && servers.problems.count == 1)
    let names = (0..<30).map { JSON.string("n\($0).example") }
    #expect(resolver(["dnsConfig": ["searches": .array(Array(names.prefix(26)))]]).problems == [])
    let many = resolver(["dnsConfig": ["searches": .array(names)]])
    #expect(many.spec.searches.count == 32 && many.spec.searches.last == "n25.example" && many.problems.count == 1)
    let long = resolver([
      "dnsConfig": ["searches": .array((0..<12).map { .string("\($0)." + String(repeating: "a", count: 240)) })]
    ])
    #expect(long.spec.searches.count == 6 + 8 && long.problems.count == 1)
    let tooLong = resolver(["dnsConfig": ["searches": [.string(String(repeating: "a", count: 254)), "b.example"]]])
    #expect(tooLong.spec.searches.last == "b.example" && tooLong.problems.count == 1)
  }

  @Test("a pod is told what its node says, and the event comes with its sandbox")
  func sandbox() throws {
    var bench = NodeBench(ready: false)
    _ = bench.planner.welcome(NodeBench.node, resolver: Self.host)
    bench.put(ObjectKey(.services, namespace: "kube-system", "kube-dns"), ["spec": ["clusterIP": "10.96.0.10"]])
    let servers: JSON = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    bench.run([["name": "main", "image": "app:test"]], ["dnsConfig": ["nameservers": servers]])
    guard case .startSandbox(let spec)? = bench.commands.first else { throw ResolverFailure() }
    #expect(spec.dns.servers.count == 3 && spec.dns.searches.contains("lan.example"))
    #expect(bench.reasons == ["DNSConfigForming"])
  }
}

private struct ResolverFailure: Error {}
