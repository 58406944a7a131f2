import CoreObjects
import Testing

@Suite("Limit ranges")
struct LimitRangeTests {
  private static let ranges = "/api/v1/namespaces/default/limitranges"
  private static let claims = "/api/v1/namespaces/default/persistentvolumeclaims"

  private func bench(_ limits: String) throws -> Bench {
    var bench = Bench()
    bench.send("POST", Self.ranges, ["metadata": ["name": "lr"], "spec": ["limits": .array([try JSONParser.parse(limits)])]])
    return bench
  }

  private func pod(_ resources: String...) throws -> JSON {
    let containers = try resources.enumerated().map { index, text in
      ["name": .string("c\(index)"), "image": "a:1", "resources": try JSONParser.parse(text)] as JSON
    }
    return ["metadata": ["name": "p"], "spec": ["containers": .array(containers)]]
  }

  @Test(
    "a container below the least, above the most or with too wide a limit is a 403 that names the resource, the bound and the value",
    arguments: [
      (#"{"type":"Container","min":{"memory":"100Mi"}}"#, #"{"requests":{"memory":"50Mi"}}"#, ["memory", "100Mi", "50Mi"]),
      (#"{"type":"Container","max":{"cpu":"1"}}"#, #"{"limits":{"cpu":"2"}}"#, ["cpu", "1", "2"]),
      (
        #"{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}"#, #"{"limits":{"cpu":"3"},"requests":{"cpu":"1"}}"#,
        ["cpu", "ratio", "2", "3"]
      ), (#"{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}"#, "{}", ["cpu", "request"]),
      (#"{"type":"Pod","max":{"memory":"100Mi"}}"#, #"{"limits":{"memory":"200Mi"}}"#, ["memory", "Pod", "100Mi", "200Mi"]),
    ])
  func pods(_ limits: String, _ resources: String, _ words: [String]) throws {
    var bench = try bench(limits)
    let answer = bench.send("POST", Bench.pods, try pod(resources))
    #expect(answer.status == 403 && answer.reason == "Forbidden")
    #expect(words.allSatisfy(answer.message.contains), "\(answer.message)")
  }

  @Test("bounds of pods are held against their containers together")
  func together() throws {
    var bench = try bench(#"{"type":"Pod","max":{"memory":"150Mi"}}"#)
    let part = #"{"limits":{"memory":"100Mi"}}"#
    #expect(bench.send("POST", Bench.pods, try pod(part, part)).status == 403)
    #expect(bench.send("POST", Bench.pods, try pod(part)).status == 201)
  }

  @Test("claims are held against the bounds when they are made")
  func claims() throws {
    var bench = try bench(#"{"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"2Gi"}}"#)
    func claim(_ size: String) -> JSON {
      [
        "metadata": ["name": "c"],
        "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(size)]]],
      ]
    }
    #expect(bench.send("POST", Self.claims, claim("1Mi")).status == 403)
    #expect(bench.send("POST", Self.claims, claim("3Gi")).status == 403)
    #expect(bench.send("POST", Self.claims, claim("2Gi")).status == 201)
  }

  @Test("an annotation tells what was set")
  func annotation() throws {
    var bench = try bench(#"{"type":"Container","default":{"memory":"64Mi","cpu":"1"},"defaultRequest":{"memory":"32Mi"}}"#)
    let answer = bench.send("POST", Bench.pods, try pod("{}", #"{"limits":{"cpu":"2","memory":"1Gi"}}"#))
    #expect(
      answer.body[.metadata][.annotations]["kubernetes.io/limit-ranger"]
        == "LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0")
  }
}
