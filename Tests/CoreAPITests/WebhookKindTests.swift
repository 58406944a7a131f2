import CoreAPI
import CoreObjects
import Testing

@Suite("Configurations of webhooks, admission policies and their bindings")
struct WebhookKindTests {
  private static let root = "/apis/admissionregistration.k8s.io/v1/"

  /// A webhook that nothing is wrong with, with these members put over it.
  private func webhook(_ change: String = "{}") throws -> JSON {
    var tree: JSON = [
      "name": "pods.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
      "clientConfig": ["service": ["namespace": "default", "name": "hooks", "path": "/judge"]],
      "rules": [["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]]],
    ]
    tree.merge(try JSONParser.parse(change))
    return ["metadata": ["name": "hooks"], "webhooks": [tree]]
  }

  @Test("a configuration is stored with upstream's defaults, counts its changes, and says that nobody is called")
  func defaults() throws {
    for (kind, extra) in [("validating", 0), ("mutating", 1)] {
      var bench = Bench()
      let path = Self.root + kind + "webhookconfigurations"
      let made = bench.send("POST", path, try webhook())
      #expect(made.status == 201, "\(made.body)")
      #expect(made.warnings.count == 1 && made.warnings[0].contains("webhooks: no webhook is called"), "\(made.warnings)")
      let hook = made.body["webhooks"][0]
      #expect([hook["failurePolicy"], hook["matchPolicy"], hook["timeoutSeconds"]] == ["Fail", "Equivalent", 10])
      #expect(hook["namespaceSelector"] == [:] && hook["objectSelector"] == [:] && hook["rules"][0]["scope"] == "*")
      #expect(hook["clientConfig"]["service"]["port"] == 443)
      #expect((hook["reinvocationPolicy"] == "Never") == (extra == 1))
      let labelled = bench.send(
        "PATCH", path + "/hooks", ["metadata": ["labels": ["a": "b"]]], type: "application/merge-patch+json")
      #expect(labelled.body[.metadata][.generation] == 1 && labelled.warnings.isEmpty)
      let changed = bench.send("PATCH", path + "/hooks", ["webhooks": []], type: "application/merge-patch+json")
      #expect(changed.body[.metadata][.generation] == 2)
    }
  }

  @Test(
    "a webhook is refused with reason and field",
    arguments: [
      (#"{"name":"pods"}"#, ["Invalid name"]), (#"{"name":"Pods.example.com"}"#, ["Invalid name"]),
      (#"{"name":""}"#, ["Required name"]),
      (#"{"sideEffects":null}"#, ["Required sideEffects"]), (#"{"sideEffects":"Some"}"#, ["NotSupported sideEffects"]),
      (#"{"timeoutSeconds":31}"#, ["Invalid timeoutSeconds"]), (#"{"timeoutSeconds":0}"#, ["Invalid timeoutSeconds"]),
      (#"{"failurePolicy":"Maybe","matchPolicy":"Near"}"#, ["NotSupported failurePolicy", "NotSupported matchPolicy"]),
      (#"{"admissionReviewVersions":[]}"#, ["Required admissionReviewVersions"]),
      (#"{"admissionReviewVersions":["v3"]}"#, ["Invalid admissionReviewVersions"]),
      (
        #"{"admissionReviewVersions":["v1","v1","V_"]}"#,
        ["Invalid admissionReviewVersions[1]", "Invalid admissionReviewVersions[2]"]
      ),
      (#"{"clientConfig":{"service":null}}"#, ["Required clientConfig"]),
      (#"{"clientConfig":{"url":"https://a.example.com"}}"#, ["Required clientConfig"]),
      (#"{"clientConfig":{"service":{"port":0}}}"#, ["Invalid clientConfig.service.port"]),
      (#"{"clientConfig":{"service":{"name":""}}}"#, ["Required clientConfig.service.name"]),
      (#"{"clientConfig":{"service":{"path":"judge"}}}"#, ["Invalid clientConfig.service.path"]),
      (#"{"clientConfig":{"service":{"path":"/a//B"}}}"#, Array(repeating: "Invalid clientConfig.service.path", count: 2)),
      (
        #"{"clientConfig":{"service":null,"url":"http://u@/p?q#f"}}"#, Array(repeating: "Invalid clientConfig.url", count: 5)
      ),
      (
        #"{"namespaceSelector":{"matchExpressions":[{"key":"a","operator":"In"}]}}"#,
        ["Required namespaceSelector.matchExpressions[0].values"]
      ),
      (
        #"{"rules":[{"operations":["*","CREATE"],"apiGroups":[],"apiVersions":[""],"resources":["*","pods"]}]}"#,
        [
          "Invalid rules[0].operations", "Required rules[0].apiGroups", "Required rules[0].apiVersions[0]",
          "Invalid rules[0].resources",
        ]
      ),
      (
        #"{"rules":[{"operations":["LOOK"],"apiGroups":["a"],"apiVersions":["v1"],"resources":["pods/*","pods/log",""],"scope":"All"}]}"#,
        [
          "NotSupported rules[0].operations[0]", "Invalid rules[0].resources[1]", "Required rules[0].resources[2]",
          "NotSupported rules[0].scope",
        ]
      ),
      (
        #"{"matchConditions":[{"name":"","expression":" "}]}"#,
        ["Required matchConditions[0].expression", "Required matchConditions[0].name"]
      ),
    ])
  func webhooks(_ change: String, _ expected: [String]) throws {
    for kind in ["validating", "mutating"] {
      var bench = Bench()
      let answer = bench.send("POST", Self.root + kind + "webhookconfigurations", try webhook(change))
      #expect(answer.status == 422, "\(answer.body)")
      #expect(answer.causes.map { $0.replacing("webhooks[0].", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
    }
  }

  @Test("two webhooks of a configuration have two names")
  func names() throws {
    var bench = Bench()
    var tree = try webhook()
    tree[.webhooks] = .array([tree[.webhooks][0], tree[.webhooks][0]])
    let answer = bench.send("POST", Self.root + "validatingwebhookconfigurations", tree)
    #expect(answer.causes == ["Duplicate webhooks[1].name"])
  }

  /// What policies of both kinds match.
  private static let constraints: JSON = [
    "resourceRules": [["operations": ["CREATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]]]
  ]

  @Test("a policy is stored with upstream's defaults, without a warning; its status is written apart")
  func policy() {
    var bench = Bench()
    let path = Self.root + "validatingadmissionpolicies"
    let made = bench.send(
      "POST", path,
      [
        "metadata": ["name": "small"],
        "spec": [
          "matchConstraints": Self.constraints, "validations": [["expression": "object.spec.replicas <= 5"]],
          "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"],
        ],
      ])
    #expect(made.status == 201 && made.warnings.isEmpty)
    let spec = made.body[.spec]
    #expect(spec["failurePolicy"] == "Fail" && spec["matchConstraints"]["matchPolicy"] == "Equivalent")
    #expect(spec["matchConstraints"]["namespaceSelector"] == [:] && spec["matchConstraints"]["resourceRules"][0]["scope"] == "*")
    #expect(made.body[.metadata][.generation] == 1 && made.body[.status] == [:])
    let status = bench.send(
      "PATCH", path + "/small/status",
      ["status": ["observedGeneration": 1, "typeChecking": ["expressionWarnings": [["fieldRef": "", "warning": "w"]]]]],
      type: "application/merge-patch+json")
    #expect(status.causes == ["Required status.typeChecking.expressionWarnings[0].fieldRef"], "\(status.body)")
    let row = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body[.rows][0][.cells]
    #expect(Array(row.elements.prefix(3)) == ["small", 1, "v1/ConfigMap"])
  }

  @Test(
    "a policy that judges is refused with reason and field",
    arguments: [
      ("{}", ["Required matchConstraints", "Required validations", "Required auditAnnotations"]),
      (
        #"{"matchConstraints":{},"validations":[{"expression":" ","message":"a\nb","messageExpression":"  ","reason":"Gone"}]}"#,
        [
          "Required matchConstraints.resourceRules", "Required validations[0].expression", "Invalid validations[0].message",
          "Invalid validations[0].messageExpression", "NotSupported validations[0].reason",
        ]
      ),
      (
        #"{"auditAnnotations":[{"key":"a b","valueExpression":"'x'"},{"key":"k","valueExpression":"'x'"},{"key":"k","valueExpression":""}],"matchConstraints":{"resourceRules":[{"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*/*"],"resourceNames":["a/b","c","c"]}]}}"#,
        [
          "Invalid auditAnnotations[0].key", "Duplicate auditAnnotations[2].key", "Required auditAnnotations[2].valueExpression",
          "Invalid matchConstraints.resourceRules[0].resourceNames[0]",
          "Duplicate matchConstraints.resourceRules[0].resourceNames[2]",
        ]
      ),
      (
        #"{"validations":[{"expression":"true"}],"paramKind":{"apiVersion":"a/b/c","kind":"9"},"variables":[{"name":"if","expression":"1"}],"matchConstraints":{"resourceRules":[{"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"]}]}}"#,
        ["Invalid paramKind.apiVersion", "Invalid paramKind.kind", "Invalid variables[0].name"]
      ),
    ])
  func policies(_ spec: String, _ expected: [String]) throws {
    var bench = Bench()
    let tree: JSON = ["metadata": ["name": "p"], "spec": try JSONParser.parse(spec)]
    let answer = bench.send("POST", Self.root + "validatingadmissionpolicies", tree)
    #expect(answer.status == 422, "\(answer.body)")
    #expect(answer.causes.map { $0.replacing("spec.", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("a policy that changes names the form of each change, and what comes of a second look")
  func mutations() {
    var bench = Bench()
    let path = Self.root + "mutatingadmissionpolicies"
    func send(_ mutations: JSON, _ more: JSON = .null) -> Bench.Answer {
      let spec: JSON = ["matchConstraints": Self.constraints, "mutations": mutations, "reinvocationPolicy": more]
      return bench.send("POST", path, ["metadata": ["name": "m"], "spec": spec])
    }
    #expect(send([]).causes.sorted() == ["Required spec.mutations", "Required spec.reinvocationPolicy"])
    #expect(
      send([["patchType": "Diff"]], "Always").causes.sorted() == [
        "NotSupported spec.mutations[0].patchType", "NotSupported spec.reinvocationPolicy",
      ])
    let mixed: JSON = [["patchType": "JSONPatch", "applyConfiguration": ["expression": "Object{}"]]]
    #expect(
      send(mixed, "Never").causes.sorted() == [
        "Forbidden spec.mutations[0].applyConfiguration", "Required spec.mutations[0].jsonPatch",
      ])
    let patch = "[JSONPatch{op: 'remove', path: '/data'}]"
    let good: JSON = [["patchType": "JSONPatch", "jsonPatch": ["expression": .string(patch)]]]
    let made = send(good, "IfNeeded")
    #expect(made.status == 201 && made.warnings.count == 1, "\(made.body)")
  }

  @Test("a binding names its policy, its parameters and what follows")
  func bindings() {
    var bench = Bench()
    let path = Self.root + "validatingadmissionpolicybindings"
    func send(_ spec: JSON) -> Bench.Answer { bench.send("POST", path, ["metadata": ["name": "b"], "spec": spec]) }
    #expect(send([:]).causes.sorted() == ["Required spec.policyName", "Required spec.validationActions"])
    #expect(
      send(["policyName": "P_", "validationActions": ["Deny", "Warn", "Stop"], "paramRef": [:]]).causes.sorted() == [
        "Invalid spec.policyName", "Invalid spec.validationActions", "NotSupported spec.validationActions[2]",
        "Required spec.paramRef",
        "Required spec.paramRef.parameterNotFoundAction",
      ])
    let both: JSON = ["name": "a", "selector": [:], "parameterNotFoundAction": "Deny"]
    #expect(
      send(["policyName": "p", "validationActions": ["Deny"], "paramRef": both]).causes.sorted() == [
        "Forbidden spec.paramRef.name", "Forbidden spec.paramRef.selector",
      ])
    let made = send([
      "policyName": "p", "validationActions": ["Deny"], "paramRef": ["name": "limits", "parameterNotFoundAction": "Deny"],
    ])
    #expect(made.status == 201 && made.warnings.isEmpty)
    let row = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body[.rows][0][.cells]
    #expect(Array(row.elements.prefix(3)) == ["b", "p", "*/limits"])
    let mutating = bench.send("POST", Self.root + "mutatingadmissionpolicybindings", ["metadata": ["name": "b"], "spec": [:]])
    #expect(mutating.causes == ["Required spec.policyName"])
  }
}
