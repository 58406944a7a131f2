import CoreAPI
import CoreObjects
import Testing

@Suite("Get and list")
struct ReadTests {
  @Test("an object is read back as it was stored, byte for byte")
  func getsCachedBytes() {
    var bench = Bench()
    let created = bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    #expect(created.status == 201)
    let read = bench.get(Bench.configMaps + "/a")
    #expect(read.status == 200)
    #expect(read.bytes == created.bytes)
    #expect(read.body[.metadata][.uid].string?.count == 36)
    #expect(read.body[.metadata][.creationTimestamp].string == bench.now.rfc3339)
  }

  @Test("what is not there is a 404 that names resource and object")
  func notFound() {
    var bench = Bench()
    let answer = bench.get(Bench.pods + "/x")
    #expect(answer.status == 404)
    #expect(answer.reason == "NotFound")
    #expect(answer.message == "pods \"x\" not found")
    #expect(answer.body["details"] == ["name": "x", "kind": "pods"])
  }

  @Test("a list is sorted, carries the revision and holds only its namespace")
  func lists() {
    var bench = Bench()
    for name in ["b", "a", "c"] { bench.send("POST", Bench.configMaps, Bench.configMap(name)) }
    bench.send("POST", "/api/v1/namespaces/kube-system/configmaps", Bench.configMap("elsewhere"))
    let answer = bench.get(Bench.configMaps)
    #expect(answer.names == ["a", "b", "c"])
    #expect(answer.body[.kind].string == "ConfigMapList")
    #expect(answer.body[.metadata][.resourceVersion].string == String(bench.writer.store.revision))
    #expect(bench.get("/api/v1/configmaps").names == ["a", "b", "c", "elsewhere"])
  }

  @Test("a limit that is no number is refused in words that name no bound where there is none")
  func badLimit() {
    var bench = Bench()
    let answer = bench.get(Bench.configMaps + "?limit=x")
    #expect(answer.status == 400 && answer.message == "parameter limit: \"x\" is no whole number", "\(answer.message)")
  }

  @Test("a list tells once what its items are, whichever way their manifests told it")
  func typesOfItems() {
    var bench = Bench()
    let path = "/api/v1/namespaces/default/configmaps"
    bench.send("POST", path, text: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#)
    bench.send("POST", path, text: #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"b"}}"#)
    bench.send("POST", path, text: #"{"metadata":{"name":"c"},"data":{"kind":"x"}}"#)
    let list = bench.get(path)
    #expect(list.body[.kind] == "ConfigMapList" && list.body[.apiVersion] == "v1")
    #expect(list.body[.items].elements.map { $0[.metadata][.name].string ?? "" } == ["a", "b", "c"])
    #expect(list.body[.items].elements.allSatisfy { $0[.kind].isNull && $0[.apiVersion].isNull })
    #expect(list.body[.items][2][.data] == ["kind": "x"])
    #expect(bench.get(path + "/a").body[.kind] == "ConfigMap")
  }

  @Test("limit and continue walk through all objects once")
  func pages() {
    var bench = Bench()
    for index in 0..<5 { bench.send("POST", Bench.configMaps, Bench.configMap("m\(index)")) }
    let first = bench.get(Bench.configMaps + "?limit=2")
    #expect(first.names == ["m0", "m1"])
    #expect(first.body[.metadata][.remainingItemCount].int == 3)
    let token = first.body[.metadata][.continue].string ?? ""
    let second = bench.get(Bench.configMaps + "?limit=2&continue=" + Bench.escaped(token))
    #expect(second.names == ["m2", "m3"])
    #expect(second.body[.metadata][.resourceVersion] == first.body[.metadata][.resourceVersion])
    #expect(bench.get(Bench.configMaps + "?continue=nonsense").status == 400)
  }

  @Test("label and field selectors choose; an unknown field is refused")
  func selects() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a", labels: ["tier": "web"]))
    bench.send("POST", Bench.configMaps, Bench.configMap("b", labels: ["tier": "db"]))
    #expect(bench.get(Bench.configMaps + "?labelSelector=tier%3Dweb").names == ["a"])
    #expect(bench.get(Bench.configMaps + "?labelSelector=tier+in+(web,db),tier!%3Dweb").names == ["b"])
    #expect(bench.get(Bench.configMaps + "?fieldSelector=metadata.name%3Db").names == ["b"])
    #expect(bench.get(Bench.configMaps + "?fieldSelector=data.a%3D1").status == 400)
    #expect(bench.get(Bench.configMaps + "?labelSelector=%3D%3D").status == 400)
  }

  @Test("a list from the future is refused, an exact one from the past has expired")
  func revisions() {
    var bench = Bench()
    #expect(bench.get(Bench.configMaps + "?resourceVersion=999999").status == 504)
    #expect(bench.get(Bench.configMaps + "?resourceVersion=1&resourceVersionMatch=NotOlderThan").status == 200)
    let exact = bench.get(Bench.configMaps + "?resourceVersion=1&resourceVersionMatch=Exact")
    #expect(exact.status == 200)
    #expect(bench.get(Bench.configMaps + "?resourceVersionMatch=Exact").status == 422)
  }

  @Test("a table has the columns of the kind and a row for each object")
  func tables() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a", ["x": "1", "y": "2"]))
    bench.now = bench.now + .seconds(90)
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    let table = bench.get(Bench.configMaps, accept: accept).body
    #expect(table[.kind].string == "Table")
    #expect(table["columnDefinitions"].elements.map { $0[.name].string } == ["Name", "Data", "Age"])
    #expect(table["rows"][0]["cells"] == ["a", 2, "90s"])
    #expect(table["rows"][0][.object][.kind].string == "PartialObjectMetadata")
    let one = bench.get(Bench.configMaps + "/a?includeObject=None", accept: accept).body
    #expect(one["rows"].elements.count == 1)
    #expect(one["rows"][0][.object].isNull)
  }

  @Test("only metadata is sent to who asks for it")
  func partial() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    let list = bench.get(Bench.configMaps, accept: accept).body
    #expect(list[.kind].string == "PartialObjectMetadataList")
    #expect(list[.items][0][.data].isNull)
    #expect(list[.items][0][.metadata][.name].string == "a")
  }

  @Test("of several media types the first that can be sent is chosen; none is a 406")
  func negotiates() {
    var bench = Bench()
    #expect(bench.get(Bench.configMaps, accept: "application/vnd.kubernetes.protobuf,application/json").status == 200)
    let refused = bench.get(Bench.configMaps, accept: "text/html")
    #expect(refused.status == 406)
    #expect(refused.reason == "NotAcceptable")
  }

  @Test("YAML is written in its turn, protobuf where nothing else is taken; watches and tables are told in JSON alone")
  func forms() throws {
    let forms: [(String, Accept.Form)] = [
      ("", .json), ("*/*", .json), ("application/yaml", .yaml), ("application/yaml, application/json", .yaml),
      ("application/json, application/yaml", .json), ("application/vnd.kubernetes.protobuf", .protobuf),
      ("application/vnd.kubernetes.protobuf, application/json", .json), ("text/html, Application/YAML;q=0.5", .yaml),
    ]
    for (header, form) in forms { #expect(try Accept(header).form == form, "\(header)") }
    var bench = Bench()
    for type in ["application/yaml", "application/vnd.kubernetes.protobuf"] {
      #expect(bench.get(Bench.configMaps + "?watch=true", accept: type).status == 406)
    }
    let table = "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io"
    #expect(bench.get(Bench.configMaps, accept: table).status == 406)
  }

  @Test("paths that are not served are 404, methods that are not allowed 405")
  func routes() {
    var bench = Bench()
    #expect(bench.get("/apis/nothing/v1/things").status == 404)
    #expect(bench.get("/api/v1/namespaces/default/pods/x/nothing").status == 404)
    #expect(bench.send("PUT", Bench.configMaps, Bench.configMap("a")).status == 405)
    #expect(bench.send("POST", Bench.configMaps + "/a", Bench.configMap("a")).status == 405)
    #expect(bench.get("/api/v1/%zz").status == 400)
  }

  @Test("pretty output holds the same object")
  func pretty() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let pretty = bench.get(Bench.configMaps + "/a?pretty=true")
    #expect(pretty.bytes.count > bench.get(Bench.configMaps + "/a").bytes.count)
    #expect(pretty.body == bench.get(Bench.configMaps + "/a").body)
  }

  @Test("a path is decoded once, and segment by segment")
  func escapes() {
    var bench = Bench()
    let literal = bench.get(Bench.configMaps + "/a%2525")
    #expect(literal.status == 404 && literal.message.contains("\"a%25\""))
    let slash = bench.get(Bench.configMaps + "/a%2Fstatus")
    #expect(slash.status == 404 && slash.message.contains("\"a/status\""))
    #expect(bench.get("/health%7A").status == 200)
    #expect(bench.get("/healthz%252F").status == 404)
    #expect(bench.get(Bench.configMaps + "/a%2").status == 400)
  }

  @Test("each kind and version has fields of its own by which it can be selected")
  func selectableFields() {
    var bench = Bench()
    let paths = [
      ("/api/v1/pods", ["spec.host", "spec.hostNetwork", "status.podIPs", "spec.schedulerName"]),
      ("/api/v1/services", ["spec.clusterIP", "spec.type"]), ("/api/v1/replicationcontrollers", ["status.replicas"]),
      ("/api/v1/events", ["involvedObject.uid", "source", "reportingComponent"]),
      ("/apis/events.k8s.io/v1/events", ["regarding.kind", "regarding.fieldPath", "reportingController", "reason", "type"]),
      ("/apis/batch/v1/jobs", ["status.successful"]),
    ]
    for (path, fields) in paths {
      for field in fields { #expect(bench.get("\(path)?fieldSelector=\(field)%3Dx").status == 200, "\(path) \(field)") }
    }
    #expect(bench.get("/apis/events.k8s.io/v1/events?fieldSelector=involvedObject.uid%3Dx").status == 400)
    #expect(bench.get("/api/v1/events?fieldSelector=regarding.kind%3Dx").status == 400)
    #expect(bench.get("/api/v1/services?fieldSelector=spec.type%3DClusterIP").status == 200)
  }

  @Test("a MicroTime has six decimals")
  func microTimes() {
    var bench = Bench()
    func lease(_ name: String, _ time: String) -> JSON {
      ["metadata": ["name": .string(name)], "spec": ["renewTime": .string(time)]]
    }
    let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    #expect(bench.send("POST", path, lease("a", "2026-01-31T12:00:00Z")).status == 400)
    #expect(bench.send("POST", path, lease("a", "2026-01-31T12:00:00.123Z")).status == 400)
    #expect(bench.send("POST", path, lease("a", "2026-01-31T12:00:00.000000Z")).status == 201)
    #expect(bench.send("POST", path, lease("b", "2026-01-31T12:00:00.000000+02:00")).status == 201)
  }
}
