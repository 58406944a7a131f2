import CoreAPI
import CoreObjects
import Testing

/// What a v1.36 API server answers for objects that say little. Seen in recordings; sources: the types' own JSON tags.
@Suite("Objects as they are stored")
struct StoredFormTests {
  private static let template: JSON = [
    "metadata": ["labels": ["a": "b"]],
    "spec": ["containers": [["name": "c", "image": "i:1"]]],
  ]
  private static let selector: JSON = ["matchLabels": ["a": "b"]]
  private static let apps = "/apis/apps/v1/namespaces/default/"
  private static let autoscalers = "/namespaces/default/horizontalpodautoscalers"

  private func created(_ path: String, _ spec: JSON) -> JSON {
    var bench = Bench()
    let answer = bench.send("POST", path, ["metadata": ["name": "a"], "spec": spec])
    #expect(answer.status == 201, "\(answer.message)")
    return answer.body
  }

  @Test("the answer to a create has the status that its type always has")
  func statuses() {
    let workload: JSON = ["replicas": 0, "selector": Self.selector, "template": Self.template]
    let daemon: JSON = ["selector": Self.selector, "template": Self.template]
    let cron: JSON = [
      "schedule": "* * * * *",
      "jobTemplate": [
        "spec": ["template": ["spec": ["restartPolicy": "Never", "containers": Self.template[.spec][.containers]]]]
      ],
    ]
    let scaled: JSON = ["maxReplicas": 2, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "a"]]
    let expected: [(String, JSON, JSON)] = [
      (Self.apps + "deployments", workload, [:]),
      (Self.apps + "statefulsets", workload, ["availableReplicas": 0, "replicas": 0]),
      (Self.apps + "replicasets", workload, ["replicas": 0]),
      (
        Self.apps + "daemonsets", daemon,
        ["currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0]
      ),
      ("/apis/batch/v1/namespaces/default/cronjobs", cron, [:]),
      (
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets", ["selector": Self.selector],
        ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
      ),
      ("/apis/autoscaling/v2" + Self.autoscalers, scaled, ["currentMetrics": .null, "desiredReplicas": 0]),
      ("/apis/autoscaling/v1" + Self.autoscalers, scaled, ["desiredReplicas": 0, "currentReplicas": 0]),
      ("/api/v1/namespaces/default/services", ["ports": [["port": 80]]], ["loadBalancer": [:]]),
    ]
    for (path, spec, status) in expected { #expect(created(path, spec)[.status] == status, "\(path)") }
    #expect(created(Self.apps + "statefulsets", workload)[.spec]["serviceName"] == "")
  }

  /// Storage in protobuf has no empty lists.
  @Test("an empty list that is always written is null, as one that was not given", arguments: ["[]", "null"])
  func emptyLists(list: String) {
    var bench = Bench()
    func first(_ path: String, _ rest: String) -> JSON {
      bench.send("POST", path, text: #"{"metadata":{"name":"a"},"# + rest + "}").body
    }
    let role = first("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", "\"rules\":\(list)")
    #expect(role.members.contains { $0.key == "rules" && $0.value.isNull })
    let slice = first(
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      "\"addressType\":\"IPv4\",\"ports\":\(list),\"endpoints\":\(list)")
    for key in [Key("ports"), "endpoints"] { #expect(slice.members.contains { $0.key == key && $0.value.isNull }) }
  }

  @Test("counts in tables are numbers, what can be absent is a text")
  func cells() {
    let workload: JSON = ["replicas": 0, "selector": Self.selector, "template": Self.template]
    let cron: JSON = [
      "schedule": "* * * * *", "suspend": true,
      "jobTemplate": ["spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]]]],
    ]
    let scaled: JSON = ["maxReplicas": 5, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "a"]]
    let expected: [(String, JSON, JSON)] = [
      (Self.apps + "deployments", ["spec": workload], ["a", "0/0", 0, 0, "0s"]),
      (Self.apps + "replicasets", ["spec": workload], ["a", 0, 0, 0, "0s"]),
      (Self.apps + "controllerrevisions", ["revision": 3, "data": [:]], ["a", "<none>", 3, "0s"]),
      ("/api/v1/namespaces/default/secrets", ["data": ["x": ""]], ["a", "Opaque", 1, "0s"]),
      (
        "/apis/batch/v1/namespaces/default/cronjobs", ["spec": cron],
        ["a", "* * * * *", "<none>", "True", 0, "<none>", "0s"]
      ),
      (
        "/apis/autoscaling/v2" + Self.autoscalers, ["spec": scaled],
        ["a", "Deployment/a", "cpu: <unknown>/80%", "1", 5, 0, "0s"]
      ),
    ]
    for (path, object, cells) in expected {
      var bench = Bench()
      var tree = object
      tree.put(.metadata, ["name": "a"])
      #expect(bench.send("POST", path, tree).status == 201, "\(path)")
      let row = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body["rows"][0]["cells"].elements
      #expect(Array(row.prefix(cells.elements.count)) == cells.elements, "\(path)")
    }
  }

  @Test("a StatefulSet that names its strategy gets no partition with it, one that does not gets both")
  func strategies() {
    func strategy(_ given: JSON) -> JSON {
      created(
        Self.apps + "statefulsets", ["selector": Self.selector, "template": Self.template, "updateStrategy": given])[.spec][
          .updateStrategy]
    }
    #expect(strategy(.null) == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
    #expect(strategy(["type": "RollingUpdate"]) == ["type": "RollingUpdate"])
    #expect(strategy(["type": "RollingUpdate", "rollingUpdate": [:]])[.rollingUpdate] == ["partition": 0])
    #expect(strategy(["type": "OnDelete"]) == ["type": "OnDelete"])
  }

  @Test("what is computed looks as if it had been stored")
  func computed() {
    var bench = Bench()
    let token = bench.send(
      "POST", "/api/v1/namespaces/default/serviceaccounts/default/token", ["spec": ["audiences": [], "expirationSeconds": 900]])
    #expect(token.body[.spec].members.contains { $0.key == "boundObjectRef" && $0.value.isNull }, "\(token.body)")
    let review = bench.send(
      "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      ["spec": ["user": "u", "groups": [], "nonResourceAttributes": ["path": "/x", "verb": "get"]]])
    #expect(review.body[.status] == ["allowed": false] && review.body[.metadata] == [:])
    #expect(review.body[.spec] == ["user": "u", "nonResourceAttributes": ["path": "/x", "verb": "get"]])
    bench.send("POST", Self.apps + "deployments", Bench.deployment("a"))
    let scale = bench.send(
      "PATCH", Self.apps + "deployments/a/scale", ["spec": ["replicas": 0]], type: "application/merge-patch+json")
    #expect(scale.body[.spec] == [:])
  }

  @Test("a pod that is deleted without grace is answered, and told to watches, with the marks of its deletion")
  func deletedAtOnce() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    guard let watch = bench.watch(Bench.pods + "?watch=1") else {
      Issue.record("no watch")
      return
    }
    let metadata = bench.send("DELETE", Bench.pods + "/p?gracePeriodSeconds=0").body[.metadata]
    #expect(metadata[.deletionGracePeriodSeconds] == 0 && metadata[.deletionTimestamp].string == bench.now.rfc3339)
    #expect(bench.events(watch).last?.hasPrefix("DELETED") == true)
    #expect(bench.get(Bench.pods + "/p").status == 404)
  }

  @Test("null for a port is port 0, and no port")
  func nullPort() {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.spec][.containers][0].put(.livenessProbe, ["tcpSocket": ["port": .null]])
    let answer = bench.send("POST", Bench.pods, pod)
    #expect(answer.status == 422 && answer.message.contains("tcpSocket.port: Invalid value: 0"), "\(answer.message)")
  }

  @Test("what an earlier version stored is brought up to date, a kept template with the workload that it is compared with")
  func earlierForm() throws {
    let earlier: JSON = [
      "metadata": ["labels": ["a": "b"], "annotations": [:]],
      "spec": [
        "nodeSelector": [:], "restartPolicy": "Always",
        "containers": [
          ["name": "c", "image": "i:1", "env": [], "tty": false, "resources": ["limits": ["memory": "1024Mi"]], "args": [""]]
        ],
      ],
    ]
    func renewed(_ id: ResourceID, _ tree: JSON) throws -> JSON {
      let object = StoredObject(key: ObjectKey(id, namespace: "default", "a"), uid: "u", revision: 7, tree: tree, encoded: nil)
      let new = try #require(StoredForm().renewed(object))
      #expect(new.revision == 7 && StoredForm().renewed(new) == nil)
      return new.tree
    }
    let set = try renewed(
      .statefulSets, ["metadata": ["name": "a"], "spec": ["selector": Self.selector, "template": earlier]])
    let daemon = try renewed(.daemonSets, ["metadata": ["name": "a"], "spec": ["selector": Self.selector, "template": earlier]])
    #expect(daemon[.metadata][.annotations] == ["deprecated.daemonset.template.generation": "1"])
    var kept = earlier
    kept.put("$patch", "replace")
    let revision = try renewed(
      .controllerRevisions, ["metadata": ["name": "a-1"], "revision": 1, "data": ["spec": ["template": kept]]])
    var template = revision[.data][.spec][.template]
    #expect(template["$patch"] == "replace")
    template.remove("$patch")
    #expect(template == set[.spec][.template])
    #expect(template[.spec][.containers][0][.resources] == ["limits": ["memory": "1Gi"]])
    #expect(template[.spec]["nodeSelector"].isNull && template[.spec][.containers][0]["tty"].isNull)
  }
}
