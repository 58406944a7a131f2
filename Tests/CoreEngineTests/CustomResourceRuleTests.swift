import CoreObjects
import Testing

@Suite("Custom resources: rules in CEL")
struct CustomResourceRuleTests {
  private static let path = CustomResourceBench.path
  private static let merge = "application/merge-patch+json"

  /// The kind of the bench, whose spec has these rules, or which has these properties besides.
  private func bench(rules: String = "[]", properties: String = "{}") -> CustomResourceBench {
    CustomResourceBench { definition in
      var versions = definition[.spec][.versions].elements
      var spec = versions[0][.schema][.openAPIV3Schema][.properties][.spec]
      spec.put("x-kubernetes-validations", CustomResourceBench.json(rules))
      for member in CustomResourceBench.json(properties).members { spec[.properties].put(member.key, member.value) }
      versions[0][.schema][.openAPIV3Schema][.properties].put(.spec, spec)
      definition[.spec].put(.versions, .array(versions))
    }
  }

  private func messages(_ answer: EngineBench.Answer) -> [String] {
    answer.body[.details]["causes"].elements.map { "\($0["field"].string ?? ""): \($0[.message].string ?? "")" }
  }

  @Test("a rule that is false refuses the object, in its own words, or those of its expression, or with itself")
  func messages() {
    var custom = bench(
      rules: """
        [{"rule": "self.replicas % 2 == 1", "message": "an odd number, please"},
         {"rule": "self.replicas < 5", "messageExpression": "'not ' + string(self.replicas)"},
         {"rule": "self.replicas != 6"}]
        """)
    #expect(custom.create(#"{"cronSpec": "* *"}"#).status == 201)
    let refused = custom.create(#"{"cronSpec": "* *", "replicas": 6}"#, name: "b")
    #expect(refused.status == 422)
    #expect(
      messages(refused) == [
        #"spec: Invalid value: "object": an odd number, please"#, #"spec: Invalid value: "object": not 6"#,
        #"spec: Invalid value: "object": failed rule: self.replicas != 6"#,
      ])
  }

  @Test("reason and path of a refusal are the rule's")
  func reasonAndPath() {
    var custom = bench(
      rules: """
        [{"rule": "!has(self.labels)", "message": "none", "reason": "FieldValueForbidden", "fieldPath": ".labels"},
         {"rule": "has(self.note)", "message": "say something", "reason": "FieldValueRequired", "fieldPath": ".note"}]
        """)
    let refused = custom.create(#"{"cronSpec": "* *", "labels": {"a": "b"}}"#)
    #expect(CustomResourceBench.causes(refused) == ["spec.labels FieldValueForbidden", "spec.note FieldValueRequired"])
  }

  @Test("a rule about oldSelf is tried on a change only, one with optionalOldSelf always")
  func transitions() {
    var custom = bench(
      rules: """
        [{"rule": "self.replicas >= oldSelf.replicas", "message": "never less"},
         {"rule": "oldSelf.hasValue() || self.replicas == 1", "optionalOldSelf": true, "message": "one at first"}]
        """)
    #expect(messages(custom.create(#"{"cronSpec": "* *", "replicas": 2}"#)) == [#"spec: Invalid value: "object": one at first"#])
    #expect(custom.create(#"{"cronSpec": "* *"}"#).status == 201)
    #expect(custom.send("PATCH", Self.path + "/a", #"{"spec": {"replicas": 3}}"#, type: Self.merge).status == 200)
    let less = custom.send("PATCH", Self.path + "/a", #"{"spec": {"replicas": 2}}"#, type: Self.merge)
    #expect(messages(less) == [#"spec: Invalid value: "object": never less"#])
    let scaled = custom.send("PATCH", Self.path + "/a/scale", #"{"spec": {"replicas": 1}}"#, type: Self.merge)
    #expect(scaled.status == 422)
  }

  @Test("rules hold for each element of lists and maps, and what an element was is found by its keys")
  func elements() {
    var custom = bench(
      properties: """
        {"parts": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "items": {"type": "object", "required": ["name", "size"], "properties": {
            "name": {"type": "string", "maxLength": 10}, "size": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.size >= oldSelf.size", "message": "grows only"},
              {"rule": "self.size > 0", "message": "has a size"}]}},
         "limits": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "integer",
            "x-kubernetes-validations": [{"rule": "self > 10"}]}}}
        """)
    let wrong = custom.create(
      #"{"cronSpec": "* *", "parts": [{"name": "a", "size": 1}, {"name": "b", "size": 0}], "limits": {"x": 1, "y": 11}}"#)
    #expect(
      messages(wrong) == [
        #"spec.parts[1]: Invalid value: "object": has a size"#,
        #"spec.limits[x]: Invalid value: "integer": failed rule: self > 10"#,
      ])
    custom.create(#"{"cronSpec": "* *", "parts": [{"name": "a", "size": 4}, {"name": "b", "size": 4}]}"#)
    let parts = #"{"spec": {"parts": [{"name": "b", "size": 5}, {"name": "a", "size": 3}, {"name": "c", "size": 1}]}}"#
    let changed = custom.send("PATCH", Self.path + "/a", parts, type: Self.merge)
    #expect(messages(changed) == [#"spec.parts[1]: Invalid value: "object": grows only"#])
  }

  @Test("rules are not tried where the schema is broken already, and their failures are told")
  func blocked() {
    var custom = bench(rules: #"[{"rule": "self.labels['a'] == 'b'"}]"#)
    let broken = custom.create(#"{"cronSpec": 1}"#)
    #expect(CustomResourceBench.causes(broken) == ["spec.cronSpec FieldValueTypeInvalid", "<nil> FieldValueInvalid"])
    let failing = custom.create(#"{"cronSpec": "* *", "labels": {"x": "y"}}"#)
    #expect(messages(failing).count == 1)
    #expect(messages(failing)[0].contains("there is no key 'a'"))
  }

  @Test("what is as it was stays, though a later rule would refuse it")
  func ratcheting() {
    var custom = bench()
    custom.create(#"{"cronSpec": "* *", "replicas": 3, "labels": {"a": "b"}}"#)
    var definition = custom.send("GET", CustomResourceBench.definitions + "/crontabs.stable.example.com").body
    var versions = definition[.spec][.versions].elements
    versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties][.labels].put(
      "x-kubernetes-validations", [["rule": "!('a' in self)"]])
    definition[.spec].put(.versions, .array(versions))
    #expect(custom.bench.send("PUT", CustomResourceBench.definitions + "/crontabs.stable.example.com", definition).status == 200)
    #expect(custom.send("PATCH", Self.path + "/a", #"{"spec": {"replicas": 4}}"#, type: Self.merge).status == 200)
    #expect(custom.send("PATCH", Self.path + "/a", #"{"spec": {"labels": {"c": "d"}}}"#, type: Self.merge).status == 422)
  }

  @Test("texts are held against patterns")
  func patterns() {
    var custom = bench(properties: #"{"code": {"type": "string", "pattern": "^[a-z]{2}-\\d+$"}}"#)
    #expect(custom.create(#"{"cronSpec": "* *", "code": "ab-12"}"#).status == 201)
    #expect(
      CustomResourceBench.causes(custom.create(#"{"cronSpec": "* *", "code": "ab-"}"#, name: "b")) == [
        "spec.code FieldValueInvalid"
      ])
  }

  @Test(
    "a definition whose rules cannot be is refused",
    arguments: [
      (#"{"rule": "self.nope == 1"}"#, "rule FieldValueInvalid"), (#"{"rule": "self.replicas"}"#, "rule FieldValueInvalid"),
      (#"{"rule": " "}"#, "rule FieldValueRequired"), (#"{"rule": "true &&"}"#, "rule FieldValueInvalid"),
      (#"{"rule": "true", "messageExpression": "1"}"#, "messageExpression FieldValueInvalid"),
      (#"{"rule": "true", "message": "a\nb"}"#, "message FieldValueInvalid"),
      (#"{"rule": "true", "reason": "Because"}"#, "reason FieldValueNotSupported"),
      (#"{"rule": "true", "fieldPath": "labels"}"#, "fieldPath FieldValueInvalid"),
      (#"{"rule": "true", "optionalOldSelf": true}"#, "optionalOldSelf FieldValueInvalid"),
      (#"{"rule": "self.tags.all(x, x.size() < 10)"}"#, ""),
      (#"{"rule": "!has(self.port) || (type(self.port) == string ? self.port == '100%' : self.port == 1000)"}"#, ""),
    ])
  func refused(_ rule: String, _ cause: String) {
    var bench = EngineBench(node: false)
    var definition = CustomResourceBench.definition
    var versions = definition[.spec][.versions].elements
    versions[0][.schema][.openAPIV3Schema][.properties][.spec].put(
      "x-kubernetes-validations", .array([CustomResourceBench.json(rule)]))
    definition[.spec].put(.versions, .array(versions))
    let answer = bench.send("POST", CustomResourceBench.definitions, definition)
    let place = "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]."
    #expect(CustomResourceBench.causes(answer) == (cause.isEmpty ? [] : [place + cause]), "\(answer.body)")
  }

  @Test("a rule that may cost too much is refused, with what to do about it")
  func cost() {
    var bench = EngineBench(node: false)
    var definition = CustomResourceBench.definition
    var versions = definition[.spec][.versions].elements
    versions[0][.schema][.openAPIV3Schema][.properties][.spec][.properties].put(
      "many", ["type": "array", "items": ["type": "string"]])
    versions[0][.schema][.openAPIV3Schema][.properties][.spec].put(
      "x-kubernetes-validations", [["rule": "self.many.all(x, self.many.all(y, x != y))"]])
    definition[.spec].put(.versions, .array(versions))
    let answer = bench.send("POST", CustomResourceBench.definitions, definition)
    #expect(CustomResourceBench.causes(answer).first?.hasSuffix("rule FieldValueForbidden") == true, "\(answer.body)")
    #expect(answer.body[.message].string?.contains("maxItems") == true)
  }
}
