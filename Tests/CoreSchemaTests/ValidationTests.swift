import CoreAPI
import CoreObjects
import Testing

@Suite struct DefaultsTests {
  private func filled(_ text: String) throws -> JSON {
    let (schema, thing) = try sampleSchema()
    var tree = try schema.decode(json(text), as: thing).tree
    schema.setDefaults(&tree, thing)
    return tree
  }

  @Test("absent fields get their defaults at every depth, absent objects stay absent")
  func defaults() throws {
    #expect(try filled("{}") == json("{}"))
    #expect(
      try filled(#"{"spec":{"containers":[{"name":"a"},{"imagePullPolicy":"Never"}]}}"#)
        == json(
          #"""
          {"spec":{"replicas":1,"type":"Always","options":{"periodSeconds":10},
           "containers":[{"name":"a","imagePullPolicy":"IfNotPresent"},{"imagePullPolicy":"Never"}]}}
          """#))
  }

  @Test("an empty string counts as absent, zero does not")
  func empty() throws {
    let tree = try filled(#"{"spec":{"replicas":0,"type":""}}"#)
    #expect(tree[.spec][.replicas] == 0)
    #expect(tree[.spec][.type] == "Always")
  }

  @Test("setting defaults twice changes nothing more")
  func idempotent() throws {
    let once = try filled(#"{"spec":{"ports":[{"port":1}]}}"#)
    #expect(try filled(once.description) == once)
  }
}

@Suite struct ValidationTests {
  private func errors(_ text: String) throws -> [String] {
    let (schema, thing) = try sampleSchema()
    return schema.validate(try json(text), thing).map(\.message).sorted()
  }

  private let good = #""port":80,"containers":[{"name":"a"}]"#

  @Test("a good object has no errors")
  func nothingWrong() throws { #expect(try errors("{\"spec\":{\(good)}}") == []) }

  @Test("missing, empty and null required fields are named")
  func required() throws {
    #expect(try errors("{}") == ["spec: Required value"])
    #expect(try errors(#"{"spec":{"port":1}}"#) == ["spec.containers: Required value"])
    #expect(try errors(#"{"spec":{"port":1,"containers":[]}}"#) == ["spec.containers: Required value"])
    #expect(
      try errors(#"{"metadata":{"name":""},"spec":{"port":1,"containers":[{"image":"x"}]}}"#)
        == ["metadata.name: Required value", "spec.containers[0].name: Required value"])
  }

  @Test("an absent number is judged as 0")
  func requiredNumber() throws {
    #expect(
      try errors(#"{"spec":{"containers":[{"name":"a"}]}}"#)
        == ["spec.port: Invalid value: 0: must be between 1 and 65535, inclusive"])
  }

  @Test("enumerations and ranges are held")
  func values() throws {
    #expect(
      try errors("{\"spec\":{\(good),\"type\":\"Sometimes\",\"replicas\":-1}}") == [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        #"spec.type: Unsupported value: "Sometimes": supported values: "Always", "Never""#,
      ])
  }

  @Test("keyed lists and sets refuse repeats, unless repeats are allowed")
  func repeats() throws {
    #expect(
      try errors(#"{"spec":{"port":1,"containers":[{"name":"a"},{"name":"b"},{"name":"a"}]}}"#)
        == [#"spec.containers[2].name: Duplicate value: "a""#])
    #expect(
      try errors("{\"spec\":{\(good),\"tags\":[\"x\",\"x\"],\"items\":[{\"name\":\"a\"},{\"name\":\"a\"}]}}")
        == [#"spec.tags[1]: Duplicate value: "x""#])
    #expect(
      try errors(
        "{\"spec\":{\(good),\"ports\":[{\"port\":1,\"protocol\":\"TCP\"},{\"port\":1,\"protocol\":\"UDP\"},{\"port\":1,\"protocol\":\"TCP\"}]}}"
      )
        == [#"spec.ports[2]: Duplicate value: {"port":1,"protocol":"TCP"}"#])
  }

  @Test("what a known tree has too is not judged again; what is another is, at every depth")
  func known() throws {
    let type = try #require(Schema.shared.type("apps.v1.StatefulSet"))
    let bad: JSON = [
      "spec": ["replicas": -1, "template": ["spec": ["containers": [["name": "a", "imagePullPolicy": "Sometimes"]]]]]
    ]
    let all = Schema.shared.validate(bad, type).map { "\($0.path)" }
    #expect(all.contains("spec.template.spec.containers[0].imagePullPolicy"))
    #expect(
      !Schema.shared.validate(bad, type, known: bad).map { "\($0.path)" }.contains(
        "spec.template.spec.containers[0].imagePullPolicy"))
    var other = bad
    other[.spec][.template][.spec][.containers][0].put(.image, "i")
    #expect(
      Schema.shared.validate(other, type, known: bad).map { "\($0.path)" }.contains(
        "spec.template.spec.containers[0].imagePullPolicy"))
    let wrong: JSON = ["spec": ["template": ["spec": ["containers": [["name": 3]]]]]]
    #expect(throws: DecodeError.self) { try Schema.shared.decode(wrong, as: type) }
    #expect(throws: DecodeError.self) { try Schema.shared.decode(wrong, as: type, known: bad) }
    #expect(throws: Never.self) { try Schema.shared.decode(wrong, as: type, known: wrong) }
  }

  @Test("a client's status is not judged, the server's own is")
  func status() throws {
    let (schema, thing) = try sampleSchema()
    let text = "{\"spec\":{\(good)},\"status\":{\"phase\":\"Sideways\"}}"
    #expect(try errors(text) == [])
    #expect(
      schema.validate(try json(text), thing, ofStatus: true).map(\.message)
        == [#"status.phase: Unsupported value: "Sideways": supported values: "Up", "Down""#])
  }

  @Test("a write of the status does not judge the spec, which it leaves as it is stored")
  func statusAlone() throws {
    let (schema, thing) = try sampleSchema()
    let tree = try json(#"{"spec":{"port":-7},"status":{"phase":"Up"}}"#)
    #expect(!schema.validate(tree, thing).isEmpty)
    #expect(schema.validate(tree, thing, ofStatus: true).isEmpty)
  }

  @Test("of very many errors only the first hundred are reported")
  func limit() throws {
    let containers = Array(repeating: "{}", count: 1000).joined(separator: ",")
    #expect(try errors("{\"spec\":{\"port\":1,\"containers\":[\(containers)]}}").count == 100)
  }

  @Test("immutable fields may be set once and never changed")
  func immutable() throws {
    let (schema, thing) = try sampleSchema()
    let (a, b) = (
      try json(#"{"spec":{"storageClassName":"a","replicas":1}}"#), try json(#"{"spec":{"storageClassName":"b","replicas":2}}"#)
    )
    #expect(schema.validateUpdate(a, old: a, thing).isEmpty)
    #expect(
      schema.validateUpdate(b, old: a, thing).map(\.message)
        == [#"spec.storageClassName: Invalid value: "b": field is immutable"#])
  }
}
