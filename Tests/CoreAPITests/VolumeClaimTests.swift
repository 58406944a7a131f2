import CoreObjects
import Testing

@Suite("Claims grow, nominated pods arrive")
struct VolumeClaimTests {
  private static let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
  private static let merge = "application/merge-patch+json"

  private func bench(isAllowed: Bool, isBound: Bool) -> Bench {
    var bench = Bench()
    bench.send(
      "POST", "/apis/storage.k8s.io/v1/storageclasses",
      ["metadata": ["name": "fast"], "provisioner": "p.example", "allowVolumeExpansion": .bool(isAllowed)])
    bench.send(
      "POST", Self.claims,
      [
        "metadata": ["name": "c"],
        "spec": ["storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
      ])
    if isBound { bench.send("PATCH", Self.claims + "/c/status", ["status": ["phase": "Bound"]], type: Self.merge) }
    return bench
  }

  @Test(
    "a claim may ask for more once it is bound, if its class allows that",
    arguments: [(true, true, 200), (false, true, 403), (true, false, 403)])
  func expansion(isAllowed: Bool, isBound: Bool, status: Int) {
    var bench = bench(isAllowed: isAllowed, isBound: isBound)
    let patch: JSON = ["spec": ["resources": ["requests": ["storage": "2Gi"]]]]
    #expect(bench.send("PATCH", Self.claims + "/c", patch, type: Self.merge).status == status)
    #expect(bench.send("PATCH", Self.claims + "/c", ["metadata": ["labels": ["a": "b"]]], type: Self.merge).status == 200)
  }

  @Test("a pod that is bound gives back the place that was promised to it")
  func nomination() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    bench.send("PATCH", Bench.pods + "/p/status", ["status": ["nominatedNodeName": "n1"]], type: Self.merge)
    #expect(bench.send("GET", Bench.pods + "/p").body[.status]["nominatedNodeName"].string == "n1")
    bench.send("POST", Bench.pods + "/p/binding", ["metadata": ["name": "p"], "target": ["kind": "Node", "name": "n1"]])
    let pod = bench.send("GET", Bench.pods + "/p").body
    #expect(pod[.spec]["nodeName"].string == "n1")
    #expect(pod[.status]["nominatedNodeName"].isNull)
  }
}
