import CoreEngine
import CoreNode
import CoreObjects
import Testing

@Suite("Signs of life of nodes")
struct HeartbeatTests {
  private static let lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n"

  private func beat(_ bench: inout EngineBench, period: Int64 = 10) {
    bench.step(.heartbeat(["n", "unknown"], periodSeconds: period))
    bench.settle()
  }

  @Test("a node makes its Lease, which goes with it, and renews it")
  func lease() {
    var bench = EngineBench()
    beat(&bench)
    let made = bench.send("GET", Self.lease).body
    #expect(made[.spec][.holderIdentity] == "n" && made[.spec][.leaseDurationSeconds] == 40)
    #expect(made[.spec][.renewTime].string == bench.now.rfc3339Micro)
    #expect(made[.metadata][.ownerReferences][0][.kind] == "Node")
    bench.run(seconds: 10)
    beat(&bench)
    #expect(bench.send("GET", Self.lease).body[.spec][.renewTime].string == bench.now.rfc3339Micro)
    bench.send("DELETE", Self.lease)
    beat(&bench)
    #expect(bench.send("GET", Self.lease).status == 200)
    bench.send("DELETE", "/api/v1/nodes/n")
    #expect(bench.send("GET", Self.lease).status == 404)
  }

  private func ready(_ bench: inout EngineBench) -> JSON {
    let conditions = bench.send("GET", "/api/v1/nodes/n").body[.status][.conditions].elements
    return conditions.first { $0[.type] == "Ready" } ?? .null
  }

  @Test("a silent node is lost after the grace and back with its next sign; a Lease of somebody else's is left to them")
  func loss() {
    var bench = EngineBench()
    beat(&bench)
    bench.run(seconds: 49)
    #expect(ready(&bench)[.status] == "True")
    bench.run(seconds: 2)
    #expect(ready(&bench)[.status] == "Unknown")
    beat(&bench)
    #expect(ready(&bench)[.status] == "True")
    bench.send(
      "PATCH", Self.lease, ["spec": ["holderIdentity": "nobody", "renewTime": "2026-01-01T00:00:00.000000Z"]],
      type: "application/merge-patch+json")
    bench.run(seconds: 60)
    beat(&bench)
    #expect(ready(&bench)[.status] == "Unknown")
    bench.send("DELETE", Self.lease)
    beat(&bench)
    #expect(ready(&bench)[.status] == "True")
  }

  @Test("where time runs fast the Lease and the grace are as much longer as its period is")
  func fast() {
    var bench = EngineBench()
    beat(&bench, period: 60)
    #expect(bench.send("GET", Self.lease).body[.spec][.leaseDurationSeconds] == 240)
    bench.run(seconds: 299)
    #expect(ready(&bench)[.status] == "True")
    bench.run(seconds: 2)
    #expect(ready(&bench)[.status] == "Unknown")
  }

  @Test("the node's status has a heartbeat every five minutes, and nothing else of it changes")
  func status() {
    var bench = EngineBench()
    let before = ready(&bench)
    for _ in 0..<29 {
      bench.run(seconds: 10)
      beat(&bench)
    }
    #expect(ready(&bench) == before)
    bench.run(seconds: 10)
    beat(&bench)
    let after = ready(&bench)
    #expect(after["lastHeartbeatTime"].string == bench.now.rfc3339 && after[.lastTransitionTime] == before[.lastTransitionTime])
  }
}
