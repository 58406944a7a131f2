import CoreObjects
import Testing

@Suite("Server-side apply")
struct ApplyTests {
  static let type = "application/apply-patch+yaml"
  static let deployments = "/apis/apps/v1/namespaces/default/deployments"

  private func apply(
    _ bench: inout Bench, _ tree: JSON, by manager: String, at path: String = Bench.configMaps + "/a", _ more: String = ""
  ) -> Bench.Answer {
    bench.send("PATCH", "\(path)?fieldManager=\(manager)\(more)", tree, type: ApplyTests.type)
  }

  private func owners(_ answer: Bench.Answer) -> [String] {
    answer.body[.metadata][.managedFields].elements.map { "\($0["manager"].string ?? "") \($0["operation"].string ?? "")" }
  }

  private func fields(_ entry: JSON?) -> JSON { (try? JSONParser.parse(entry?["fieldsV1"].description ?? "")) ?? .null }

  private func deployment(_ containers: JSON, replicas: JSON = .null) -> JSON {
    var tree = Bench.deployment("a")
    tree[.spec][.template][.spec].put(.containers, containers)
    tree[.spec].put(.replicas, replicas)
    return tree
  }

  @Test("what is not there is made, and its fields belong to who applied them")
  func creates() {
    var bench = Bench()
    let answer = apply(&bench, Bench.configMap("a", ["x": "1"], labels: ["l": "1"]), by: "me")
    #expect(answer.status == 201, "\(answer.message)")
    let entry = answer.body[.metadata][.managedFields][0]
    #expect(entry["manager"] == "me" && entry["operation"] == "Apply" && entry[.apiVersion] == "v1")
    #expect(entry["fieldsType"] == "FieldsV1" && !entry[.time].isNull)
    #expect(fields(entry) == ["f:data": ["f:x": [:]], "f:metadata": ["f:labels": ["f:l": [:]]]])
  }

  @Test("applying the same again changes nothing, not even the revision")
  func unchanged() {
    var bench = Bench()
    let first = apply(
      &bench, deployment([["name": "main", "image": "a:1", "ports": [["containerPort": 80]]]]), by: "me",
      at: ApplyTests.deployments + "/a")
    bench.now = bench.now + .seconds(60)
    let again = apply(
      &bench, deployment([["name": "main", "image": "a:1", "ports": [["containerPort": 80]]]]), by: "me",
      at: ApplyTests.deployments + "/a")
    #expect(first.status == 201 && again.status == 200)
    #expect(again.body == first.body)
  }

  @Test("an apply that changed nothing is taken up again once its object, its manager or its words are others")
  func idles() {
    var bench = Bench()
    func apply(_ data: JSON, by manager: String = "me", _ more: String = "&force=true") -> Bench.Answer {
      self.apply(&bench, Bench.configMap("a", data), by: manager, more)
    }
    let first = apply(["x": "1"])
    for _ in 0..<3 { #expect(apply(["x": "1"]).body == first.body) }
    // Another owner of the same value is a change of the object.
    let shared = apply(["x": "1"], by: "other")
    #expect(owners(shared) == ["me Apply", "other Apply"] && apply(["x": "1"], by: "other").body == shared.body)
    #expect(
      bench.send("PATCH", Bench.configMaps + "/a", ["data": ["x": "2"]], type: "application/merge-patch+json").status == 200)
    #expect(apply(["x": "1"]).body[.data] == ["x": "1"] && apply(["x": "1"]).status == 200)
    // What may not be said is refused however often, what is warned of is warned of again.
    let unknown: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["x": "1"], "x": 1]
    let twice = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"},"data":{"x":"1"}}"#
    for _ in 0..<2 {
      let path = Bench.configMaps + "/a?fieldManager=me&fieldValidation="
      let warned = bench.send("PATCH", path + "Warn", text: twice, type: ApplyTests.type)
      #expect(warned.status == 200 && warned.warnings.count == 1)
      #expect(bench.send("PATCH", path + "Strict", text: twice, type: ApplyTests.type).status == 400)
      #expect(self.apply(&bench, unknown, by: "me").status == 500)
    }
    _ = bench.send("DELETE", Bench.configMaps + "/a")
    #expect(apply(["x": "1"]).status == 201)
  }

  @Test("elements are owned by their keys, absent keys counting with their defaults")
  func elements() {
    var bench = Bench()
    let tree = deployment([["name": "main", "image": "a:1", "ports": [["containerPort": 80]]]])
    let answer = apply(&bench, tree, by: "me", at: ApplyTests.deployments + "/a")
    let fields = fields(answer.body[.metadata][.managedFields][0])
    let container = fields["f:spec"]["f:template"]["f:spec"]["f:containers"][#"k:{"name":"main"}"#]
    #expect(container["."] == [:] && container["f:image"] == [:])
    #expect(container["f:ports"][#"k:{"containerPort":80,"protocol":"TCP"}"#] == [".": [:], "f:containerPort": [:]])
    #expect(fields["f:spec"]["f:selector"] == [:], "a selector is owned as a whole")
  }

  @Test("another manager's value is a 409 with a cause for each field; force takes the field")
  func conflicts() {
    var bench = Bench()
    _ = apply(&bench, Bench.configMap("a", ["x": "1", "y": "1"]), by: "me")
    let answer = apply(&bench, Bench.configMap("a", ["x": "2"]), by: "you")
    #expect(answer.status == 409 && answer.reason == "Conflict")
    let cause = answer.body["details"]["causes"][0]
    #expect(cause["reason"] == "FieldManagerConflict" && cause["field"] == ".data.x")
    #expect(cause["message"].string?.contains("\"me\"") == true)
    let forced = apply(&bench, Bench.configMap("a", ["x": "2"]), by: "you", "&force=true")
    #expect(forced.status == 200 && forced.body[.data] == ["x": "2", "y": "1"])
    let mine = forced.body[.metadata][.managedFields].elements.first { $0["manager"] == "me" }
    #expect(fields(mine) == ["f:data": ["f:y": [:]]])
  }

  @Test("two managers may say the same; what one leaves out stays while the other says it")
  func shared() {
    var bench = Bench()
    _ = apply(&bench, Bench.configMap("a", ["x": "1", "y": "1"]), by: "me")
    #expect(apply(&bench, Bench.configMap("a", ["x": "1"]), by: "you").status == 200)
    let answer = apply(&bench, Bench.configMap("a", ["z": "1"]), by: "me")
    #expect(answer.body[.data] == ["x": "1", "z": "1"], "y was mine alone, x is also yours")
    let last = apply(&bench, ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]], by: "you")
    #expect(last.body[.data] == ["z": "1"] && owners(last) == ["me Apply"])
  }

  @Test("containers merge by name, and go with who applied them")
  func containers() {
    var bench = Bench()
    let path = ApplyTests.deployments + "/a"
    _ = apply(&bench, deployment([["name": "main", "image": "a:1"]]), by: "me", at: path)
    let side: JSON = [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"],
      "spec": ["template": ["spec": ["containers": [["name": "side", "image": "b:1"]]]]],
    ]
    let both = apply(&bench, side, by: "you", at: path)
    #expect(both.status == 200, "\(both.message)")
    #expect(both.body[.spec][.template][.spec][.containers].elements.compactMap { $0[.name].string } == ["main", "side"])
    let none: JSON = ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"]]
    let one = apply(&bench, none, by: "you", at: path)
    #expect(one.status == 200, "\(one.message)")
    #expect(one.body[.spec][.template][.spec][.containers].elements.compactMap { $0[.name].string } == ["main"])
    #expect(owners(one) == ["me Apply"])
  }

  @Test("a field left to somebody else is given up without being reset")
  func givesUp() {
    var bench = Bench()
    let path = ApplyTests.deployments + "/a"
    let containers: JSON = [["name": "main", "image": "a:1"]]
    _ = apply(&bench, deployment(containers, replicas: 3), by: "me", at: path)
    let patch: JSON = ["spec": ["replicas": 5]]
    let scaled = bench.send("PATCH", path + "?fieldManager=scaler", patch, type: "application/merge-patch+json")
    #expect(owners(scaled) == ["me Apply", "scaler Update"])
    #expect(apply(&bench, deployment(containers, replicas: 3), by: "me", at: path).status == 409)
    let answer = apply(&bench, deployment(containers), by: "me", at: path)
    #expect(answer.status == 200 && answer.body[.spec][.replicas] == 5)
  }

  @Test("of an object that kubectl applied by itself, what it said is what it takes over, and not what was filled in")
  func migrates() {
    var bench = Bench()
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    let spec: JSON = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
    var claim: JSON = ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c"], "spec": spec]
    let note = claim.description
    claim[.metadata].put(.annotations, ["kubectl.kubernetes.io/last-applied-configuration": .string(note)])
    #expect(bench.send("POST", claims, claim).status == 201)
    let entries = apply(&bench, claim, by: "kubectl", at: claims + "/c").body[.metadata][.managedFields].elements
    let own = fields(entries.first { $0["manager"] == "kubectl-client-side-apply" })
    #expect(own["f:spec"] == ["f:accessModes": [:], "f:resources": ["f:requests": ["f:storage": [:]]]])
    #expect(!own["f:metadata"]["f:annotations"]["f:kubectl.kubernetes.io/last-applied-configuration"].isNull)
    let rest = fields(entries.first { $0["manager"] == "before-first-apply" })
    #expect(!rest["f:spec"]["f:volumeMode"].isNull && rest["f:spec"]["f:accessModes"].isNull)
  }

  @Test("what was there before the first apply belongs to before-first-apply; kubectl's own earlier apply is no conflict")
  func firstApply() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a", ["x": "1"]))
    #expect(bench.get(Bench.configMaps + "/a").body[.metadata][.managedFields].isNull)
    let refused = apply(&bench, Bench.configMap("a", ["x": "2"]), by: "kubectl")
    #expect(refused.status == 409 && refused.message.contains("before-first-apply"))
    let note: JSON = ["metadata": ["annotations": ["kubectl.kubernetes.io/last-applied-configuration": #"{"data":{"x":"1"}}"#]]]
    bench.send("PATCH", Bench.configMaps + "/a", note, type: "application/merge-patch+json")
    let taken = apply(&bench, Bench.configMap("a", ["x": "2"]), by: "kubectl")
    #expect(taken.status == 200 && owners(taken).contains("kubectl Apply"))
  }

  @Test("a dry run shows the result and writes nothing")
  func dryRun() {
    var bench = Bench()
    let made = apply(&bench, Bench.configMap("a"), by: "me", "&dryRun=All")
    #expect(made.status == 201 && bench.get(Bench.configMaps + "/a").status == 404)
    _ = apply(&bench, Bench.configMap("a"), by: "me")
    let changed = apply(&bench, Bench.configMap("a", ["a": "2"]), by: "me", "&dryRun=All")
    #expect(changed.body[.data] == ["a": "2"] && bench.get(Bench.configMaps + "/a").body[.data] == ["a": "1"])
  }

  @Test("the status is owned apart from the rest")
  func status() {
    var bench = Bench()
    _ = apply(&bench, deployment([["name": "main", "image": "a:1"]]), by: "me", at: ApplyTests.deployments + "/a")
    var tree = bench.get(ApplyTests.deployments + "/a").body
    tree[.status].put(.replicas, 1)
    let answer = bench.send("PUT", ApplyTests.deployments + "/a/status?fieldManager=controller", tree)
    let entry = answer.body[.metadata][.managedFields].elements.last
    #expect(entry?["manager"] == "controller" && entry?["subresource"] == "status")
    #expect(fields(entry) == ["f:status": ["f:replicas": [:]]])
  }

  @Test("without a field manager, with managedFields, or with unknown fields it is refused")
  func refusals() {
    var bench = Bench()
    #expect(bench.send("PATCH", Bench.configMaps + "/a", Bench.configMap("a"), type: ApplyTests.type).status == 422)
    var tree = Bench.configMap("a")
    tree[.metadata].put(.managedFields, [["manager": "x"]])
    #expect(apply(&bench, tree, by: "me").status == 400)
    #expect(apply(&bench, ["apiVersion": "v1", "kind": "ConfigMap", "dtaa": [:]], by: "me").status == 500)
    #expect(apply(&bench, Bench.configMap("b"), by: "me").status == 400)
    #expect(apply(&bench, Bench.configMap("a"), by: "me", at: Bench.configMaps + "/a/status").status == 404)
  }

  @Test("an empty entry in an update takes the entries away")
  func reset() {
    var bench = Bench()
    let made = apply(&bench, Bench.configMap("a"), by: "me")
    var tree = made.body
    tree[.metadata].put(.managedFields, [[:]])
    let answer = bench.send("PUT", Bench.configMaps + "/a", tree)
    #expect(answer.status == 200 && answer.body[.metadata][.managedFields].isNull)
  }

  @Test("of many writers the oldest are put together")
  func manyWriters() {
    var bench = Bench()
    _ = apply(&bench, Bench.configMap("a"), by: "me")
    for number in 0..<15 {
      bench.now = bench.now + .seconds(1)
      let patch: JSON = .object([Member(key: .data, value: .object([Member(key: Key("k\(number)"), value: "1")]))])
      bench.send("PATCH", Bench.configMaps + "/a?fieldManager=w\(number)", patch, type: "application/merge-patch+json")
    }
    let names = owners(bench.get(Bench.configMaps + "/a"))
    #expect(
      names.count == 11 && names.contains("ancient-changes Update") && !names.contains("w0 Update")
        && names.contains("w14 Update"))
  }
}
