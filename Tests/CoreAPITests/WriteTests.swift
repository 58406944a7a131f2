import CoreAPI
import CoreObjects
import Testing

@Suite("Create, update, patch, delete")
struct WriteTests {
  @Test("a name that is taken is a 409 AlreadyExists")
  func alreadyExists() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let answer = bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    #expect(answer.status == 409)
    #expect(answer.reason == "AlreadyExists")
    #expect(answer.message == "configmaps \"a\" already exists")
  }

  @Test("generateName gives five more characters")
  func generatesNames() {
    var bench = Bench()
    let answer = bench.send("POST", Bench.configMaps, ["metadata": ["generateName": "web-"]])
    #expect(answer.status == 201)
    #expect(answer.body[.metadata][.name].string?.count == 9)
    #expect(answer.body[.metadata][.name].string?.hasPrefix("web-") == true)
  }

  @Test("names, labels, annotations and owners out of form are a 422 with a cause for each")
  func metadataRules() {
    var bench = Bench()
    let long = String(repeating: "a", count: 254)
    for name in ["A", "a_b", "-a", "a..b", long, ""] {
      let answer = bench.send("POST", Bench.configMaps, Bench.configMap(name))
      #expect(answer.status == 422, "\(name)")
      #expect(answer.body["details"]["causes"][0]["field"].string == "metadata.name")
    }
    let labels = bench.send("POST", Bench.configMaps, Bench.configMap("a", labels: ["bad key": "x", "ok": "bad value"]))
    #expect(labels.body["details"]["causes"].elements.count == 2)
    let big = JSON.string(String(repeating: "x", count: 257 * 1024))
    #expect(bench.send("POST", Bench.configMaps, ["metadata": ["name": "a", "annotations": ["k": big]]]).status == 422)
    let owner: JSON = ["apiVersion": "v1", "kind": "Pod", "name": "", "uid": "u"]
    #expect(bench.send("POST", Bench.configMaps, ["metadata": ["name": "a", "ownerReferences": [owner]]]).status == 422)
    #expect(bench.send("POST", Bench.configMaps, ["metadata": ["name": "a", "finalizers": ["mine"]]]).status == 422)
    #expect(bench.writer.store.get(.configMaps, namespace: "default", "a") == nil)
  }

  @Test("a field that is out of the schema's range or may not change is one cause")
  func oneCause() {
    var bench = Bench()
    let set: JSON = [
      "metadata": ["name": "a"],
      "spec": ["replicas": -1, "selector": ["matchLabels": ["a": "b"]], "template": Bench.pod("p")],
    ]
    let answer = bench.send("POST", "/apis/apps/v1/namespaces/default/statefulsets", set)
    #expect(answer.body["details"]["causes"].elements.filter { $0["field"] == "spec.replicas" }.count == 1)
    let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    func binding(_ role: JSON) -> JSON { ["metadata": ["name": "a"], "roleRef": ["kind": "ClusterRole", "name": role]] }
    #expect(bench.send("POST", bindings, binding("view")).status == 201)
    let moved = bench.send("PUT", bindings + "/a", binding("edit"))
    #expect(moved.body["details"]["causes"].elements.map { $0["field"] } == ["roleRef"])
  }

  @Test("a body of another kind, a list, no JSON, or none is a 400")
  func badBodies() {
    var bench = Bench()
    #expect(bench.send("POST", Bench.configMaps, Bench.pod("a")).status == 400)
    #expect(bench.send("POST", Bench.configMaps, ["kind": "List", "apiVersion": "v1", "items": .array([])]).status == 400)
    #expect(bench.send("POST", Bench.configMaps, text: "{").status == 400)
    #expect(bench.send("POST", Bench.configMaps, text: "").status == 400)
    #expect(bench.send("POST", Bench.configMaps, text: String(repeating: "[", count: 5000)).status == 400)
    #expect(bench.send("POST", Bench.configMaps, text: "{\"data\":{\"a\":1e400}}").status == 400)
    #expect(bench.send("POST", Bench.configMaps, text: "x", type: "application/yaml").status == 415)
    #expect(bench.send("POST", Bench.configMaps, text: String(repeating: " ", count: 3 * 1024 * 1024 + 1)).status == 413)
  }

  @Test("a wrong type is a 400 that names the field")
  func wrongType() {
    var bench = Bench()
    var tree = Bench.deployment("a")
    tree[.spec].put(.replicas, "three")
    let answer = bench.send("POST", "/apis/apps/v1/namespaces/default/deployments", tree)
    #expect(answer.status == 400)
    #expect(answer.message.contains("spec.replicas"))
  }

  @Test("unknown and repeated fields are warnings, errors or nothing, as fieldValidation says")
  func fieldValidation() {
    var bench = Bench()
    let body = "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\",\"k\":\"2\"},\"dtaa\":{}}"
    let strict = bench.send("POST", Bench.configMaps + "?fieldValidation=Strict", text: body)
    #expect(strict.status == 400)
    #expect(strict.message.contains("strict decoding error: unknown field \"dtaa\""))
    #expect(strict.message.contains("duplicate field"))
    let ignored = bench.send("POST", Bench.configMaps + "?fieldValidation=Ignore&dryRun=All", text: body)
    #expect(ignored.status == 201 && ignored.headers.isEmpty)
    let warned = bench.send("POST", Bench.configMaps + "?fieldValidation=Warn", text: body)
    #expect(warned.headers.map(\.value).contains("299 - \"unknown field \\\"dtaa\\\"\""))
    #expect(warned.body["dtaa"].isNull)
    #expect(bench.send("POST", Bench.configMaps + "?fieldValidation=Maybe", text: body).status == 422)
  }

  @Test("a dry run answers as if and stores nothing")
  func dryRun() {
    var bench = Bench()
    let revision = bench.writer.store.revision
    #expect(bench.send("POST", Bench.configMaps + "?dryRun=All", Bench.configMap("a")).status == 201)
    #expect(bench.writer.store.revision == revision)
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    #expect(bench.send("DELETE", Bench.configMaps + "/a?dryRun=All").status == 200)
    #expect(bench.get(Bench.configMaps + "/a").status == 200)
    #expect(bench.send("POST", Bench.configMaps + "?dryRun=Some", Bench.configMap("b")).status == 422)
  }

  @Test("a namespace that is missing or terminating takes nothing")
  func namespaces() {
    var bench = Bench()
    #expect(bench.send("POST", "/api/v1/namespaces/gone/configmaps", Bench.configMap("a")).status == 404)
    bench.send("POST", "/api/v1/namespaces", ["metadata": ["name": "tmp"]])
    #expect(bench.send("DELETE", "/api/v1/namespaces/tmp").body[.status][.phase].string == "Terminating")
    let refused = bench.send("POST", "/api/v1/namespaces/tmp/configmaps", Bench.configMap("a"))
    #expect(refused.status == 403)
    #expect(refused.body["details"]["causes"][0][.reason].string == "NamespaceTerminating")
    bench.send("PUT", "/api/v1/namespaces/tmp/finalize", ["metadata": ["name": "tmp"], "spec": ["finalizers": .array([])]])
    #expect(bench.get("/api/v1/namespaces/tmp").status == 404)
    #expect(bench.send("DELETE", "/api/v1/namespaces/default").status == 403)
  }

  @Test("a stale resourceVersion is refused with 409 Conflict and changes nothing")
  func staleUpdate() {
    var bench = Bench()
    let first = bench.send("POST", Bench.configMaps, Bench.configMap("a")).body
    var second = first
    second.put(.data, ["a": "2"])
    #expect(bench.send("PUT", Bench.configMaps + "/a", second).status == 200)
    let stale = bench.send("PUT", Bench.configMaps + "/a", first)
    #expect(stale.status == 409)
    #expect(stale.reason == "Conflict")
    #expect(stale.message.hasPrefix("Operation cannot be fulfilled on configmaps \"a\": the object has been modified"))
    #expect(bench.get(Bench.configMaps + "/a").body[.data]["a"].string == "2")
  }

  @Test("an update that changes nothing keeps the revision")
  func noOperation() {
    var bench = Bench()
    let created = bench.send("POST", Bench.configMaps, Bench.configMap("a")).body
    let revision = bench.writer.store.revision
    #expect(bench.send("PUT", Bench.configMaps + "/a", created).body == created)
    #expect(bench.writer.store.revision == revision)
  }

  @Test("an update of what is not there is a 404, of another name a 400, of another uid a 409")
  func mismatches() {
    var bench = Bench()
    #expect(bench.send("PUT", Bench.configMaps + "/a", Bench.configMap("a")).status == 404)
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    #expect(bench.send("PUT", Bench.configMaps + "/a", Bench.configMap("b")).status == 400)
    var other = Bench.configMap("a")
    other[.metadata].put(.uid, "11111111-1111-4111-8111-111111111111")
    #expect(bench.send("PUT", Bench.configMaps + "/a", other).status == 409)
  }

  @Test("the clients' favourite patches change what they say")
  func patches() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a", ["size": "50", "max": "500"]))
    let path = Bench.configMaps + "/a"
    let merged = bench.send("PATCH", path, ["data": ["size": "0"]], type: "application/strategic-merge-patch+json")
    #expect(merged.body[.data] == ["size": "0", "max": "500"])
    let removed = bench.send("PATCH", path, text: "{\"data\":{\"max\":null}}", type: "application/merge-patch+json")
    #expect(removed.body[.data] == ["size": "0"])
    let operations: JSON = [["op": "test", "path": "/data/size", "value": "0"], ["op": "add", "path": "/data/x", "value": "1"]]
    #expect(bench.send("PATCH", path, operations, type: "application/json-patch+json").body[.data]["x"].string == "1")
    let failing: JSON = [["op": "test", "path": "/data/size", "value": "9"]]
    #expect(bench.send("PATCH", path, failing, type: "application/json-patch+json").status == 422)
    #expect(bench.send("PATCH", path, ["data": ["q": 1]], type: "application/merge-patch+json").status == 422)
    #expect(bench.send("PATCH", path, ["data": .null], type: "application/json").status == 415)
    let stale: JSON = ["metadata": ["resourceVersion": "1"], "data": ["size": "7"]]
    #expect(bench.send("PATCH", path, stale, type: "application/merge-patch+json").status == 409)
  }

  @Test("finalizers hold an object until the last one is taken away")
  func finalizers() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, ["metadata": ["name": "a", "finalizers": ["example.com/hold"]]])
    let path = Bench.configMaps + "/a"
    #expect(bench.send("DELETE", path).body[.metadata][.deletionTimestamp].string == bench.now.rfc3339)
    #expect(bench.get(path).status == 200)
    let added: JSON = ["metadata": ["finalizers": ["example.com/hold", "example.com/more"]]]
    #expect(bench.send("PATCH", path, added, type: "application/merge-patch+json").status == 422)
    bench.send("PATCH", path, text: "{\"metadata\":{\"finalizers\":null}}", type: "application/merge-patch+json")
    #expect(bench.get(path).status == 404)
  }

  @Test("preconditions of a deletion are checked")
  func preconditions() {
    var bench = Bench()
    let created = bench.send("POST", Bench.configMaps, Bench.configMap("a")).body
    let wrong: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": "other"]]
    #expect(bench.send("DELETE", Bench.configMaps + "/a", wrong).status == 409)
    let right: JSON = ["preconditions": ["uid": created[.metadata][.uid]]]
    let answer = bench.send("DELETE", Bench.configMaps + "/a", right)
    #expect(answer.body[.status].string == "Success")
    #expect(answer.body["details"][.uid] == created[.metadata][.uid])
  }

  @Test("propagation leaves its finalizer for the garbage collector")
  func propagation() {
    var bench = Bench()
    for (policy, finalizer) in [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")] {
      bench.send("POST", Bench.configMaps, Bench.configMap("a-" + policy.lowercased()))
      let path = Bench.configMaps + "/a-" + policy.lowercased()
      #expect(bench.send("DELETE", path + "?propagationPolicy=" + policy).body[.metadata][.finalizers] == [.string(finalizer)])
    }
    #expect(bench.send("DELETE", Bench.configMaps + "/a-orphan?propagationPolicy=Sideways").status == 422)
  }

  @Test("a bound pod waits for its node, an unbound one goes at once")
  func gracefulDeletion() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("free"))
    bench.send("POST", Bench.pods, Bench.pod("bound"))
    let binding: JSON = ["metadata": ["name": "bound"], "target": ["kind": "Node", "name": "n1"]]
    #expect(bench.send("POST", Bench.pods + "/bound/binding", binding).status == 201)
    #expect(bench.send("POST", Bench.pods + "/bound/binding", binding).status == 409)
    bench.send("DELETE", Bench.pods + "/free")
    #expect(bench.get(Bench.pods + "/free").status == 404)
    let pending = bench.send("DELETE", Bench.pods + "/bound").body
    #expect(pending[.metadata][.deletionGracePeriodSeconds].int == 30)
    #expect(pending[.metadata][.deletionTimestamp].string == (bench.now + .seconds(30)).rfc3339)
    let sooner = bench.send("DELETE", Bench.pods + "/bound?gracePeriodSeconds=5").body
    #expect(sooner[.metadata][.deletionTimestamp].string == (bench.now + .seconds(5)).rfc3339)
    bench.send("DELETE", Bench.pods + "/bound?gracePeriodSeconds=0")
    #expect(bench.get(Bench.pods + "/bound").status == 404)
  }

  @Test(
    "an event is about an object of its namespace, and one with a time in microseconds says who reports it and what was done",
    arguments: [
      (#"{"involvedObject":{}}"#, []), (#"{"involvedObject":{"namespace":"default"}}"#, []),
      (#"{"involvedObject":{"namespace":"other"}}"#, ["involvedObject.namespace"]),
      (
        #"{"involvedObject":{},"eventTime":"2026-01-01T00:00:00.000000Z"}"#,
        ["reportingComponent", "reportingInstance", "action", "reason"]
      ),
      (
        #"{"involvedObject":{},"eventTime":"2026-01-01T00:00:00.000000Z","reportingComponent":"a.b/c","reportingInstance":"i","#
          + #""action":"A","reason":"R"}"#, []
      ),
      (
        #"{"involvedObject":{},"eventTime":"2026-01-01T00:00:00.000000Z","reportingComponent":"a b","reportingInstance":"i","#
          + #""action":"A","reason":"R"}"#, ["reportingComponent"]
      ),
    ])
  func judgesEvents(_ text: String, _ fields: [String]) throws {
    var bench = Bench()
    var event = try JSONParser.parse(Array(text.utf8))
    event.put(.metadata, ["name": "e"])
    let answer = bench.send("POST", "/api/v1/namespaces/default/events", event)
    #expect(answer.status == (fields.isEmpty ? 201 : 422), "\(answer.message)")
    #expect(answer.body[.details]["causes"].elements.compactMap { $0["field"].string } == fields, "\(answer.message)")
  }

  @Test("the deletion of a storage class answers with the class, that of a ConfigMap with a Status")
  func answersDeletions() {
    var bench = Bench()
    let classes = "/apis/storage.k8s.io/v1/storageclasses"
    bench.send("POST", classes, ["metadata": ["name": "a"], "provisioner": "x"])
    #expect(bench.send("DELETE", classes + "/a").body["provisioner"] == "x")
    bench.send("POST", Bench.configMaps, ["metadata": ["name": "a"]])
    #expect(bench.send("DELETE", Bench.configMaps + "/a").body[.kind] == "Status")
  }

  @Test("deletecollection removes what the selector names")
  func deletesCollections() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a", labels: ["x": "1"]))
    bench.send("POST", Bench.configMaps, Bench.configMap("b"))
    let answer = bench.send("DELETE", Bench.configMaps + "?labelSelector=x%3D1")
    #expect(answer.names == ["a"])
    #expect(bench.get(Bench.configMaps).names == ["b"])
  }

  @Test("scale is read and written beside the object")
  func scale() {
    var bench = Bench()
    let path = "/apis/apps/v1/namespaces/default/deployments"
    #expect(bench.send("POST", path, Bench.deployment("web")).status == 201)
    var scale = bench.get(path + "/web/scale").body
    #expect(scale[.kind].string == "Scale")
    #expect(scale[.status][.selector].string == "app=x")
    scale[.spec].put(.replicas, 4)
    #expect(bench.send("PUT", path + "/web/scale", scale).body[.spec][.replicas].int == 4)
    #expect(bench.send("PUT", path + "/web/scale", scale).status == 409)
    let object = bench.get(path + "/web").body
    #expect(object[.spec][.replicas].int == 4)
    #expect(object[.metadata][.generation].int == 2)
    let patch: JSON = ["spec": ["replicas": -1]]
    #expect(bench.send("PATCH", path + "/web/scale", patch, type: "application/merge-patch+json").status == 422)
  }

  @Test("the status is written only through its subresource")
  func status() {
    var bench = Bench()
    let path = "/apis/apps/v1/namespaces/default/deployments"
    var tree = bench.send("POST", path, Bench.deployment("web")).body
    tree.put(.status, ["replicas": 3])
    #expect(bench.send("PUT", path + "/web", tree).body[.status][.replicas].isNull)
    tree[.spec].put(.replicas, 9)
    let updated = bench.send("PUT", path + "/web/status", tree).body
    #expect(updated[.status][.replicas].int == 3)
    #expect(updated[.spec][.replicas].int == 1)
  }
}
