import CoreObjects
import Testing

@testable import CoreAPI

@Suite("A pod is resized: pods/resize")
struct ResizeTests {
  private static let path = Bench.pods + "/p/resize"
  private static let strategic = "application/strategic-merge-patch+json"
  private static let resources: JSON = [
    "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["cpu": "200m", "memory": "128Mi"],
  ]

  private static func bench(_ more: JSON = [:]) -> Bench {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.spec].put(
      .containers,
      [
        ["name": "a", "image": "i", "resources": resources],
        [
          "name": "b", "image": "i", "resources": resources,
          "resizePolicy": [["resourceName": "cpu", "restartPolicy": "NotRequired"]],
        ],
      ])
    pod[.spec].merge(more)
    #expect(bench.send("POST", Bench.pods, pod).status == 201)
    return bench
  }

  private static func patch(_ container: JSON) -> JSON { ["spec": ["containers": [container]]] }

  private func causes(_ answer: Bench.Answer) -> [String] {
    answer.body[.details][.causes].elements.map { "\($0[.field].string ?? "") \($0[.message].string ?? "")" }
  }

  @Test("requests and limits of processor time and memory change, by PATCH, PUT and apply, and the generation counts it")
  func resizes() {
    var bench = Self.bench()
    let wanted = Self.patch(["name": "b", "resources": ["requests": ["cpu": "150m"], "limits": ["memory": "1Gi"]]])
    let patched = bench.send("PATCH", Self.path, wanted, type: Self.strategic)
    #expect(patched.status == 200 && patched.body[.metadata][.generation] == 2, "\(patched.message)")
    #expect(patched.body[.spec][.containers][1][.resources][.requests] == ["cpu": "150m", "memory": "64Mi"])
    var whole = bench.get(Self.path).body
    whole[.spec][.containers][0][.resources][.requests].put(.cpu, "120m")
    whole[.spec].put(.terminationGracePeriodSeconds, 7)
    whole[.spec][.containers][0].put(.image, "other")
    let put = bench.send("PUT", Self.path, whole)
    #expect(put.body[.spec][.containers][0][.resources][.requests][.cpu] == "120m", "\(put.message)")
    #expect(put.body[.spec][.containers][0][.image] == "i" && put.body[.spec][.terminationGracePeriodSeconds] == 30)
    let configuration: JSON = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
      "spec": ["containers": [["name": "a", "resources": ["limits": ["cpu": "300m"]]]]],
    ]
    let applied = bench.send(
      "PATCH", Self.path + "?fieldManager=me&force=true", configuration, type: "application/apply-patch+yaml")
    #expect(applied.body[.spec][.containers][0][.resources][.limits][.cpu] == "300m", "\(applied.message)")
    #expect(applied.body[.metadata][.managedFields].elements.contains { $0["subresource"] == "resize" && $0["manager"] == "me" })
    #expect(bench.send("PATCH", Bench.pods + "/p", wanted, type: Self.strategic).status == 200, "nothing changes")
    let other = Self.patch(["name": "b", "resources": ["requests": ["cpu": "160m"]]])
    #expect(bench.send("PATCH", Bench.pods + "/p", other, type: Self.strategic).status == 422, "the pod itself is not resized")
  }

  @Test("nothing else changes, nothing is removed, and the quality of service stays")
  func refuses() {
    var bench = Self.bench()
    func refused(_ container: JSON) -> [String] {
      causes(bench.send("PATCH", Self.path, Self.patch(container), type: Self.strategic))
    }
    let only = "spec Forbidden: only cpu and memory resources are mutable"
    #expect(refused(["name": "b", "resources": ["limits": ["ephemeral-storage": "1Gi"]]]) == [only])
    #expect(refused(["name": "b", "resizePolicy": [["resourceName": "memory", "restartPolicy": "NotRequired"]]]) == [only])
    let at = "spec.containers[1].resources"
    #expect(
      refused(["name": "b", "resources": ["limits": ["memory": .null]]])
        == ["\(at).limits Forbidden: resource limits cannot be removed"])
    #expect(
      refused(["name": "b", "resources": ["requests": ["cpu": "1"]]]).map { $0.prefix(at.count + 9) } == ["\(at).requests"])
    #expect(
      refused(["name": "c", "image": "i"]) == ["spec.containers Forbidden: containers may not be added or removed on resize"])
    let reordered: JSON = ["spec": ["containers": [["name": "b"], ["name": "a"]]]]
    #expect(
      causes(bench.send("PATCH", Self.path, reordered, type: Self.strategic))
        == (0...1).map { "spec.containers[\($0)].name Forbidden: containers may not be renamed or reordered on resize" })
    let same: JSON = ["requests": ["cpu": "200m", "memory": "128Mi"]]
    let guaranteed: JSON = ["spec": ["containers": [["name": "a", "resources": same], ["name": "b", "resources": same]]]]
    let quality = bench.send("PATCH", Self.path, guaranteed, type: Self.strategic)
    #expect(causes(quality) == [#"spec Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing"#])
  }

  @Test("sidecars are resized, and other init containers are not")
  func initContainers() {
    var bench = Self.bench([
      "initContainers": [
        ["name": "first", "image": "i", "resources": Self.resources],
        ["name": "side", "image": "i", "restartPolicy": "Always", "resources": Self.resources],
      ]
    ])
    func resize(_ name: String) -> Bench.Answer {
      let body: JSON = ["spec": ["initContainers": [["name": .string(name), "resources": ["requests": ["cpu": "110m"]]]]]]
      return bench.send("PATCH", Self.path, body, type: Self.strategic)
    }
    #expect(resize("side").status == 200)
    #expect(causes(resize("first")) == ["spec Forbidden: resources for non-sidecar init containers are immutable"])
  }

  @Test("quotas are charged with what a resize adds, and bounds of a LimitRange hold")
  func charged() {
    var bench = Self.bench()
    let hard: JSON = ["requests.cpu": "250m"]
    bench.send("POST", "/api/v1/namespaces/default/resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": hard]])
    func cpu(_ amount: JSON) -> Bench.Answer {
      bench.send(
        "PATCH", Self.path, Self.patch(["name": "b", "resources": ["requests": ["cpu": amount]]]), type: Self.strategic)
    }
    #expect(cpu("140m").status == 200)
    let exceeded = cpu("160m")
    #expect(exceeded.status == 403 && exceeded.message.contains("exceeded quota: q"), "\(exceeded.message)")
    bench.send("DELETE", "/api/v1/namespaces/default/resourcequotas/q")
    bench.send(
      "POST", "/api/v1/namespaces/default/limitranges",
      ["metadata": ["name": "l"], "spec": ["limits": [["type": "Container", "min": ["cpu": "50m"]]]]])
    #expect(cpu("40m").status == 403)
  }

  @Test("a resizePolicy names each resource once, and restarts nothing in a pod that is not restarted")
  func policies() {
    func causes(_ restartPolicy: String, _ policies: JSON) -> [String] {
      var bench = Bench()
      var pod = Bench.pod("p")
      pod[.spec].put(.restartPolicy, .string(restartPolicy))
      pod[.spec][.containers][0].put(.resizePolicy, policies)
      return bench.send("POST", Bench.pods, pod).body[.details][.causes].elements.map { $0[.reason].string ?? "" }
    }
    let restarts: JSON = ["resourceName": "cpu", "restartPolicy": "RestartContainer"]
    #expect(causes("Always", [restarts]) == [])
    #expect(causes("Always", [restarts, restarts]) == ["FieldValueDuplicate"])
    #expect(causes("Never", [restarts]) == ["FieldValueInvalid"])
  }
}
