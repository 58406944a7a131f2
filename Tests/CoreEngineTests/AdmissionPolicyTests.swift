import CoreAPI
import CoreObjects
import Testing

@Suite("Admission policies")
struct AdmissionPolicyTests {
  private static let group = "/apis/admissionregistration.k8s.io/v1/"
  private static let merge = "application/merge-patch+json"

  private static func json(_ text: String) -> JSON { CustomResourceBench.json(text) }

  /// A policy "p" over Deployments and what is below them, and a binding "b" with these parts besides.
  private func bench(
    _ validations: String, policy: String = "{}", binding: String = "{}", actions: String = #"["Deny"]"#
  ) -> EngineBench {
    var bench = EngineBench(node: false)
    var spec = Self.json(
      """
      {"matchConstraints": {"resourceRules": [
         {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"],
          "resources": ["deployments", "deployments/scale"]}]},
       "validations": \(validations)}
      """)
    spec.merge(Self.json(policy))
    let made = bench.send("POST", Self.group + "validatingadmissionpolicies", ["metadata": ["name": "p"], "spec": spec])
    #expect(made.status == 201, "\(made.body)")
    #expect(made.headers.isEmpty)
    var bound = Self.json(#"{"policyName": "p", "validationActions": \#(actions)}"#)
    bound.merge(Self.json(binding))
    let put = bench.send("POST", Self.group + "validatingadmissionpolicybindings", ["metadata": ["name": "b"], "spec": bound])
    #expect(put.status == 201, "\(put.body)")
    return bench
  }

  private func message(_ answer: EngineBench.Answer) -> String { answer.body[.message].string ?? "" }

  @Test("a validation that is false refuses the write with its message and reason, whoever writes and in whatever way")
  func denies() {
    var bench = bench(
      #"[{"expression": "object.spec.replicas <= 3", "message": "three at the most"}, {"expression": "object.metadata.name != 'x'", "reason": "Forbidden"}]"#,
      policy: #"{"matchConditions": [{"name": "there", "expression": "request.operation != 'DELETE'"}]}"#)
    #expect(bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 2)).status == 201)
    let many = bench.send("POST", EngineBench.deployments, EngineBench.deployment("b", replicas: 4))
    #expect(many.status == 422)
    #expect(many.body[.reason] == "Invalid")
    #expect(message(many).contains("three at the most"))
    let named = bench.send("POST", EngineBench.deployments, EngineBench.deployment("x", replicas: 1))
    #expect(named.status == 403)
    #expect(message(named).contains("object.metadata.name != 'x'"))
    let patched = bench.send("PATCH", EngineBench.deployments + "/a", ["spec": ["replicas": 9]], type: Self.merge)
    #expect(patched.status == 422)
    let dry = bench.send("POST", EngineBench.deployments + "?dryRun=All", EngineBench.deployment("c", replicas: 4))
    #expect(dry.status == 422)
    #expect(bench.send("DELETE", EngineBench.deployments + "/a").status == 200)
  }

  @Test("a policy without a binding judges nothing, and one that is deleted no more")
  func bindings() {
    var bench = bench(#"[{"expression": "false"}]"#)
    #expect(bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1)).status == 422)
    bench.send("DELETE", Self.group + "validatingadmissionpolicybindings/b")
    #expect(bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1)).status == 201)
  }

  @Test("Warn warns and lets pass")
  func warns() {
    var bench = bench(#"[{"expression": "false", "messageExpression": "'no ' + object.metadata.name"}]"#, actions: #"["Warn"]"#)
    let answer = bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1))
    #expect(answer.status == 201)
    #expect(answer.headers.contains { $0.name == "Warning" && $0.value.contains("no a") })
  }

  @Test("namespaces and objects are selected by the policy and by the binding")
  func selectors() {
    var bench = bench(
      #"[{"expression": "false"}]"#, policy: #"{"matchConstraints": {"objectSelector": {"matchLabels": {"judge": "yes"}}}}"#,
      binding: #"{"matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}}"#)
    bench.send("POST", "/api/v1/namespaces", ["metadata": ["name": "other"]])
    var labelled = EngineBench.deployment("a", replicas: 1)
    labelled[.metadata].put(.labels, ["judge": "yes"])
    let other = "/apis/apps/v1/namespaces/other/deployments"
    #expect(bench.send("POST", EngineBench.deployments, labelled).status == 201)
    #expect(bench.send("POST", other, EngineBench.deployment("b", replicas: 1)).status == 201)
    #expect(bench.send("POST", other, labelled).status == 422)
  }

  @Test("variables, parameters, the namespace, the old object and the authorizer can be named")
  func variables() {
    var bench = bench(
      """
      [{"expression": "variables.wanted <= int(params.data.most)", "messageExpression": "'at most ' + params.data.most"},
       {"expression": "namespaceObject.metadata.name == 'default'"},
       {"expression": "oldObject == null || oldObject.metadata.uid == object.metadata.uid"},
       {"expression": "authorizer.group('').resource('pods').namespace('default').check('delete').allowed()"}]
      """,
      policy: """
        {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
         "variables": [{"name": "wanted", "expression": "has(object.spec.replicas) ? object.spec.replicas : 1"}]}
        """, binding: #"{"paramRef": {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}}"#)
    let none = bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1))
    #expect(none.status == 422)
    #expect(message(none).contains("no parameters were found"))
    bench.send("POST", EngineBench.configMaps, ["metadata": ["name": "limits"], "data": ["most": "2"]])
    #expect(bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 2)).status == 201)
    #expect(message(bench.send("POST", EngineBench.deployments, EngineBench.deployment("b", replicas: 3))).contains("at most 2"))
  }

  @Test("what fails refuses, or with the policy Ignore lets pass", arguments: ["Fail", "Ignore"])
  func failures(_ policy: String) {
    var bench = bench(
      #"[{"expression": "object.spec.nothing.here == 1"}]"#, policy: #"{"failurePolicy": "\#(policy)"}"#)
    let answer = bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1))
    #expect(answer.status == (policy == "Fail" ? 422 : 201))
  }

  @Test("controllers' writes are judged, too, and a policy can always be mended")
  func controllers() {
    var bench = EngineBench(node: false)
    let rules =
      #"[{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["pods", "validatingadmissionpolicies"]}]"#
    bench.send(
      "POST", Self.group + "validatingadmissionpolicies",
      [
        "metadata": ["name": "p"],
        "spec": Self.json(#"{"matchConstraints": {"resourceRules": \#(rules)}, "validations": [{"expression": "false"}]}"#),
      ])
    bench.send(
      "POST", Self.group + "validatingadmissionpolicybindings",
      ["metadata": ["name": "b"], "spec": ["policyName": "p", "validationActions": ["Deny"]]])
    bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 1))
    bench.run(seconds: 5)
    #expect(bench.send("GET", EngineBench.pods).body[.items].elements.isEmpty)
    #expect(bench.send("DELETE", Self.group + "validatingadmissionpolicies/p").status == 200)
    bench.run(seconds: 120)
    #expect(bench.send("GET", EngineBench.pods).body[.items].elements.count == 1)
  }

  @Test("an expression that cannot be compiled is refused with the policy, and told where it stands")
  func compilation() {
    var bench = EngineBench(node: false)
    let rules = #"[{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]"#
    let answer = bench.send(
      "POST", Self.group + "validatingadmissionpolicies",
      [
        "metadata": ["name": "p"],
        "spec": Self.json(#"{"matchConstraints": {"resourceRules": \#(rules)}, "validations": [{"expression": "object.x +"}]}"#),
      ])
    #expect(answer.status == 422)
    #expect(CustomResourceBench.causes(answer) == ["spec.validations[0].expression FieldValueInvalid"])
  }

  @Test("mutating policies lay configurations over objects, and patch them")
  func mutations() {
    var bench = EngineBench(node: false)
    let spec = Self.json(
      #"""
      {"matchConstraints": {"resourceRules": [
         {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]},
       "reinvocationPolicy": "Never", "failurePolicy": "Fail",
       "mutations": [
         {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression":
           "Object{metadata: Object.metadata{labels: {'made': 'by-policy'}}}"}},
         {"patchType": "JSONPatch", "jsonPatch": {"expression":
           "[JSONPatch{op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 1}]"}}]}
      """#)
    let made = bench.send("POST", Self.group + "mutatingadmissionpolicies", ["metadata": ["name": "m"], "spec": spec])
    #expect(made.status == 201, "\(made.body)")
    bench.send("POST", Self.group + "mutatingadmissionpolicybindings", ["metadata": ["name": "b"], "spec": ["policyName": "m"]])
    let answer = bench.send("POST", EngineBench.deployments, EngineBench.deployment("a", replicas: 2))
    #expect(answer.status == 201, "\(answer.body)")
    #expect(answer.body[.metadata][.labels] == ["made": "by-policy"])
    #expect(answer.body[.spec][.replicas] == 3)
  }

  private static func patch(_ expression: String) -> String {
    #"{"patchType": "JSONPatch", "jsonPatch": {"expression": "\#(expression)"}}"#
  }

  private static func configuration(_ expression: String) -> String {
    #"{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "\#(expression)"}}"#
  }

  /// Makes a policy "m" over new ConfigMaps, and its binding.
  private func addMutation(_ mutation: String, to bench: inout EngineBench) -> EngineBench.Answer {
    let rules = #"[{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]"#
    let spec = Self.json(
      #"{"matchConstraints": {"resourceRules": \#(rules)}, "reinvocationPolicy": "Never", "mutations": [\#(mutation)]}"#)
    bench.send("POST", Self.group + "mutatingadmissionpolicybindings", ["metadata": ["name": "b"], "spec": ["policyName": "m"]])
    return bench.send("POST", Self.group + "mutatingadmissionpolicies", ["metadata": ["name": "m"], "spec": spec])
  }

  @Test(
    "what a mutating policy makes of an object is held against its type, and what it is is not its business",
    arguments: [
      (patch("[JSONPatch{op: 'add', path: '/data', value: 5}]"), 422),
      (patch("[JSONPatch{op: 'replace', path: '/kind', value: 'Secret'}]"), 422),
      (patch("[JSONPatch{op: 'replace', path: '/metadata/name', value: 'other'}]"), 422),
      (configuration("Object{zzz: 'a'}"), 422), (configuration("Object{data: Object.data{x: 5}}"), 422),
      (patch("[JSONPatch{op: 'add', path: '/data/b', value: 'c'}]"), 201),
    ])
  func mutationsAreRead(_ mutation: String, _ status: Int) {
    var bench = EngineBench(node: false)
    #expect(addMutation(mutation, to: &bench).status == 201)
    #expect(bench.send("POST", EngineBench.configMaps, EngineBench.configMap("a")).status == status)
  }

  @Test(
    "an expression of a mutation gives an object or patches, or its policy is refused",
    arguments: [(configuration("'x'"), "applyConfiguration"), (patch("[1]"), "jsonPatch")])
  func mutationTypes(_ mutation: String, _ field: String) {
    var bench = EngineBench(node: false)
    let answer = addMutation(mutation, to: &bench)
    #expect(CustomResourceBench.causes(answer) == ["spec.mutations[0].\(field).expression FieldValueInvalid"])
  }

  @Test("a policy says that it was looked at")
  func status() {
    var judging = bench(#"[{"expression": "true"}]"#)
    judging.run(seconds: 1)
    let status = judging.send("GET", Self.group + "validatingadmissionpolicies/p").body[.status]
    #expect(status == ["observedGeneration": 1, "typeChecking": [:]])
  }
}
