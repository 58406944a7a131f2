import CoreAPI
import CoreObjects
import Testing

@Suite struct DecodeTests {
  private func decoded(_ text: String) throws -> Decoded {
    let (schema, thing) = try sampleSchema()
    return try schema.decode(json(text), as: thing)
  }

  private func error(_ text: String) throws -> String {
    let (schema, thing) = try sampleSchema()
    do throws(DecodeError) {
      let result = try schema.decode(try! JSONParser.parse(text), as: thing)
      return "no error: \(result.tree)"
    } catch { return error.description }
  }

  @Test("a tree that fits is given back as it is")
  func fits() throws {
    let text =
      #"{"kind":"Thing","spec":{"port":1,"sizeLimit":"1536Mi","target":"50%","tolerance":1,"limits":{"cpu":"1e3"},"extra":{"a":null}}}"#
    let result = try decoded(text)
    #expect(result.tree.description == text)
    #expect(result.unknownFields.isEmpty)
  }

  @Test("unknown fields are dropped and named with their path")
  func unknown() throws {
    let result = try decoded(#"{"spec":{"port":1,"foo":1,"containers":[{"name":"a","bar":{}}]},"top":2}"#)
    #expect(
      result.unknownFields == [
        #"unknown field "spec.foo""#, #"unknown field "spec.containers[0].bar""#, #"unknown field "top""#,
      ])
    #expect(try result.tree == json(#"{"spec":{"port":1,"containers":[{"name":"a"}]}}"#))
  }

  @Test("of very many unknown fields only the first are named")
  func manyUnknown() throws {
    let members = (0..<500).map { "\"x\($0)\":1" }.joined(separator: ",")
    #expect(try decoded("{\(members)}").unknownFields.count == 64)
  }

  @Test("null means absent; inside lists and maps it becomes the empty value")
  func nulls() throws {
    let result = try decoded(
      #"{"metadata":{"creationTimestamp":null,"labels":{"a":null}},"spec":{"port":null,"tags":[null],"containers":[null]}}"#)
    #expect(try result.tree == json(#"{"metadata":{"labels":{"a":""}},"spec":{"tags":[""],"containers":[{}]}}"#))
    #expect(result.unknownFields.isEmpty)
  }

  @Test("a quantity may be a number and becomes a string")
  func quantityNumbers() throws {
    let result = try decoded(#"{"spec":{"sizeLimit":2,"limits":{"cpu":0.5}}}"#)
    #expect(try result.tree == json(#"{"spec":{"sizeLimit":"2","limits":{"cpu":"500m"}}}"#))
  }

  @Test(
    "quantities are kept in their canonical form, amounts of resources in thousandths",
    arguments: [
      ("0.1", "100m", "100m"), ("0.5Gi", "512Mi", "512Mi"), ("1024Mi", "1Gi", "1Gi"), ("1e9", "1e9", "1e9"),
      ("1000k", "1M", "1M"),
      ("1000m", "1", "1"), ("10Ei", "9223372036854775807", "9223372036854775807"), ("0.0005", "500u", "1m"), ("1000", "1k", "1k"),
      ("1e3", "1e3", "1e3"), ("1E", "1E", "1E"), ("1500Mi", "1500Mi", "1500Mi"), ("1e4", "10e3", "10e3"),
      ("1.5e3", "1500", "1500"),
      ("0.3Ki", "307200m", "307200m"), ("0Mi", "0", "0"), ("-0.0005", "-500u", "-1m"), ("+1", "1", "1"), ("007", "7", "7"),
      ("1n", "1n", "1m"), ("512", "512", "512"), ("0.5Ki", "512", "512"),
    ])
  func quantities(_ given: String, _ single: String, _ amount: String) throws {
    let result = try decoded(#"{"spec":{"sizeLimit":"\#(given)","limits":{"cpu":"\#(given)"}}}"#).tree[.spec]
    #expect(result["sizeLimit"] == .string(single))
    #expect(result[.limits]["cpu"] == .string(amount))
  }

  @Test("what is empty goes where its field cannot tell it from nothing, and stays where it can")
  func zeros() throws {
    let type = try #require(Schema.shared.type("core.v1.Pod"))
    let given = try json(
      #"""
      {"metadata":{"name":"p","labels":{},"annotations":{"a":""}},"spec":{"hostNetwork":false,"nodeSelector":{},"tolerations":[],
       "priority":0,"enableServiceLinks":false,"securityContext":{},"containers":[{"name":"c","tty":false,"env":[
        {"name":"E","value":""}],"ports":[],"args":[""],"securityContext":{"privileged":false,"capabilities":{"add":[]}},
        "resources":{"limits":{}}}]}}
      """#)
    let kept = try json(
      #"""
      {"metadata":{"name":"p","annotations":{"a":""}},"spec":{"priority":0,"enableServiceLinks":false,"securityContext":{},
       "containers":[{"name":"c","env":[{"name":"E"}],"args":[""],"securityContext":{"privileged":false,"capabilities":{}},
        "resources":{}}]}}
      """#)
    #expect(try Schema.shared.decode(given, as: type).tree == kept)
    #expect(throws: DecodeError.self) { try Schema.shared.decode(json(#"{"spec":{"priority":""}}"#), as: type) }
  }

  @Test("what a type always has is written last: zeros of its fields, null for lists, maps and times")
  func written() throws {
    let type = try #require(Schema.shared.type("autoscaling.v2.HorizontalPodAutoscaler"))
    var tree = try json(#"{"metadata":{"name":"h"},"spec":{"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"}}}"#)
    Schema.shared.writeZeros(&tree, type)
    #expect(tree[.status].description == #"{"currentMetrics":null,"desiredReplicas":0}"#)
    #expect(tree[.spec][.metrics].isNull && tree[.metadata] == ["name": "h"])
  }

  @Test(
    "a wrong type is an error with path, expectation and finding",
    arguments: [
      (#"{"spec":{"replicas":"3"}}"#, #"spec.replicas: expected integer (int32), found string "3""#),
      (#"{"spec":{"replicas":3000000000}}"#, "spec.replicas: expected integer (int32), found integer 3000000000"),
      (#"{"spec":{"replicas":1.5}}"#, "spec.replicas: expected integer (int32), found number 1.5"),
      (#"{"spec":{"containers":{}}}"#, "spec.containers: expected list of objects, found object"),
      (#"{"spec":{"containers":[{"name":1}]}}"#, "spec.containers[0].name: expected string, found integer 1"),
      (#"{"spec":{"containers":["a"]}}"#, #"spec.containers[0]: expected object, found string "a""#),
      (#"{"metadata":{"labels":{"a":true}}}"#, "metadata.labels[a]: expected string, found boolean true"),
      (#"{"spec":{"ready":"yes"}}"#, #"spec.ready: expected boolean, found string "yes""#),
      (#"{"spec":{"sizeLimit":"ten"}}"#, #"spec.sizeLimit: expected quantity, for example 500m or 1Gi, found string "ten""#),
      (
        #"{"spec":{"limits":{"cpu":"1 Gi"}}}"#,
        #"spec.limits[cpu]: expected quantity, for example 500m or 1Gi, found string "1 Gi""#
      ),
      (#"{"spec":{"data":"a"}}"#, #"spec.data: expected string in base64, found string "a""#),
      (#"{"spec":{"target":true}}"#, "spec.target: expected integer (int32) or string, found boolean true"),
      (
        #"{"metadata":{"creationTimestamp":"today"}}"#,
        #"metadata.creationTimestamp: expected time in RFC 3339, for example 2026-01-31T12:00:00Z, found string "today""#
      ),
      ("[]", "the object: expected object, found list"),
    ])
  func wrongTypes(text: String, message: String) throws { #expect(try error(text) == message) }

  @Test("quantities: digits with at most one suffix or exponent")
  func quantities() throws {
    for good in [
      "0", "1", "-1", "+1", "1.5", ".5", "5.", "100m", "1k", "1Ki", "1Ei", "1e3", "1E-3", "2E", "12e+2", "3n", "1 ", " 1",
    ] {
      _ = try decoded(#"{"spec":{"sizeLimit":"\#(good)"}}"#)
    }
    for bad in ["", "m", "1K", "1ki", "1mi", "1 Gi", "100e3m", "1e", "1e+", "1.2.3", "0x1", "1GiB", "--1", "1Zi"] {
      #expect(try error(#"{"spec":{"sizeLimit":"\#(bad)"}}"#).hasPrefix("spec.sizeLimit"), "\(bad)")
    }
  }

  @Test("times: RFC 3339 with optional fraction and offset")
  func times() throws {
    for good in ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00+01:00"] {
      _ = try decoded(#"{"metadata":{"creationTimestamp":"\#(good)"}}"#)
    }
    for bad in [
      "", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z",
      "2026-01-31T12:00:00+0100", "2026-01-31T12:00:00Zx",
    ] {
      #expect(try error(#"{"metadata":{"creationTimestamp":"\#(bad)"}}"#).hasPrefix("metadata.creationTimestamp"), "\(bad)")
    }
  }
}
