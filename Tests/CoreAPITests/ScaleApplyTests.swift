import CoreObjects
import Testing

@Suite("Server-side apply to subresources")
struct ScaleApplyTests {
  private static let paths = [
    "/apis/apps/v1/namespaces/default/deployments", "/apis/apps/v1/namespaces/default/replicasets",
    "/apis/apps/v1/namespaces/default/statefulsets", "/api/v1/namespaces/default/replicationcontrollers",
  ]

  private func bench(_ path: String) -> Bench {
    var bench = Bench()
    var object = Bench.deployment("a")
    object.remove(.kind)
    object.remove(.apiVersion)
    if path.hasSuffix("replicationcontrollers") { object[.spec].put(.selector, ["app": "x"]) }
    object[.spec].put(.replicas, 2)
    let answer = bench.send("POST", path, object)
    #expect(answer.status == 201, "\(answer.message)")
    return bench
  }

  private func apply(_ bench: inout Bench, _ path: String, _ replicas: JSON, by manager: String, _ more: String = "")
    -> Bench.Answer
  {
    var scale: JSON = ["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "a", "namespace": "default"]]
    scale.put(.spec, ["replicas": replicas])
    return bench.send("PATCH", "\(path)/a/scale?fieldManager=\(manager)\(more)", scale, type: ApplyTests.type)
  }

  private func entries(_ bench: inout Bench, _ path: String) -> [String] {
    bench.get(path + "/a").body[.metadata][.managedFields].elements.map { entry in
      ["manager", "operation", "subresource", "apiVersion"].map { entry[Key($0)].string ?? "" }.joined(separator: " ")
    }
  }

  @Test("a scale is applied, conflicts with who set the number, and is owned as a subresource", arguments: paths)
  func scale(_ path: String) throws {
    var bench = bench(path)
    let refused = apply(&bench, path, 5, by: "me")
    #expect(refused.status == 409 && refused.body["details"]["causes"][0]["field"] == ".spec.replicas", "\(refused.body)")
    #expect(bench.get(path + "/a").body[.spec][.replicas] == 2)
    let forced = apply(&bench, path, 5, by: "me", "&force=true")
    #expect(forced.status == 200 && forced.body[.kind] == "Scale" && forced.body[.spec] == ["replicas": 5], "\(forced.body)")
    #expect(bench.get(path + "/a").body[.spec][.replicas] == 5)
    let version = path.hasPrefix("/apis") ? "apps/v1" : "v1"
    #expect(entries(&bench, path).contains("me Apply scale \(version)"), "\(entries(&bench, path))")
    // The same again changes nothing, and who applies the object meets the new owner.
    #expect(apply(&bench, path, 5, by: "me").body == forced.body)
    let other = bench.send(
      "PATCH", "\(path)/a?fieldManager=you", ["metadata": ["name": "a"], "spec": ["replicas": 3]], type: ApplyTests.type)
    #expect(other.status == 409 && other.message.contains(#""me" with subresource "scale""#), "\(other.body)")
  }

  @Test("a number out of range, another name, a stale version, a field that a Scale has not: each is refused as anywhere")
  func refusals() {
    let path = Self.paths[0]
    var bench = bench(path)
    let negative = apply(&bench, path, -1, by: "me", "&force=true")
    #expect(negative.status == 422 && negative.body["details"]["causes"][0]["field"] == "spec.replicas")
    #expect(
      bench.send("PATCH", path + "/none/scale?fieldManager=me", ["spec": ["replicas": 1]], type: ApplyTests.type).status == 404)
    #expect(
      bench.send("PATCH", path + "/a/scale", ["spec": ["replicas": 1]], type: ApplyTests.type).status == 422, "who applies?")
    #expect(
      bench.send("PATCH", path + "/a/scale?fieldManager=me", ["metadata": ["name": "b"]], type: ApplyTests.type).status == 400)
    #expect(bench.send("PATCH", path + "/a/scale?fieldManager=me", ["spec": ["size": 1]], type: ApplyTests.type).status == 500)
    let stale: JSON = ["metadata": ["name": "a", "resourceVersion": "1"], "spec": ["replicas": 1]]
    #expect(bench.send("PATCH", path + "/a/scale?fieldManager=me&force=true", stale, type: ApplyTests.type).status == 409)
    let merge = "application/merge-patch+json"
    #expect(
      bench.send("PATCH", path + "/a/scale?force=true", ["spec": ["replicas": 1]], type: merge).status == 422, "only an apply")
  }

  @Test("a status is applied, and owned as a subresource; the spec beside it counts for nothing")
  func status() {
    let path = Self.paths[0]
    var bench = bench(path)
    let tree: JSON = [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"], "spec": ["replicas": 9],
      "status": ["observedGeneration": 7],
    ]
    let answer = bench.send("PATCH", path + "/a/status?fieldManager=me", tree, type: ApplyTests.type)
    #expect(answer.status == 200 && answer.body[.status][.observedGeneration] == 7, "\(answer.body)")
    #expect(answer.body[.spec][.replicas] == 2)
    #expect(entries(&bench, path).contains("me Apply status apps/v1"), "\(entries(&bench, path))")
  }

  @Test(
    "a field that the schema does not know, or a value of a wrong type, is an error of every apply, whatever fieldValidation says",
    arguments: ["", "&fieldValidation=Ignore", "&fieldValidation=Warn", "&fieldValidation=Strict"])
  func unknown(_ validation: String) {
    var bench = Bench()
    var tree = Bench.configMap("a")
    tree.put("nonsense", 1)
    let answer = bench.send("PATCH", Bench.configMaps + "/a?fieldManager=me" + validation, tree, type: ApplyTests.type)
    #expect(answer.status == 500 && answer.reason == "" && answer.message.contains("nonsense"), "\(answer.body)")
    let wrong = bench.send(
      "PATCH", Bench.configMaps + "/a?fieldManager=me" + validation, Bench.configMap("a", ["a": 1]), type: ApplyTests.type)
    #expect(wrong.status == 500 && wrong.message.contains("data[a]"), "\(wrong.body)")
    #expect(bench.get(Bench.configMaps + "/a").status == 404)
  }
}
