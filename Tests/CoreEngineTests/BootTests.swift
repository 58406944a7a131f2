import CoreEngine
import CoreObjects
import Testing

@Suite("What every cluster begins with")
struct BootTests {
  @Test("the Service kubernetes, its endpoints and its slice come again ten seconds after somebody has deleted them")
  func comesAgain() {
    var bench = EngineBench()
    let keys = [
      ObjectKey(.services, namespace: "default", "kubernetes"), ObjectKey(.endpoints, namespace: "default", "kubernetes"),
      ObjectKey(.endpointSlices, namespace: "default", "kubernetes"),
    ]
    _ = bench.send("DELETE", "/api/v1/namespaces/default/services/kubernetes")
    _ = bench.send("DELETE", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    #expect(bench.engine.store.get(keys[0]) == nil && bench.engine.store.get(keys[2]) == nil)
    bench.run(seconds: 11)
    for key in keys { #expect(bench.engine.store.get(key) != nil, "\(key)") }
    #expect(bench.engine.store.get(keys[0])?.view(Service.self).spec.clusterIP == "10.96.0.1")
  }

  @Test("of nodes of this machine those stay that the cluster is started with; the last takes all pods; others' nodes stay")
  func nodes() {
    var bench = EngineBench()
    let taint: JSON = ["key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"]
    for name in ["n-1", "n-2"] {
      let spec: JSON = ["providerID": .string("wavetank://" + name), "taints": [taint]]
      _ = bench.send("POST", "/api/v1/nodes", ["metadata": ["name": .string(name)], "spec": spec])
    }
    _ = bench.send("POST", "/api/v1/nodes", ["metadata": ["name": "theirs"], "spec": ["providerID": "kwok://theirs"]])
    _ = bench.engine.boot(at: bench.now, nodes: ["n-1"])
    #expect(bench.engine.store.list(.nodes).map(\.key.name) == ["n-1", "theirs"])
    let taints = bench.engine.store.get(.nodes, "n-1")?.view(Node.self).spec.taints.compactMap(\.key)
    #expect(taints?.contains("node-role.kubernetes.io/control-plane") == false)
  }
}
