import CoreObjects
import Testing

@Suite("References to owners")
struct OwnerReferenceTests {
  private static let whole = #"{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":"u"}"#

  @Test(
    "each member that is missing is one cause, which does not tell the reference",
    arguments: [
      (#"{"uid":null}"#, ["uid"]), (#"{"uid":""}"#, ["uid"]), (#"{"name":null}"#, ["name"]), (#"{"kind":null}"#, ["kind"]),
      (#"{"apiVersion":null}"#, ["apiVersion"]), (#"{"apiVersion":"apps/"}"#, ["apiVersion"]),
      (#"{"apiVersion":"a/b/c"}"#, ["apiVersion"]),
      (#"{"apiVersion":null,"kind":null,"uid":null}"#, ["apiVersion", "kind", "uid"]),
      (#"{"kind":"Event"}"#, [""]),
    ])
  func missing(_ change: String, _ fields: [String]) throws {
    var bench = Bench()
    var owner = try JSONParser.parse(Self.whole)
    owner.merge(try JSONParser.parse(change))
    var object = Bench.configMap("a")
    object[.metadata].put(.ownerReferences, .array([owner]))
    let answer = bench.send("POST", Bench.configMaps, object)
    let causes = answer.body["details"]["causes"].elements
    let paths = fields.map { "metadata.ownerReferences" + ($0.isEmpty ? "" : "." + $0) }
    #expect(answer.status == 422 && causes.map { $0["field"].string ?? "" } == paths, "\(answer.body)")
    #expect(causes.allSatisfy { $0["reason"] == "FieldValueInvalid" })
  }

  @Test("of several owners one controls")
  func controllers() throws {
    var bench = Bench()
    var owner = try JSONParser.parse(Self.whole)
    owner.put("controller", true)
    var object = Bench.configMap("a")
    object[.metadata].put(.ownerReferences, .array([owner, owner]))
    let answer = bench.send("POST", Bench.configMaps, object)
    #expect(answer.body["details"]["causes"].elements.map { $0["field"] } == ["metadata.ownerReferences"], "\(answer.body)")
  }
}
