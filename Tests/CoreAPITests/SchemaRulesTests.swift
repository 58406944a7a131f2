import CoreObjects
import Testing

@testable import CoreAPI

@Suite("Schemas of CustomResourceDefinitions: what is structural")
struct SchemaRulesTests {
  private func problems(_ properties: String) throws -> [String] {
    let schema = try JSONParser.parse(#"{"type": "object", "properties": \#(properties)}"#)
    return SchemaRules.validate(schema, at: "s").map { "\($0.path) \($0.causeReason)" }
  }

  @Test(
    "what is refused, and where",
    arguments: [
      (#"{"a": {}}"#, ["s.properties[a].type FieldValueRequired"]),
      (#"{"a": {"type": "text"}}"#, ["s.properties[a].type FieldValueNotSupported"]),
      (#"{"a": {"type": "array"}}"#, ["s.properties[a].items FieldValueRequired"]),
      (#"{"a": {"type": "array", "items": {}}}"#, ["s.properties[a].items.type FieldValueRequired"]),
      (
        #"{"a": {"type": "object", "additionalProperties": false}}"#, ["s.properties[a].additionalProperties FieldValueForbidden"]
      ),
      (
        #"{"a": {"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": {"type": "string"}}}"#,
        ["s.properties[a].additionalProperties FieldValueForbidden"]
      ),
      (#"{"a": {"type": "string", "$ref": "x"}}"#, ["s.properties[a].$ref FieldValueForbidden"]),
      (
        #"{"a": {"type": "array", "uniqueItems": true, "items": {"type": "string"}}}"#,
        ["s.properties[a].uniqueItems FieldValueForbidden"]
      ),
      (#"{"a": {"type": "string", "x-kubernetes-int-or-string": true}}"#, ["s.properties[a].type FieldValueForbidden"]),
      (#"{"a": {"type": "string", "anyOf": [{"type": "string"}]}}"#, ["s.properties[a].anyOf[0].type FieldValueForbidden"]),
      (
        #"{"a": {"type": "object", "oneOf": [{"required": ["b"], "properties": {"b": {"minLength": 1}}}]}}"#,
        ["s.properties[a].oneOf[0].properties[b] FieldValueRequired"]
      ),
      (
        #"{"a": {"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object", "properties": {"k": {"type": "string"}}}}}"#,
        ["s.properties[a].x-kubernetes-list-map-keys FieldValueRequired"]
      ),
      (
        #"{"a": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object", "properties": {"k": {"type": "string"}}}}}"#,
        ["s.properties[a].items.properties[k].default FieldValueRequired"]
      ),
      (
        #"{"a": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object", "properties": {"k": {"type": "string"}}}}}"#,
        ["s.properties[a].items FieldValueForbidden"]
      ),
      (
        #"{"a": {"type": "string", "x-kubernetes-preserve-unknown-fields": false}}"#,
        ["s.properties[a].x-kubernetes-preserve-unknown-fields FieldValueInvalid"]
      ),
      (#"{"a": {"type": "object", "x-kubernetes-embedded-resource": true}}"#, ["s.properties[a].properties FieldValueRequired"]),
      (#"{"a": {"type": "integer", "default": "x"}}"#, ["s.properties[a].default FieldValueTypeInvalid"]),
      (#"{"a": {"type": "integer", "maximum": 3, "default": 4}}"#, ["s.properties[a].default FieldValueInvalid"]),
      (#"{"a": {"type": "object", "default": {"x": 1}}}"#, ["s.properties[a].default FieldValueInvalid"]),
      (
        #"{"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}"#,
        ["s.properties[metadata] FieldValueForbidden"]
      ),
    ])
  func refused(_ properties: String, _ expected: [String]) throws { #expect(try problems(properties) == expected) }

  @Test(
    "what the root may not say",
    arguments: [
      (#"{"type": "object", "nullable": true}"#, ["s.nullable FieldValueForbidden"]),
      (#"{"type": "object", "additionalProperties": {"type": "string"}}"#, ["s.additionalProperties FieldValueForbidden"]),
      (
        #"{"type": "object", "properties": {"kind": {"type": "integer"}}}"#, ["s.properties[kind].type FieldValueInvalid"]
      ),
      (
        #"{"type": "object", "properties": {"a": {"x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true}}}"#,
        ["s.properties[a].x-kubernetes-preserve-unknown-fields FieldValueInvalid"]
      ),
    ])
  func root(_ schema: String, _ expected: [String]) throws {
    let found = SchemaRules.validate(try JSONParser.parse(schema), at: "s").map { "\($0.path) \($0.causeReason)" }
    #expect(found == expected)
  }

  @Test(
    "what is taken",
    arguments: [
      #"{"a": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}}"#,
      #"{"a": {"x-kubernetes-preserve-unknown-fields": true}}"#,
      #"{"a": {"type": "object", "additionalProperties": true}}"#,
      #"{"metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}}"#,
      #"{"a": {"type": "object", "properties": {"b": {"type": "string"}, "c": {"type": "string"}}, "oneOf": [{"required": ["b"]}, {"required": ["c"]}]}}"#,
      #"{"a": {"type": "object", "default": {}, "properties": {"b": {"type": "integer", "default": 1}}}}"#,
    ])
  func taken(_ properties: String) throws { #expect(try problems(properties) == []) }

  @Test("schemas that stand in one another without end are refused before anything is made of them")
  func depth() throws {
    var text = #"{"type": "string"}"#
    for _ in 0..<110 { text = #"{"type": "object", "properties": {"a": \#(text)}}"# }
    let found = SchemaRules.validate(try JSONParser.parse(text), at: "s")
    #expect(found.map(\.causeReason) == ["FieldValueForbidden"])
  }
}
