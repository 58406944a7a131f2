import CoreAPI
import CoreObjects
import Testing

@Suite("CustomResourceDefinitions: how a kind comes and goes")
struct CustomResourceDefinitionTests {
  private static let definitions = CustomResourceBench.definitions
  private static let one = CustomResourceBench.definitions + "/crontabs.stable.example.com"

  private func conditions(_ tree: JSON) -> [String] {
    tree[.status][.conditions].elements.map {
      "\($0[.type].string ?? "") \($0[.status].string ?? "") \($0[.reason].string ?? "")"
    }
  }

  @Test("it is established at once, with the names that were left out")
  func established() {
    var custom = CustomResourceBench()
    let found = custom.send("GET", Self.one).body
    #expect(conditions(found) == ["NamesAccepted True NoConflicts", "Established True InitialNamesAccepted"])
    #expect(
      found[.status]["acceptedNames"]
        == CustomResourceBench.json(
          #"{"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "listKind": "CronTabList", "shortNames": ["ct"], "categories": ["all"]}"#
        ))
    #expect(found[.status]["storedVersions"] == ["v1"])
    #expect(found[.spec]["conversion"] == ["strategy": "None"])
  }

  @Test("discovery, aggregated discovery, OpenAPI and APIServices show the kind, and no more once it is gone")
  func discovery() {
    var custom = CustomResourceBench()
    let list = custom.send("GET", "/apis/stable.example.com/v1").body
    #expect(list["resources"].elements.map { $0[.name].string } == ["crontabs", "crontabs/scale", "crontabs/status"])
    #expect(list["resources"][0]["shortNames"] == ["ct"])
    let groups = custom.send("GET", "/apis").body["groups"].elements.map { $0[.name].string ?? "" }
    #expect(groups.contains("stable.example.com"))
    #expect(custom.send("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com").status == 200)
    let document = custom.send("GET", "/openapi/v3/apis/stable.example.com/v1").body
    let schema = document["components"]["schemas"]["com.example.stable.v1.CronTab"]
    #expect(schema[.properties][.spec][.properties]["cronSpec"]["description"] == "when it runs")
    #expect(document["components"]["schemas"]["com.example.stable.v1.CronTabList"].isObject)
    #expect(custom.send("GET", "/openapi/v2").body["definitions"]["com.example.stable.v1.CronTab"].isObject)
    custom.send("DELETE", Self.one)
    custom.bench.run(seconds: 1)
    #expect(custom.send("GET", "/apis/stable.example.com/v1").status == 404)
    #expect(custom.send("GET", CustomResourceBench.path).status == 404)
    #expect(custom.send("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com").status == 404)
    #expect(custom.send("GET", "/openapi/v3/apis/stable.example.com/v1").status == 404)
  }

  @Test("it takes its objects with it, and waits for those that finalizers hold")
  func removal() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    custom.send(
      "POST", CustomResourceBench.path,
      #"{"metadata": {"name": "held", "finalizers": ["example.com/f"]}, "spec": {"cronSpec": "***"}}"#)
    custom.send("DELETE", Self.one)
    custom.bench.run(seconds: 1)
    let waiting = custom.send("GET", Self.one).body
    #expect(conditions(waiting).last == "Terminating True InstanceDeletionInProgress")
    #expect(custom.send("GET", CustomResourceBench.path).body[.items].elements.map { $0[.metadata][.name].string } == ["held"])
    #expect(custom.create(#"{"cronSpec": "* *"}"#, name: "late").status == 405)
    custom.send(
      "PATCH", CustomResourceBench.path + "/held", #"{"metadata": {"finalizers": null}}"#, type: "application/merge-patch+json")
    custom.bench.run(seconds: 1)
    #expect(custom.send("GET", Self.one).status == 404)
  }

  @Test("another definition's names are not taken, until that one goes")
  func conflict() {
    var custom = CustomResourceBench()
    var other = CustomResourceBench.definition
    other[.metadata].put(.name, "others.stable.example.com")
    other[.spec].put("names", ["plural": "others", "kind": "Other", "shortNames": ["ct"]])
    #expect(custom.bench.send("POST", Self.definitions, other).status == 201)
    let path = Self.definitions + "/others.stable.example.com"
    #expect(
      conditions(custom.send("GET", path).body) == ["NamesAccepted False ShortNamesConflict", "Established False NotAccepted"])
    #expect(custom.send("GET", "/apis/stable.example.com/v1/namespaces/default/others").status == 404)
    custom.send("DELETE", Self.one)
    custom.bench.run(seconds: 1)
    #expect(
      conditions(custom.send("GET", path).body) == ["NamesAccepted True NoConflicts", "Established True InitialNamesAccepted"])
    #expect(custom.send("GET", "/apis/stable.example.com/v1/namespaces/default/others").status == 200)
  }

  @Test("each served version has its own schema, and the stored one may change")
  func versions() {
    var custom = CustomResourceBench { definition in
      var versions = definition[.spec][.versions].elements
      var beta = versions[0]
      beta.put(.name, "v1beta1")
      beta.put(.storage, false)
      beta.put("deprecated", true)
      beta[.schema][.openAPIV3Schema][.properties][.spec][.properties].remove("labels")
      beta[.schema][.openAPIV3Schema][.properties][.spec][.properties].put("old", ["type": "string", "default": "yes"])
      versions.append(beta)
      var gone = beta
      gone.put(.name, "v1alpha1")
      gone.put("served", false)
      versions.append(gone)
      definition[.spec].put(.versions, .array(versions))
    }
    custom.create(#"{"cronSpec": "* *", "labels": {"a": "b"}}"#)
    let beta = "/apis/stable.example.com/v1beta1/namespaces/default/crontabs"
    let read = custom.send("GET", beta + "/a")
    #expect(read.body[.apiVersion] == "stable.example.com/v1beta1")
    #expect(read.body[.spec]["old"] == "yes")
    #expect(read.body[.spec][.labels].isNull)
    #expect(
      read.headers.contains { $0.name == "Warning" && $0.value.contains("stable.example.com/v1beta1 CronTab is deprecated") })
    #expect(custom.send("GET", "/apis/stable.example.com/v1alpha1/namespaces/default/crontabs").status == 404)
    let group = custom.send("GET", "/apis/stable.example.com").body
    #expect(group["versions"].elements.map { $0["version"].string } == ["v1", "v1beta1"])
  }

  @Test("versions that something is stored in stay")
  func storedVersions() {
    var custom = CustomResourceBench()
    var definition = custom.send("GET", Self.one).body
    var versions = definition[.spec][.versions].elements
    versions[0].put(.storage, false)
    var next = versions[0]
    next.put(.name, "v2")
    next.put(.storage, true)
    definition[.spec].put(.versions, .array(versions + [next]))
    let changed = custom.bench.send("PUT", Self.one, definition)
    #expect(changed.body[.status]["storedVersions"] == ["v1", "v2"])
    definition = changed.body
    definition[.spec].put(.versions, [next])
    let refused = custom.bench.send("PUT", Self.one, definition)
    #expect(CustomResourceBench.causes(refused) == ["status.storedVersions[0] FieldValueInvalid"])
    custom.send("PATCH", Self.one + "/status", #"{"status": {"storedVersions": ["v2"]}}"#, type: "application/merge-patch+json")
    definition[.metadata].remove(.resourceVersion)
    #expect(custom.bench.send("PUT", Self.one, definition).status == 200)
  }

  @Test("after a restart kinds and their objects are there")
  func restart() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    custom.bench = EngineBench(journal: custom.bench.journal, at: custom.bench.now, node: false)
    #expect(custom.send("GET", CustomResourceBench.path + "/a").body[.spec][.image] == "busybox")
    #expect(custom.create(#"{"cronSpec": 1}"#, name: "b").status == 422)
  }

  @Test(
    "a definition that cannot be is refused, with the reason of each fault",
    arguments: [
      (#"{"metadata": {"name": "x.y"}}"#, ["metadata.name FieldValueInvalid"]),
      (#"{"spec": {"scope": "Everywhere"}}"#, ["spec.scope FieldValueNotSupported"]),
      (
        #"{"spec": {"names": {"kind": "Cron_Tab"}}}"#,
        ["spec.names.singular FieldValueInvalid", "spec.names.kind FieldValueInvalid", "spec.names.listKind FieldValueInvalid"]
      ),
      (#"{"spec": {"preserveUnknownFields": true}}"#, ["spec.preserveUnknownFields FieldValueInvalid"]),
      (#"{"spec": {"conversion": {"strategy": "Webhook"}}}"#, ["spec.conversion.webhook.clientConfig FieldValueRequired"]),
    ])
  func refused(_ patch: String, _ causes: [String]) {
    var bench = EngineBench(node: false)
    var definition = CustomResourceBench.definition
    definition.merge(CustomResourceBench.json(patch))
    let answer = bench.send("POST", Self.definitions, definition)
    #expect(answer.status == 422)
    #expect(CustomResourceBench.causes(answer).prefix(causes.count) == causes[...], "\(answer.body)")
  }

  @Test("objects of an earlier storage version are changed through the later one, in whatever way they were written in between")
  func laterStorage() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    custom.create(#"{"cronSpec": "* *"}"#, name: "b")
    var definition = custom.send("GET", Self.one).body
    var versions = definition[.spec][.versions].elements
    versions[0].put(.storage, false)
    var next = versions[0]
    next.put(.name, "v2")
    next.put(.storage, true)
    definition[.spec].put(.versions, .array(versions + [next]))
    custom.bench.send("PUT", Self.one, definition)
    let later = "/apis/stable.example.com/v2/namespaces/default/crontabs"
    let merge = "application/merge-patch+json"
    #expect(custom.send("GET", later + "/a").body[.apiVersion] == "stable.example.com/v2")
    #expect(custom.send("PATCH", later + "/a", #"{"metadata": {"labels": {"x": "y"}}}"#, type: merge).status == 200)
    let status = custom.send("PATCH", later + "/b/status", #"{"status": {"replicas": 1}}"#, type: merge)
    #expect(status.body[.apiVersion] == "stable.example.com/v2")
    #expect(custom.send("PATCH", later + "/b/scale", #"{"spec": {"replicas": 3}}"#, type: merge).status == 200)
    #expect(custom.send("GET", later).body[.items].elements.map { $0[.spec][.replicas] } == [1, 3])
    #expect(custom.send("GET", later + "/b").body[.apiVersion] == "stable.example.com/v2")
    #expect(custom.send("GET", CustomResourceBench.path + "/b").body[.apiVersion] == "stable.example.com/v1")
  }

  @Test("OpenAPI says which patches a custom resource takes, so that kubectl sends no other")
  func patchTypes() {
    var custom = CustomResourceBench()
    let path = "/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}"
    let wanted = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
    let body = custom.send("GET", "/openapi/v3/apis/stable.example.com/v1").body["paths"][Key(path)]["patch"]["requestBody"]
    #expect(body["content"].members.map(\.key.name) == wanted)
    let consumed = custom.send("GET", "/openapi/v2").body["paths"][Key(path)]["patch"]["consumes"]
    #expect(consumed.elements.compactMap(\.string) == wanted)
  }
}
