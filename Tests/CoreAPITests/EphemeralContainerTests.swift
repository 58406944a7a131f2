import CoreObjects
import Testing

@testable import CoreAPI

@Suite("Ephemeral containers: pods/ephemeralcontainers")
struct EphemeralContainerTests {
  private static let path = Bench.pods + "/p/ephemeralcontainers"
  private static let strategic = "application/strategic-merge-patch+json"

  /// A pod that is there, and what is sent to it.
  private static func bench() -> Bench {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    return bench
  }

  private static func patch(_ containers: JSON) -> JSON { ["spec": ["ephemeralContainers": containers]] }

  @Test("a container is added by each kind of patch and by PUT, with its defaults, and the generation counts it")
  func adds() {
    var bench = Self.bench()
    let added = bench.send("PATCH", Self.path, Self.patch([["name": "one", "image": "tools"]]), type: Self.strategic)
    let one = added.body[.spec][.ephemeralContainers][0]
    #expect(added.status == 200 && added.body[.metadata][.generation] == 2)
    #expect(one[.imagePullPolicy] == "Always" && one[.terminationMessagePolicy] == "File")
    let json: JSON = [["op": "add", "path": "/spec/ephemeralContainers/-", "value": ["name": "two", "image": "t"]]]
    #expect(bench.send("PATCH", Self.path, json, type: "application/json-patch+json").status == 200)
    var whole = bench.get(Self.path).body
    whole[.spec].put(
      .ephemeralContainers, .array(whole[.spec][.ephemeralContainers].elements + [["name": "three", "image": "t"]]))
    whole[.metadata].put(.labels, ["not": "taken"])
    whole[.spec].put(.terminationGracePeriodSeconds, 7)
    let put = bench.send("PUT", Self.path, whole)
    #expect(put.body[.spec][.ephemeralContainers].elements.count == 3, "\(put.message)")
    #expect(put.body[.metadata][.labels].isNull && put.body[.spec][.terminationGracePeriodSeconds] == 30, "only they are taken")
    #expect(put.body[.metadata][.generation] == 4)
  }

  @Test("an apply owns the container that it adds, and nothing else of the pod")
  func applies() throws {
    var bench = Self.bench()
    let configuration: JSON = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
      "spec": ["ephemeralContainers": [["name": "one", "image": "t"]]],
    ]
    let applied = bench.send(
      "PATCH", Self.path + "?fieldManager=me", configuration, type: "application/apply-patch+yaml")
    #expect(applied.status == 200, "\(applied.message)")
    let mine = applied.body[.metadata][.managedFields].elements.first { $0["manager"] == "me" }
    #expect(mine?["subresource"] == "ephemeralcontainers")
    let fields = try JSONParser.parse(mine?["fieldsV1"].description ?? "")
    #expect(fields["f:spec"].members.map(\.key.name) == ["f:ephemeralContainers"])
  }

  @Test("what is there is neither changed nor removed, and the pod itself does not take them")
  func keeps() {
    var bench = Self.bench()
    bench.send("PATCH", Self.path, Self.patch([["name": "one", "image": "t:1"]]), type: Self.strategic)
    let changed = bench.send("PATCH", Self.path, Self.patch([["name": "one", "image": "t:2"]]), type: Self.strategic)
    #expect(changed.status == 422 && changed.message.contains("spec.ephemeralContainers: Forbidden"), "\(changed.message)")
    let removed = bench.send("PATCH", Self.path, Self.patch([]), type: "application/merge-patch+json")
    #expect(removed.status == 422 && removed.message.contains("may not be removed"), "\(removed.message)")
    let other = bench.send("PATCH", Bench.pods + "/p", Self.patch([["name": "two", "image": "t"]]), type: Self.strategic)
    #expect(other.status == 422)
    var new = Bench.pod("q")
    new[.spec].put(.ephemeralContainers, [["name": "one", "image": "t"]])
    #expect(bench.send("POST", Bench.pods, new).status == 422)
  }

  @Test(
    "what they cannot have is refused with its path",
    arguments: [
      ("ports", [["containerPort": 1]]), ("resources", ["limits": ["cpu": "1"]]),
      ("lifecycle", ["preStop": ["sleep": ["seconds": 1]]]),
      ("livenessProbe", ["exec": ["command": ["a"]]]), ("restartPolicy", "Always"),
      ("resizePolicy", [["resourceName": "cpu", "restartPolicy": "NotRequired"]]),
    ] as [(String, JSON)])
  func refuses(field: String, value: JSON) {
    var bench = Self.bench()
    var container: JSON = ["name": "one", "image": "t"]
    container.put(Key(field), value)
    let answer = bench.send("PATCH", Self.path, Self.patch([container]), type: Self.strategic)
    #expect(answer.body[.details][.causes].elements.map { $0[.field].string } == ["spec.ephemeralContainers[0].\(field)"])
  }

  @Test("names are unique in the whole pod, and a target is one of its other containers")
  func names() {
    var bench = Self.bench()
    func causes(_ container: JSON) -> [String] {
      bench.send("PATCH", Self.path, Self.patch([container]), type: Self.strategic).body[.details][.causes].elements
        .map { "\($0[.reason].string ?? "") \($0[.field].string ?? "")" }
    }
    #expect(causes(["name": "main", "image": "t"]) == ["FieldValueDuplicate spec.ephemeralContainers[0].name"])
    #expect(
      causes(["name": "one", "image": "t", "targetContainerName": "one"])
        == ["FieldValueNotFound spec.ephemeralContainers[0].targetContainerName"])
    #expect(causes(["name": "one", "image": "t", "targetContainerName": "main"]) == [])
  }
}
