import CoreAPI
import CoreObjects
import Testing

@Suite("Flow schemas and priority levels")
struct FlowControlTests {
  private static let root = "/apis/flowcontrol.apiserver.k8s.io/v1/"
  private static let levels = root + "prioritylevelconfigurations"
  private static let schemas = root + "flowschemas"
  private static let merge = "application/merge-patch+json"
  private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io"

  @Test("a cluster begins with upstream's levels and schemas, and every schema has found its level")
  func bootstrap() {
    var bench = Bench()
    #expect(
      bench.get(Self.levels).names == [
        "catch-all", "exempt", "global-default", "leader-election", "node-high", "system", "workload-high", "workload-low",
      ])
    let schemas = bench.get(Self.schemas).body[.items].elements
    #expect(schemas.count == 13)
    for schema in schemas {
      #expect(schema[.status][.conditions][0][.status] == "False", "\(schema)")
      #expect(schema[.metadata][.annotations]["apf.kubernetes.io/autoupdate-spec"] == "true")
    }
    let rows = bench.get(Self.levels, accept: Self.table).body[.rows].elements.map { Array($0[.cells].elements.prefix(6)) }
    #expect(rows[0] == ["catch-all", "Limited", 5, "<none>", "<none>", "<none>"])
    #expect(rows[1] == ["exempt", "Exempt", 0, "<none>", "<none>", "<none>"])
    #expect(rows[3] == ["leader-election", "Limited", 10, 16, 4, 50])
  }

  @Test("of exempt and catch-all the spec stays; others may change, and their owner is told that nobody is limited")
  func mandatory() {
    var bench = Bench()
    let refused = bench.send("PATCH", Self.schemas + "/exempt", ["spec": ["matchingPrecedence": 7]], type: Self.merge)
    #expect(refused.causes == ["Invalid spec"], "\(refused.body)")
    let labelled = bench.send("PATCH", Self.schemas + "/exempt", ["metadata": ["labels": ["a": "b"]]], type: Self.merge)
    #expect(labelled.status == 200, "\(labelled.body)")
    let level = bench.send(
      "PATCH", Self.levels + "/catch-all", ["spec": ["limited": ["nominalConcurrencyShares": 9]]], type: Self.merge)
    #expect(level.causes == ["Invalid spec"])
    let other = bench.send(
      "PATCH", Self.levels + "/system", ["spec": ["limited": ["nominalConcurrencyShares": 0]]], type: Self.merge)
    #expect(other.status == 200 && other.body[.metadata][.generation] == 2, "\(other.body)")
    #expect(other.warnings.count == 1 && other.warnings[0].contains("spec: requests are neither queued nor limited"))
  }

  @Test("what a level does not say is filled in")
  func defaults() {
    var bench = Bench()
    let spec: JSON = ["type": "Limited", "limited": ["limitResponse": ["type": "Queue", "queuing": [:]]]]
    let made = bench.send("POST", Self.levels, ["metadata": ["name": "mine"], "spec": spec]).body[.spec]["limited"]
    #expect(made["nominalConcurrencyShares"] == 30 && made["lendablePercent"] == 0)
    #expect(made["limitResponse"]["queuing"] == ["queues": 64, "handSize": 8, "queueLengthLimit": 50])
    let rule: JSON = [
      "subjects": [["kind": "User", "user": ["name": "*"]]],
      "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/a/*"]]],
    ]
    let schema: JSON = ["priorityLevelConfiguration": ["name": "mine"], "rules": [rule]]
    let answer = bench.send("POST", Self.schemas, ["metadata": ["name": "mine"], "spec": schema])
    #expect(answer.status == 201 && answer.body[.spec]["matchingPrecedence"] == 1000, "\(answer.body)")
  }

  @Test(
    "a level is refused with reason and field",
    arguments: [
      (#"{"type":"Exempt"}"#, ["Invalid type"]), (#"{"type":"Free"}"#, ["NotSupported type"]),
      (#"{"type":"Limited"}"#, ["Required limited"]),
      (
        #"{"type":"Limited","exempt":{},"limited":{"nominalConcurrencyShares":-1,"lendablePercent":101,"borrowingLimitPercent":-1,"limitResponse":{"type":"Reject","queuing":{}}}}"#,
        [
          "Forbidden exempt", "Invalid limited.nominalConcurrencyShares", "Invalid limited.lendablePercent",
          "Invalid limited.borrowingLimitPercent", "Forbidden limited.limitResponse.queuing",
        ]
      ),
      (#"{"type":"Limited","limited":{"limitResponse":{"type":"Queue"}}}"#, ["Required limited.limitResponse.queuing"]),
      (
        #"{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{"queues":4,"handSize":5,"queueLengthLimit":-1}}}}"#,
        ["Invalid limited.limitResponse.queuing.handSize", "Invalid limited.limitResponse.queuing.queueLengthLimit"]
      ),
      (
        #"{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{"queues":1024,"handSize":10}}}}"#,
        ["Invalid limited.limitResponse.queuing.handSize"]
      ),
    ])
  func levels(_ spec: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.levels, ["metadata": ["name": "mine"], "spec": try JSONParser.parse(spec)])
    #expect(answer.status == 422, "\(answer.body)")
    #expect(answer.causes.map { $0.replacing("spec.", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test(
    "a schema is refused with reason and field",
    arguments: [
      (
        #"{"matchingPrecedence":1,"priorityLevelConfiguration":{"name":""}}"#,
        ["Invalid matchingPrecedence", "Required priorityLevelConfiguration.name"]
      ),
      (
        #"{"matchingPrecedence":10001,"priorityLevelConfiguration":{"name":"L_"}}"#,
        ["Invalid matchingPrecedence", "Invalid priorityLevelConfiguration.name"]
      ),
      (
        #"{"priorityLevelConfiguration":{"name":"l"},"distinguisherMethod":{"type":"ByMood"},"rules":[{}]}"#,
        ["NotSupported distinguisherMethod.type", "Required rules[0].subjects", "Required rules[0]"]
      ),
      (
        #"{"priorityLevelConfiguration":{"name":"l"},"rules":[{"subjects":[{"kind":"User","group":{"name":"g"}},{"kind":"ServiceAccount","serviceAccount":{"name":"A","namespace":""}},{"kind":"Robot"}],"resourceRules":[{"verbs":["look"],"apiGroups":["*","a"],"resources":["*"]}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["a","/b*","//"]}]}]}"#,
        [
          "Required rules[0].subjects[0].user", "Forbidden rules[0].subjects[0].group",
          "Invalid rules[0].subjects[1].serviceAccount.name",
          "Required rules[0].subjects[1].serviceAccount.namespace", "NotSupported rules[0].subjects[2].kind",
          "NotSupported rules[0].resourceRules[0].verbs", "Invalid rules[0].resourceRules[0].apiGroups",
          "Required rules[0].resourceRules[0].namespaces", "Invalid rules[0].nonResourceRules[0].nonResourceURLs[0]",
          "Invalid rules[0].nonResourceRules[0].nonResourceURLs[1]", "Invalid rules[0].nonResourceRules[0].nonResourceURLs[2]",
        ]
      ),
    ])
  func schemas(_ spec: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.schemas, ["metadata": ["name": "mine"], "spec": try JSONParser.parse(spec)])
    #expect(answer.status == 422, "\(answer.body)")
    #expect(answer.causes.map { $0.replacing("spec.", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
  }
}
