import CoreObjects
import Testing

@Suite("ResourceQuota at admission")
struct QuotaTests {
  private static let quotas = "/api/v1/namespaces/default/resourcequotas"

  private func bench(_ hard: JSON, spec: JSON = .object([]), name: String = "q") -> Bench {
    var bench = Bench()
    add(hard, spec: spec, name, to: &bench)
    return bench
  }

  private func add(_ hard: JSON, spec: JSON = .object([]), _ name: String, to bench: inout Bench) {
    var spec = spec
    spec.put("hard", hard)
    #expect(bench.send("POST", Self.quotas, ["metadata": ["name": .string(name)], "spec": spec]).status == 201)
  }

  private func pod(_ name: String, requests: JSON = .null, limits: JSON = .null) -> JSON {
    var pod = Bench.pod(name)
    var resources: JSON = .object([])
    resources.put(.requests, requests)
    resources.put(.limits, limits)
    pod[.spec][.containers][0].put(.resources, resources)
    return pod
  }

  private func used(_ bench: inout Bench, _ quota: String = "q") -> JSON {
    bench.get(Self.quotas + "/" + quota).body[.status][.used]
  }

  @Test("the create that crosses the bound is refused with 403, naming quota, request, use and bound")
  func exceeded() {
    var bench = bench(["pods": "2", "requests.memory": "1Gi"])
    #expect(bench.send("POST", Bench.pods, pod("a", requests: ["memory": "600Mi"])).status == 201)
    let refused = bench.send("POST", Bench.pods, pod("b", requests: ["memory": "500Mi"]))
    #expect(refused.status == 403)
    #expect(refused.reason == "Forbidden")
    #expect(
      refused.message
        == #"pods "b" is forbidden: exceeded quota: q, requested: requests.memory=500Mi, used: requests.memory=600Mi, limited: requests.memory=1Gi"#
    )
    #expect(bench.send("POST", Bench.pods, pod("c", requests: ["memory": "424Mi"])).status == 201)
    #expect(
      bench.send("POST", Bench.pods, pod("d", requests: ["memory": "0"])).message.contains(
        "pods=1, used: pods=2, limited: pods=2"))
  }

  @Test("use is charged with the write, so that two quick creates cannot both take the last place")
  func charged() {
    var bench = bench(["count/configmaps": "1"])
    #expect(bench.send("POST", Bench.configMaps, Bench.configMap("a")).status == 201)
    #expect(used(&bench)["count/configmaps"].string == "1")
    #expect(bench.send("POST", Bench.configMaps, Bench.configMap("b")).status == 403)
    #expect(bench.get(Bench.configMaps + "/b").status == 404)
  }

  @Test("a dry run is checked and not charged")
  func dryRun() {
    var bench = bench(["configmaps": "1"])
    #expect(bench.send("POST", Bench.configMaps + "?dryRun=All", Bench.configMap("a")).status == 201)
    #expect(bench.send("POST", Bench.configMaps, Bench.configMap("a")).status == 201)
    #expect(bench.send("POST", Bench.configMaps + "?dryRun=All", Bench.configMap("b")).status == 403)
  }

  @Test("a refused object charges nothing, not even the quotas that it fits")
  func refusedChargesNothing() {
    var bench = bench(["pods": "9"], name: "a")
    add(["pods": "0"], "b", to: &bench)
    #expect(bench.send("POST", Bench.pods, Bench.pod("p")).status == 403)
    #expect(used(&bench, "a")["pods"].isNull)
  }

  @Test("a quota of processors or memory asks every container to say what it needs")
  func mustSay() {
    var bench = bench(["requests.cpu": "4", "limits.memory": "1Gi"])
    let refused = bench.send("POST", Bench.pods, Bench.pod("p"))
    #expect(refused.status == 403)
    #expect(
      refused.message
        == #"pods "p" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main"#)
    #expect(bench.send("POST", Bench.pods, pod("p", limits: ["cpu": "1", "memory": "1Gi"])).status == 201)
    #expect(used(&bench)["requests.cpu"].string == "1")
  }

  @Test("scopes choose the pods that a quota counts")
  func scopes() {
    var bench = bench(["pods": "0"], spec: ["scopes": ["BestEffort"]], name: "best")
    add(["pods": "0"], spec: ["scopes": ["Terminating"]], "ending", to: &bench)
    #expect(bench.send("POST", Bench.pods, Bench.pod("p")).message.contains("exceeded quota: best"))
    #expect(bench.send("POST", Bench.pods, pod("p", requests: ["cpu": "1"])).status == 201)
    var ending = pod("e", requests: ["cpu": "1"])
    ending[.spec].put(.activeDeadlineSeconds, 60)
    #expect(bench.send("POST", Bench.pods, ending).message.contains("exceeded quota: ending"))
  }

  @Test("NotBestEffort and NotTerminating are the rest")
  func otherScopes() {
    var bench = bench(["pods": "0"], spec: ["scopes": ["NotBestEffort", "NotTerminating"]])
    #expect(bench.send("POST", Bench.pods, Bench.pod("p")).status == 201)
    #expect(bench.send("POST", Bench.pods, pod("q", requests: ["cpu": "1"])).status == 403)
  }

  @Test("a scope selector counts pods by priority class")
  func priorityClass() {
    let selector: JSON = ["matchExpressions": [["scopeName": "PriorityClass", "operator": "In", "values": ["high"]]]]
    var bench = bench(["pods": "0"], spec: ["scopeSelector": selector])
    bench.send("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", ["metadata": ["name": "high"], "value": 1000])
    var high = Bench.pod("h")
    high[.spec].put(.priorityClassName, "high")
    #expect(bench.send("POST", Bench.pods, high).status == 403)
    #expect(bench.send("POST", Bench.pods, Bench.pod("p")).status == 201)
  }

  @Test("affinity across namespaces can be forbidden")
  func crossNamespace() {
    var bench = bench(["pods": "0"], spec: ["scopes": ["CrossNamespacePodAffinity"]])
    func affine(_ term: JSON) -> JSON {
      var pod = Bench.pod("p")
      var term = term
      term.put(.topologyKey, "kubernetes.io/hostname")
      pod[.spec].put(.affinity, ["podAntiAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [term]]])
      return pod
    }
    #expect(bench.send("POST", Bench.pods, affine(["labelSelector": .object([]), "namespaces": ["other"]])).status == 403)
    #expect(bench.send("POST", Bench.pods, affine(["labelSelector": .object([])])).status == 201)
  }

  @Test("objects of any group are counted by count/RESOURCE.GROUP")
  func counts() {
    var bench = bench(["count/deployments.apps": "1"])
    let deployments = "/apis/apps/v1/namespaces/default/deployments"
    #expect(bench.send("POST", deployments, Bench.deployment("a")).status == 201)
    #expect(bench.send("POST", deployments, Bench.deployment("b")).message.contains("count/deployments.apps=1"))
  }

  @Test("node ports and load balancers are counted, also where an update takes them")
  func services() {
    var bench = bench(["services.nodeports": "2", "services.loadbalancers": "0"])
    let services = "/api/v1/namespaces/default/services"
    func service(_ type: String, ports: Int) -> JSON {
      let list = (1...ports).map { ["name": .string("p\($0)"), "port": .int(Int64($0))] as JSON }
      return ["metadata": ["name": "s"], "spec": ["type": .string(type), "ports": .array(list)]]
    }
    #expect(bench.send("POST", services, service("LoadBalancer", ports: 1)).status == 403)
    #expect(bench.send("POST", services, service("NodePort", ports: 3)).status == 403)
    #expect(bench.send("POST", services, service("ClusterIP", ports: 3)).status == 201)
    let patch: JSON = ["spec": ["type": "NodePort"]]
    #expect(bench.send("PATCH", services + "/s", patch, type: "application/merge-patch+json").status == 403)
  }

  @Test("storage is counted in all and by class")
  func storage() {
    var bench = bench([
      "requests.storage": "3Gi", "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
      "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "5",
    ])
    func claim(_ name: String, _ size: String, _ storageClass: String) -> JSON {
      [
        "metadata": ["name": .string(name)],
        "spec": [
          "accessModes": ["ReadWriteOnce"], "storageClassName": .string(storageClass),
          "resources": ["requests": ["storage": .string(size)]],
        ],
      ]
    }
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    #expect(bench.send("POST", claims, claim("a", "2Gi", "gold")).status == 403)
    #expect(bench.send("POST", claims, claim("a", "1Gi", "gold")).status == 201)
    #expect(bench.send("POST", claims, claim("b", "2Gi", "tin")).status == 201)
    #expect(
      bench.send("POST", claims, claim("c", "1", "tin")).message.contains("requests.storage=3Gi, limited: requests.storage=3Gi"))
    #expect(used(&bench)["gold.storageclass.storage.k8s.io/persistentvolumeclaims"].string == "1")
  }

  @Test("a quota that cannot be is refused with the field that is wrong")
  func invalid() {
    var bench = Bench()
    func refusal(_ spec: JSON) -> String {
      bench.send("POST", Self.quotas, ["metadata": ["name": "q"], "spec": spec]).message
    }
    #expect(refusal(["hard": ["pods": "-1"]]).contains("spec.hard[pods]"))
    #expect(refusal(["hard": ["pods": "1.5"]]).contains("spec.hard[pods]"))
    #expect(refusal(["hard": ["pods": "1"], "scopes": ["Terminating", "NotTerminating"]]).contains("spec.scopes"))
    #expect(refusal(["hard": ["cpu": "1"], "scopes": ["BestEffort"]]).contains("spec.scopes"))
    #expect(!refusal(["hard": ["pods": "1", "count/pods": "1"], "scopes": ["BestEffort"]]).contains("spec.scopes"))
    let selector: JSON = ["matchExpressions": [["scopeName": "PriorityClass", "operator": "In"]]]
    #expect(refusal(["hard": ["pods": "1"], "scopeSelector": selector]).contains("matchExpressions[0].values"))
  }
}
