import CoreAPI
import CoreObjects
import Testing

@Suite("Warnings")
struct WarningTests {
  private func warnings(_ answer: Bench.Answer) -> [String] { answer.warnings }

  private func pod(_ container: JSON, _ more: JSON = [:], annotations: JSON = .null) -> JSON {
    var spec = more
    var main = container
    main.put(.name, "main")
    main.put(.image, "a:1")
    spec.put(.containers, [main])
    var tree: JSON = ["metadata": ["name": "p"], "spec": spec]
    tree[.metadata].put(.annotations, annotations)
    return tree
  }

  @Test(
    "each old or doubtful part of a pod is one header",
    arguments: [
      (#"{"env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}"#, "{}", ["env[1]"]),
      (#"{"env":[{"name":"A","value":"1"},{"name":"A","value":"$(A):2"}]}"#, "{}", []),
      (#"{"ports":[{"containerPort":80},{"containerPort":80}]}"#, "{}", ["ports[1]"]),
      (#"{"ports":[{"containerPort":80},{"containerPort":80,"hostPort":8080}]}"#, "{}", ["ports[1]"]),
      (
        #"{"resources":{"limits":{"memory":"100m"},"requests":{"memory":"100m"}}}"#, "{}", ["limits[memory]", "requests[memory]"]
      ),
      ("{}", #"{"nodeSelector":{"beta.kubernetes.io/os":"linux"}}"#, ["nodeSelector[beta.kubernetes.io/os]"]),
      (
        "{}",
        #"{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"failure-domain.beta.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule"}]}"#,
        ["labelSelector", "topologyKey"]
      ), ("{}", #"{"volumes":[{"name":"v","gitRepo":{"repository":"r"}}]}"#, ["volumes[0].gitRepo"]),
    ])
  func pods(_ container: String, _ more: String, _ parts: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Bench.pods, pod(try JSONParser.parse(container), try JSONParser.parse(more)))
    let found = warnings(answer)
    #expect(answer.status == 201, "\(answer.message)")
    #expect(found.count == parts.count && parts.allSatisfy { part in found.contains { $0.contains(part) } }, "\(found)")
  }

  @Test("a template is warned of when it is new or changed, with its own path")
  func templates() {
    var bench = Bench()
    var tree = Bench.deployment("a")
    tree[.spec][.template][.metadata].put(.annotations, ["scheduler.alpha.kubernetes.io/critical-pod": ""])
    let made = bench.send("POST", ApplyTests.deployments, tree)
    #expect(warnings(made).count == 1 && warnings(made)[0].contains("spec.template.metadata.annotations[scheduler"))
    let labelled = bench.send(
      "PATCH", ApplyTests.deployments + "/a", ["metadata": ["labels": ["l": "1"]]], type: "application/merge-patch+json")
    #expect(labelled.status == 200 && warnings(labelled).isEmpty)
  }

  @Test("a template whose pods end before they are asked to is warned of")
  func negativeGrace() {
    var bench = Bench()
    var tree = Bench.deployment("a")
    tree[.spec][.template][.spec].put(.terminationGracePeriodSeconds, -1)
    let found = warnings(bench.send("POST", ApplyTests.deployments, tree))
    #expect(found.count == 1 && found[0].contains("spec.template.spec.terminationGracePeriodSeconds"), "\(found)")
  }

  @Test("claims with fractions of bytes, and every request for Endpoints, are warned of")
  func others() {
    var bench = Bench()
    let claim: JSON = [
      "metadata": ["name": "c"], "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1500m"]]],
    ]
    #expect(warnings(bench.send("POST", "/api/v1/namespaces/default/persistentvolumeclaims", claim)).count == 1)
    #expect(warnings(bench.get("/api/v1/namespaces/default/endpoints")).count == 1)
  }
}
