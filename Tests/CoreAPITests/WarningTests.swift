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
      (
        #"{"ports":[{"containerPort":80},{"containerPort":80,"hostIP":"127.0.0.1","hostPort":8080}]}"#, "{}",
        ["ports[1]", "hostIP"]
      ),
      (
        #"{"resources":{"limits":{"memory":"100m"},"requests":{"memory":"100m"}}}"#, "{}", ["limits[memory]", "requests[memory]"]
      ),
      ("{}", #"{"nodeSelector":{"beta.kubernetes.io/os":"linux"}}"#, ["nodeSelector[beta.kubernetes.io/os]"]),
      (
        "{}",
        #"{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"failure-domain.beta.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule"}]}"#,
        ["labelSelector", "topologyKey"]
      ),
      (
        "{}", #"{"volumes":[{"name":"v","gitRepo":{"repository":"r"}}]}"#,
        ["volumes[0].gitRepo: vol", "volumes[0].gitRepo: nodes"]
      ),
    ])
  func pods(_ container: String, _ more: String, _ parts: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Bench.pods, pod(try JSONParser.parse(container), try JSONParser.parse(more)))
    let found = warnings(answer)
    #expect(answer.status == 201, "\(answer.message)")
    #expect(found.count == parts.count && parts.allSatisfy { part in found.contains { $0.contains(part) } }, "\(found)")
  }

  @Test(
    "what is accepted and not acted on is one header with its path, in templates too, and only where it is said anew",
    arguments: [
      (#"{"hostUsers":false}"#, ["hostUsers"]), (#"{"hostUsers":true}"#, []),
      (
        #"{"securityContext":{"fsGroupChangePolicy":"Always","appArmorProfile":{"type":"Localhost","localhostProfile":"p"}}}"#,
        ["securityContext.appArmorProfile.type", "securityContext.appArmorProfile.localhostProfile"]
      ),
      (
        #"{"imagePullSecrets":[{"name":"s"}],"hostUsers":false,"volumes":[{"name":"v","nfs":{"server":"s","path":"/"}}]}"#,
        ["hostUsers", "volumes[0].nfs"]
      ), (#"{"imagePullSecrets":[],"hostNetwork":true}"#, []),
    ])
  func limits(_ more: String, _ paths: [String]) throws {
    var bench = Bench()
    let spec = try JSONParser.parse(more)
    let single = bench.send("POST", Bench.pods, pod([:], spec))
    #expect(single.status == 201, "\(single.message)")
    for path in paths { #expect(single.warnings.contains { $0.contains("\"spec.\(path): ") }, "\(single.warnings)") }
    #expect(single.warnings.count == paths.count, "\(single.warnings)")
    var tree = Bench.deployment("a")
    for member in spec.members { tree[.spec][.template][.spec].put(member.key, member.value) }
    let made = bench.send("POST", ApplyTests.deployments, tree)
    #expect(
      made.warnings.count == paths.count && made.warnings.allSatisfy { $0.contains("\"spec.template.spec.") }, "\(made.warnings)")
    let scaled = bench.send(
      "PATCH", ApplyTests.deployments + "/a", ["spec": ["replicas": 3]], type: "application/merge-patch+json")
    #expect(scaled.status == 200 && scaled.warnings.isEmpty)
  }

  @Test("the warnings of one object end at sixteen, and a Service's are those of what nodes would have to do")
  func limitsOfServices() {
    var bench = Bench()
    let volumes = (0..<40).map { ["name": .string("v\($0)"), "nfs": ["server": "s", "path": "/"]] as JSON }
    #expect(bench.send("POST", Bench.pods, pod([:], ["volumes": .array(volumes)])).warnings.count == 16)
    func service(_ more: JSON) -> JSON {
      var spec: JSON = ["ports": [["port": 80]]]
      for member in more.members { spec.put(member.key, member.value) }
      return ["metadata": ["generateName": "s"], "spec": spec]
    }
    let services = "/api/v1/namespaces/default/services"
    #expect(bench.send("POST", services, service([:])).warnings.isEmpty)
    #expect(bench.send("POST", services, service(["type": "NodePort", "sessionAffinity": "ClientIP"])).warnings.isEmpty)
    let balanced: JSON = [
      "type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24"], "trafficDistribution": "PreferClose",
    ]
    #expect(bench.send("POST", services, service(balanced)).warnings.count == 2)
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

  @Test("an element of a list that only moved is not warned of again")
  func moves() {
    var bench = Bench()
    var pod = Bench.deployment("a")
    let mount: JSON = ["name": "v", "hostPath": ["path": "/"]]
    let block: JSON = ["name": "nfs", "nfs": ["server": "s", "path": "/"]]
    pod[.spec][.template][.spec].put(.volumes, [block])
    let path = "/apis/apps/v1/namespaces/default/deployments"
    #expect(bench.send("POST", path, pod).warnings.count == 1)
    pod[.spec][.template][.spec].put(.volumes, [mount, block])
    let answer = bench.send("PUT", path + "/a", pod)
    #expect(answer.status == 200 && answer.warnings == [], "\(answer.warnings)")
  }
}
