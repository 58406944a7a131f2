import CoreAPI
import CoreObjects
import Testing

@Suite("Custom resources: objects of a kind that a definition adds")
struct CustomResourceTests {
  private static let path = CustomResourceBench.path
  private static let merge = "application/merge-patch+json"
  private static let apply = "application/apply-patch+yaml"

  @Test("defaults come in, unknown fields go, nulls go where they say nothing, and generation counts")
  func stored() {
    var custom = CustomResourceBench()
    let made = custom.create(
      #"{"cronSpec": "* *", "image": null, "note": null, "nope": 1, "free": {"any": {"thing": [1, null]}}, "steps": [{"name": "x", "y": 1}]}"#
    )
    #expect(made.status == 201)
    #expect(
      made.body[.spec]
        == CustomResourceBench.json(
          #"{"cronSpec": "* *", "image": "busybox", "note": null, "replicas": 1, "free": {"any": {"thing": [1, null]}}, "steps": [{"name": "x", "times": 2}]}"#
        ))
    #expect(made.body[.metadata][.generation] == 1)
    #expect(made.body[.kind] == "CronTab")
    #expect(made.body[.apiVersion] == "stable.example.com/v1")
    let labelled = custom.send("PATCH", Self.path + "/a", #"{"metadata": {"labels": {"a": "b"}}}"#, type: Self.merge)
    #expect(labelled.body[.metadata][.generation] == 1)
    let changed = custom.send("PATCH", Self.path + "/a", #"{"spec": {"replicas": 2}}"#, type: Self.merge)
    #expect(changed.body[.metadata][.generation] == 2)
    #expect(changed.body[.metadata][.labels]["a"] == "b")
  }

  @Test("unknown fields are warned of, or refused where that is asked for")
  func unknown() {
    var custom = CustomResourceBench()
    let warned = custom.create(#"{"cronSpec": "* *", "nope": 1}"#)
    #expect(warned.headers.contains { $0.name == "Warning" && $0.value.contains("unknown field \\\"spec.nope\\\"") })
    let refused = custom.create(#"{"cronSpec": "* *", "nope": 1}"#, name: "b", query: "?fieldValidation=Strict")
    #expect(refused.status == 400)
    let ofMetadata = custom.send(
      "POST", Self.path + "?fieldValidation=Strict", #"{"metadata": {"name": "c", "nope": 1}, "spec": {"cronSpec": "***"}}"#)
    #expect(ofMetadata.status == 400)
    #expect(ofMetadata.body[.message].string?.contains("metadata.nope") == true)
  }

  @Test(
    "what the schema forbids is told all at once, with the reason of each",
    arguments: [
      (#"{}"#, ["spec.cronSpec FieldValueRequired"]),
      (#"{"cronSpec": 1}"#, ["spec.cronSpec FieldValueTypeInvalid"]),
      (#"{"cronSpec": "a"}"#, ["spec.cronSpec FieldValueInvalid"]),
      (#"{"cronSpec": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#, ["spec.cronSpec FieldValueTooLong"]),
      (#"{"cronSpec": "* *", "image": "other"}"#, ["spec.image FieldValueNotSupported"]),
      (
        #"{"cronSpec": "* *", "replicas": 11, "port": true}"#,
        ["spec.replicas FieldValueInvalid", "spec.port FieldValueTypeInvalid"]
      ),
      (#"{"cronSpec": "* *", "replicas": 1.5}"#, ["spec.replicas FieldValueTypeInvalid"]),
      (#"{"cronSpec": "* *", "labels": {"a": 1}}"#, ["spec.labels[a] FieldValueTypeInvalid"]),
      (#"{"cronSpec": "* *", "tags": ["a", "b", "a"]}"#, ["spec.tags[2] FieldValueDuplicate"]),
      (#"{"cronSpec": "* *", "tags": ["a", "b", "c", "d"]}"#, ["spec.tags FieldValueTooMany"]),
      (#"{"cronSpec": "* *", "steps": [{"name": "a"}, {"name": "a"}]}"#, ["spec.steps[1] FieldValueDuplicate"]),
      (#"{"cronSpec": "* *", "pod": {"x": 1}}"#, ["spec.pod.apiVersion FieldValueRequired", "spec.pod.kind FieldValueRequired"]),
    ])
  func refused(_ spec: String, _ causes: [String]) {
    var custom = CustomResourceBench()
    let answer = custom.create(spec)
    #expect(answer.status == 422)
    #expect(CustomResourceBench.causes(answer) == causes)
  }

  @Test("an integer, a text or neither may stand where the schema says int-or-string", arguments: ["1", #""1""#])
  func intOrString(_ value: String) {
    var custom = CustomResourceBench()
    #expect(custom.create(#"{"cronSpec": "* *", "port": \#(value)}"#).status == 201)
  }

  @Test("what a stricter schema would refuse stays where it is not touched")
  func ratcheting() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* * *", "tags": ["a"]}"#)
    var definition = custom.send("GET", CustomResourceBench.definitions + "/crontabs.stable.example.com").body
    var versions = definition[.spec][.versions].elements
    versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties]["cronSpec"].put(.maxLength, 3)
    definition[.spec].put(.versions, .array(versions))
    #expect(custom.bench.send("PUT", CustomResourceBench.definitions + "/crontabs.stable.example.com", definition).status == 200)
    let elsewhere = custom.send("PATCH", Self.path + "/a", #"{"spec": {"replicas": 2}}"#, type: Self.merge)
    #expect(elsewhere.status == 200)
    let there = custom.send("PATCH", Self.path + "/a", #"{"spec": {"cronSpec": "1 2 3"}}"#, type: Self.merge)
    #expect(CustomResourceBench.causes(there) == ["spec.cronSpec FieldValueTooLong"])
  }

  @Test("a default that comes later is read in objects that are there already")
  func laterDefaults() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* * *"}"#)
    var definition = custom.send("GET", CustomResourceBench.definitions + "/crontabs.stable.example.com").body
    var versions = definition[.spec][.versions].elements
    versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties].put("late", ["type": "integer", "default": 7])
    versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties].remove("image")
    versions[0].remove("selectableFields")
    definition[.spec].put(.versions, .array(versions))
    #expect(custom.bench.send("PUT", CustomResourceBench.definitions + "/crontabs.stable.example.com", definition).status == 200)
    let spec = custom.send("GET", Self.path + "/a").body[.spec]
    #expect(spec["late"] == 7)
    #expect(spec[.image].isNull)
    #expect(custom.send("GET", Self.path).body[.items][0][.spec] == spec)
  }

  @Test("the status is written by itself alone, and nothing else by it")
  func status() {
    var custom = CustomResourceBench()
    let made = custom.send(
      "POST", Self.path, #"{"metadata": {"name": "a"}, "spec": {"cronSpec": "* *"}, "status": {"replicas": 9}}"#)
    #expect(made.body[.status].isNull)
    let patch = #"{"metadata": {"labels": {"x": "y"}}, "spec": {"replicas": 5}, "status": {"replicas": 3, "nope": 1}}"#
    let written = custom.send("PATCH", Self.path + "/a/status", patch, type: Self.merge).body
    #expect(written[.status] == ["replicas": 3])
    #expect(written[.spec][.replicas] == 1)
    #expect(written[.metadata][.labels].isNull)
    #expect(written[.metadata][.generation] == 1)
    let wrong = custom.send("PATCH", Self.path + "/a/status", #"{"status": {"replicas": "x"}}"#, type: Self.merge)
    #expect(CustomResourceBench.causes(wrong) == ["status.replicas FieldValueTypeInvalid"])
    let main = custom.send("PATCH", Self.path + "/a", patch, type: Self.merge).body
    #expect(main[.status] == ["replicas": 3])
    #expect(main[.metadata][.generation] == 2)
  }

  @Test("a Scale is read from the paths of the definition, and written through them")
  func scale() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *", "replicas": 2}"#)
    custom.send("PATCH", Self.path + "/a/status", #"{"status": {"replicas": 1, "selector": "app=a"}}"#, type: Self.merge)
    let scale = custom.send("GET", Self.path + "/a/scale").body
    #expect(scale[.kind] == "Scale")
    #expect(scale[.spec][.replicas] == 2)
    #expect(scale[.status] == ["replicas": 1, "selector": "app=a"])
    let written = custom.send("PATCH", Self.path + "/a/scale", #"{"spec": {"replicas": 7}}"#, type: Self.merge)
    #expect(written.body[.spec][.replicas] == 7)
    #expect(custom.send("GET", Self.path + "/a").body[.spec][.replicas] == 7)
    let tooMany = custom.send("PATCH", Self.path + "/a/scale", #"{"spec": {"replicas": 11}}"#, type: Self.merge)
    #expect(tooMany.status == 422)
  }

  @Test("tables have the definition's columns, with paths that choose by a condition")
  func table() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    let patch = #"{"status": {"conditions": [{"type": "Other", "status": "no"}, {"type": "Ready", "status": "True"}]}}"#
    custom.send("PATCH", Self.path + "/a/status", patch, type: Self.merge)
    custom.bench.run(seconds: 90)
    let request = APIRequestOf.table(Self.path)
    let id = custom.bench.open(request)
    let table = custom.bench.answers[id]?.body ?? .null
    #expect(table["columnDefinitions"].elements.map { $0[.name].string } == ["Name", "Spec", "Ready", "Replicas", "Since"])
    #expect(table["columnDefinitions"][1]["description"] == "when")
    #expect(table["columnDefinitions"][3]["priority"] == 1)
    #expect(table["rows"][0]["cells"] == ["a", "* *", "True", 1, "90s"])
  }

  @Test("objects are selected by the fields that the definition names, and by no others")
  func fieldSelectors() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    custom.create(#"{"cronSpec": "* *", "image": "alpine"}"#, name: "b")
    let found = custom.send("GET", Self.path + "?fieldSelector=spec.image%3Dalpine").body
    #expect(found[.items].elements.map { $0[.metadata][.name].string } == ["b"])
    #expect(custom.send("GET", Self.path + "?fieldSelector=spec.replicas%3D1").status == 400)
  }

  @Test("server-side apply owns members of objects and of keyed lists, and what the schema does not describe member by member")
  func serverSideApply() {
    var custom = CustomResourceBench()
    func body(_ spec: String) -> String {
      #"{"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "a"}, "spec": \#(spec)}"#
    }
    let first = #"{"cronSpec": "* *", "steps": [{"name": "x", "times": 1}], "free": {"a": {"b": 1}}, "tags": ["t"]}"#
    #expect(custom.send("PATCH", Self.path + "/a?fieldManager=one", body(first), type: Self.apply).status == 201)
    let second = #"{"steps": [{"name": "y"}], "free": {"a": {"c": 2}}, "tags": ["u"]}"#
    let both = custom.send("PATCH", Self.path + "/a?fieldManager=two", body(second), type: Self.apply)
    #expect(both.status == 200)
    #expect(both.body[.spec]["steps"].elements.map { $0[.name].string } == ["x", "y"])
    #expect(both.body[.spec]["free"] == ["a": ["b": 1, "c": 2]])
    #expect(both.body[.spec]["tags"] == ["t", "u"])
    let conflict = custom.send(
      "PATCH", Self.path + "/a?fieldManager=two", body(#"{"cronSpec": "1 2 3"}"#), type: Self.apply)
    #expect(conflict.status == 409)
    let less = custom.send("PATCH", Self.path + "/a?fieldManager=one", body(#"{"cronSpec": "* *"}"#), type: Self.apply)
    #expect(less.body[.spec]["steps"].elements.map { $0[.name].string } == ["y"])
    #expect(less.body[.spec]["free"] == ["a": ["c": 2]])
  }

  @Test("a strategic merge patch is not taken: the schema does not say how lists merge")
  func strategic() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    let answer = custom.send("PATCH", Self.path + "/a", "{}", type: "application/strategic-merge-patch+json")
    #expect(answer.status == 415)
  }

  @Test("what a custom resource owns goes with it")
  func ownership() {
    var custom = CustomResourceBench()
    let uid = custom.create(#"{"cronSpec": "* *"}"#).body[.metadata][.uid].string ?? ""
    custom.send(
      "POST", "/api/v1/namespaces/default/configmaps",
      """
      {"metadata": {"name": "mine", "ownerReferences": [
        {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "name": "a", "uid": "\(uid)"}]}}
      """)
    custom.bench.run(seconds: 5)
    #expect(custom.send("GET", "/api/v1/namespaces/default/configmaps/mine").status == 200)
    custom.send("DELETE", Self.path + "/a")
    custom.bench.run(seconds: 5)
    #expect(custom.send("GET", "/api/v1/namespaces/default/configmaps/mine").status == 404)
  }

  @Test("objects of a namespace go with it")
  func namespace() {
    var custom = CustomResourceBench()
    custom.send("POST", "/api/v1/namespaces", #"{"metadata": {"name": "n"}}"#)
    custom.send(
      "POST", "/apis/stable.example.com/v1/namespaces/n/crontabs", #"{"metadata": {"name": "a"}, "spec": {"cronSpec": "***"}}"#)
    custom.send("DELETE", "/api/v1/namespaces/n")
    custom.bench.run(seconds: 10)
    #expect(custom.send("GET", "/api/v1/namespaces/n").status == 404)
    #expect(custom.send("GET", "/apis/stable.example.com/v1/crontabs").body[.items].elements.isEmpty)
  }

  @Test("an object is watched while its kind is served")
  func watch() {
    var custom = CustomResourceBench()
    let id = custom.bench.open("GET", Self.path + "?watch=true")
    custom.create(#"{"cronSpec": "* *"}"#)
    custom.send("DELETE", Self.path + "/a")
    #expect(custom.bench.feeds[id] == ["ADDED a", "DELETED a"])
  }

  @Test("items of lists say what they are, as upstream's lists of custom resources")
  func items() {
    var custom = CustomResourceBench()
    custom.create(#"{"cronSpec": "* *"}"#)
    let item = custom.send("GET", Self.path).body[.items][0]
    #expect(item[.kind] == "CronTab")
    #expect(item[.apiVersion] == "stable.example.com/v1")
  }

  @Test("what has the wrong format has the wrong type", arguments: [#"{"when": "yesterday"}"#, #"{"small": 99999999999}"#])
  func formats(_ more: String) {
    var custom = CustomResourceBench { definition in
      var versions = definition[.spec][.versions].elements
      for (name, type, format) in [("when", "string", "date-time"), ("small", "integer", "int32")] {
        versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties].put(
          Key(name), ["type": .string(type), "format": .string(format)])
      }
      definition[.spec].put(.versions, .array(versions))
    }
    var spec = CustomResourceBench.json(#"{"cronSpec": "* *"}"#)
    spec.merge(CustomResourceBench.json(more))
    let answer = custom.create(spec.description)
    #expect(answer.status == 422)
    #expect(CustomResourceBench.causes(answer).map { $0.split(separator: " ").last } == ["FieldValueTypeInvalid"])
  }
}
