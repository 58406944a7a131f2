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

  @Test(
    "bounds and defaults that contradict one another are a 422 that names each",
    arguments: [
      (
        #"[{"type":"Container","min":{"cpu":"2"},"max":{"cpu":"1"},"defaultRequest":{"cpu":"2"},"default":{"cpu":"2"}}]"#,
        ["min[cpu]", "defaultRequest[cpu]", "default[cpu]"]
      ),
      (
        #"[{"type":"Container","min":{"cpu":"2"},"defaultRequest":{"cpu":"1"},"default":{"cpu":"1"}}]"#,
        ["defaultRequest[cpu]", "default[cpu]"]
      ),
      (#"[{"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"2"}}]"#, ["defaultRequest[cpu]"]),
      (#"[{"type":"Container","max":{"cpu":"1"},"default":{"cpu":"1500m"}}]"#, ["defaultRequest[cpu]", "default[cpu]"]),
      (#"[{"type":"Container","default":{"a.b/c":"2"},"defaultRequest":{"a.b/c":"1"}}]"#, ["defaultRequest[a.b/c]"]),
      (#"[{"type":"Container","maxLimitRequestRatio":{"cpu":"500m"}}]"#, ["maxLimitRequestRatio[cpu]"]),
      (
        #"[{"type":"Pod","min":{"cpu":"1"},"max":{"cpu":"2"},"maxLimitRequestRatio":{"cpu":"3"}}]"#, ["maxLimitRequestRatio[cpu]"]
      ),
      (#"[{"type":"Pod","default":{"cpu":"1"},"defaultRequest":{"cpu":"1"}}]"#, ["default", "defaultRequest"]),
      (#"[{"type":"PersistentVolumeClaim","max":{"cpu":"1"}}]"#, ["limits"]),
      (#"[{"type":"Container","max":{"storage":"1Gi"}}]"#, ["max[storage]", "default[storage]", "defaultRequest[storage]"]),
      (#"[{"type":"Node","max":{"cpu":"1"}}]"#, ["type"]),
    ])
  func rules(_ limits: String, _ fields: [String]) throws {
    var bench = Bench()
    let range: JSON = ["metadata": ["name": "lr"], "spec": ["limits": try JSONParser.parse(limits)]]
    let answer = bench.send("POST", Self.ranges, range)
    let told = answer.body[.details]["causes"].elements.compactMap { $0["field"].string }
    #expect(answer.status == 422 && Set(told) == Set(fields.map { "spec.limits[0]." + $0 }), "\(answer.message)")
  }

  @Test("a type that stands twice is refused, bounds that agree are not")
  func types() throws {
    var bench = Bench()
    let item =
      #"{"type":"Container","min":{"cpu":"1"},"max":{"cpu":"4"},"default":{"cpu":"3"},"maxLimitRequestRatio":{"cpu":"4"}}"#
    func range(_ limits: String) throws -> JSON {
      ["metadata": ["name": "lr"], "spec": ["limits": try JSONParser.parse("[" + limits + "]")]]
    }
    let twice = bench.send("POST", Self.ranges, try range(item + "," + item))
    #expect(twice.status == 422 && twice.body[.details]["causes"][0]["field"] == "spec.limits[1].type")
    #expect(bench.send("POST", Self.ranges, try range(item)).status == 201)
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
