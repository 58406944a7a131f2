import CoreObjects
import Testing

@Suite("Patches and what they leave")
struct PatchTests {
  private static let mergePatch = "application/merge-patch+json"

  private func patch(
    _ bench: inout Bench, _ path: String, _ text: String, _ type: String = "application/strategic-merge-patch+json"
  )
    -> Bench.Answer
  {
    bench.send("PATCH", path, text: text, type: type)
  }

  @Test("of two ports with the key of a patch only the first is merged, and the second stays behind it")
  func doubledKeys() throws {
    var bench = Bench()
    let ports: JSON = [["name": "t", "containerPort": 53], ["name": "u", "containerPort": 53, "protocol": "UDP"]]
    var tree = Bench.deployment("a")
    tree[.spec][.template][.spec].put(.containers, [["name": "main", "image": "a:1", "ports": ports]])
    bench.send("POST", ApplyTests.deployments, tree)
    let answer = patch(
      &bench, ApplyTests.deployments + "/a",
      #"{"spec":{"template":{"spec":{"containers":[{"name":"main","ports":[{"containerPort":53,"protocol":"UDP","name":"v"}]}]}}}}"#
    )
    let left = answer.body[.spec][.template][.spec][.containers][0][.ports].elements.map {
      "\($0[.name].string ?? "") \($0[.protocol].string ?? "")"
    }
    #expect(left == ["v UDP", "u UDP"])
  }

  @Test("a patch cannot move an object to another namespace, nor leave a value of a wrong type behind")
  func refusals() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let path = Bench.configMaps + "/a"
    for type in [Self.mergePatch, "application/strategic-merge-patch+json"] {
      #expect(patch(&bench, path, #"{"metadata":{"namespace":"kube-system"}}"#, type).status == 400)
      let wrong = patch(&bench, path, #"{"data":{"a":1}}"#, type)
      #expect(wrong.status == 422 && wrong.body["details"]["causes"][0]["field"] == "patch")
    }
    #expect(
      patch(&bench, path, #"[{"op":"test","path":"/metadata/labels","value":null}]"#, "application/json-patch+json").status == 200
    )
    #expect(
      patch(&bench, path, #"[{"op":"test","path":"/none/such","value":null}]"#, "application/json-patch+json").status == 422)
  }

  @Test("a field that stands twice is named with its whole path")
  func duplicates() {
    var bench = Bench()
    let body =
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"x","image":"i","env":[{"name":"A","name":"B"}]}],"hostNetwork":true,"hostNetwork":false}}"#
    let answer = bench.send("POST", Bench.pods + "?fieldValidation=Strict", text: body)
    #expect(answer.status == 400)
    #expect(answer.message.contains("\"spec.hostNetwork\"") && answer.message.contains("\"spec.containers[0].env[0].name\""))
  }

  @Test("several conflicts are listed under their manager, a line each")
  func conflicts() {
    var bench = Bench()
    let path = Bench.configMaps + "/a?fieldManager="
    bench.send("PATCH", path + "me", Bench.configMap("a", ["x": "1", "y": "1"]), type: ApplyTests.type)
    bench.send("PATCH", path + "edit", ["data": ["z": "1"]], type: Self.mergePatch)
    let one = bench.send("PATCH", path + "you", Bench.configMap("a", ["x": "2"]), type: ApplyTests.type)
    #expect(one.message == #"Apply failed with 1 conflict: conflict with "me": .data.x"#)
    let more = bench.send("PATCH", path + "you", Bench.configMap("a", ["x": "2", "y": "2", "z": "2"]), type: ApplyTests.type)
    #expect(
      more.message
        == "Apply failed with 3 conflicts: conflicts with \"edit\" using v1:\n- .data.z\nconflicts with \"me\":\n- .data.x\n- .data.y"
    )
  }

  @Test("kubectl's annotation follows what it applies here, so that a later plain apply knows what is gone")
  func lastApplied() throws {
    var bench = Bench()
    let key = Key("kubectl.kubernetes.io/last-applied-configuration")
    var tree = Bench.configMap("a", ["x": "1", "y": "1"])
    tree[.metadata].put(.annotations, .object([Member(key: key, value: #"{"data":{"x":"1","y":"1"}}"#)]))
    bench.send("POST", Bench.configMaps, tree)
    let path = Bench.configMaps + "/a?force=true&fieldManager="
    let answer = bench.send("PATCH", path + "kubectl", Bench.configMap("a", ["x": "2"]), type: ApplyTests.type)
    let kept = try JSONParser.parse(answer.body[.metadata][.annotations][key].string ?? "")
    #expect(kept[.data] == ["x": "2"] && kept[.kind] == "ConfigMap")
    let other = bench.send("PATCH", path + "me", Bench.configMap("a", ["x": "3"]), type: ApplyTests.type)
    #expect(other.body[.metadata][.annotations][key].string == kept.description + "\n", "only kubectl's own")
  }

  @Test("who scales owns the number under the name of the subresource")
  func scale() {
    var bench = Bench()
    let path = ApplyTests.deployments + "/a"
    bench.send("PATCH", path + "?fieldManager=me", Bench.deployment("a"), type: ApplyTests.type)
    bench.send("PATCH", path + "/scale?fieldManager=scaler", ["spec": ["replicas": 4]], type: Self.mergePatch)
    let entry = bench.get(path).body[.metadata][.managedFields].elements.first { $0["manager"] == "scaler" }
    #expect(entry?["subresource"] == "scale" && entry?["operation"] == "Update")
  }

  @Test("a status brings annotations and finalizers along, and a Deployment's labels stay")
  func status() {
    var bench = Bench()
    let path = ApplyTests.deployments + "/a"
    var tree = bench.send("POST", ApplyTests.deployments, Bench.deployment("a")).body
    tree[.metadata].put(.labels, ["l": "new"])
    tree[.metadata].put(.annotations, ["a": "new"])
    tree[.metadata].put(.finalizers, ["example.com/f"])
    let answer = bench.send("PUT", path + "/status", tree)
    #expect(answer.body[.metadata][.labels].isNull && answer.body[.metadata][.annotations] == ["a": "new"])
    #expect(answer.body[.metadata][.finalizers] == ["example.com/f"])
  }
}
