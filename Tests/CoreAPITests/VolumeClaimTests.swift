import CoreAPI
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

  @Test("the server notes when a volume has come to its phase, whoever writes the phase")
  func phase() throws {
    var bench = Bench()
    let path = "/api/v1/persistentvolumes"
    let spec: JSON = ["capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/a"]]
    let created = bench.send("POST", path, ["metadata": ["name": "v"], "spec": spec])
    #expect(created.body[.status]["lastPhaseTransitionTime"].string == bench.now.rfc3339, "\(created.body)")
    bench.now = bench.now + .seconds(60)
    var tree = created.body
    tree[.status].put(.phase, "Available")
    _ = try bench.writer.write(.status(.persistentVolumes, in: tree), by: .controller("persistent-volume-binder"), at: bench.now)
    let available = bench.get(path + "/v").body[.status]
    #expect(available == ["phase": "Available", "lastPhaseTransitionTime": .string(bench.now.rfc3339)])
    let then = bench.now.rfc3339
    bench.now = bench.now + .seconds(60)
    let merge = "application/merge-patch+json"
    let same = bench.send("PATCH", path + "/v/status", ["status": ["reason": "r"]], type: merge)
    #expect(same.body[.status]["lastPhaseTransitionTime"].string == then)
    let failed = bench.send("PATCH", path + "/v/status", ["status": ["phase": "Failed"]], type: merge)
    #expect(failed.body[.status]["lastPhaseTransitionTime"].string == bench.now.rfc3339)
  }
}
