import CoreAPI
import CoreObjects
import Testing

@Suite("Parameters of requests")
struct QueryOptionTests {
  private static let long = String(repeating: "m", count: 129)

  @Test(
    "a number that is none is a 400 of lists, watches, deletions of many and of one",
    arguments: ["limit=x", "limit=", "timeoutSeconds=x", "limit=1.5", "timeoutSeconds=99999999999999999999"])
  func numbers(_ query: String) {
    var bench = Bench()
    for (method, more) in [("GET", ""), ("GET", "&watch=true"), ("DELETE", "")] {
      let answer = bench.send(method, Bench.configMaps + "?" + query + more)
      #expect(answer.status == 400 && answer.reason == "BadRequest", "\(method) \(query)\(more): \(answer.body)")
    }
    #expect(bench.send("DELETE", Bench.configMaps + "/a?gracePeriodSeconds=x").status == 400)
  }

  @Test("a flag is set unless it says false or 0", arguments: [("maybe", true), ("", true), ("False", false), ("0", false)])
  func flags(_ value: String, _ isWatch: Bool) {
    var bench = Bench()
    #expect((bench.watch(Bench.configMaps + "?watch=" + value) != nil) == isWatch)
  }

  @Test(
    "an option out of its values is a 422 of the options' kind, with one cause",
    arguments: [
      ("POST", "dryRun=Some", "CreateOptions", "dryRun", "FieldValueNotSupported"),
      ("POST", "dryRun=", "CreateOptions", "dryRun", "FieldValueNotSupported"),
      ("POST", "dryRun=Some&dryRun=All", "CreateOptions", "dryRun", "FieldValueNotSupported"),
      ("POST", "fieldManager=" + long, "CreateOptions", "fieldManager", "FieldValueTooLong"),
      ("POST", "fieldManager=a%07b", "CreateOptions", "fieldManager", "FieldValueInvalid"),
      ("POST", "fieldManager=a%E2%80%8Bb", "CreateOptions", "fieldManager", "FieldValueInvalid"),
      ("POST", "fieldManager=a%C2%A0b", "CreateOptions", "fieldManager", "FieldValueInvalid"),
      ("POST", "fieldValidation=strict", "CreateOptions", "fieldValidation", "FieldValueNotSupported"),
      ("GET", "resourceVersionMatch=Exact", "ListOptions", "resourceVersionMatch", "FieldValueForbidden"),
      ("GET", "resourceVersionMatch=Exact&resourceVersion=0", "ListOptions", "resourceVersionMatch", "FieldValueForbidden"),
      ("GET", "resourceVersionMatch=Newer&resourceVersion=1", "ListOptions", "resourceVersionMatch", "FieldValueNotSupported"),
      ("GET", "watch=1&resourceVersionMatch=NotOlderThan", "ListOptions", "resourceVersionMatch", "FieldValueForbidden"),
      ("GET", "watch=1&sendInitialEvents=true", "ListOptions", "resourceVersionMatch", "FieldValueForbidden"),
      ("DELETE", "resourceVersionMatch=Exact", "ListOptions", "resourceVersionMatch", "FieldValueForbidden"),
      ("DELETE", "propagationPolicy=Foo", "DeleteOptions", "propagationPolicy", "FieldValueNotSupported"),
    ])
  func refused(_ method: String, _ query: String, _ kind: String, _ field: String, _ reason: String) {
    var bench = Bench()
    let answer = bench.send(method, Bench.configMaps + "?" + query, method == "POST" ? Bench.configMap("a") : nil)
    let causes = answer.body["details"]["causes"].elements
    #expect(answer.status == 422 && answer.body["details"]["kind"].string == kind, "\(answer.body)")
    #expect(causes.map { $0["field"].string } == [field] && causes[0]["reason"].string == reason, "\(answer.body)")
  }

  @Test("names of managers may have spaces and letters of any script")
  func managers() {
    var bench = Bench()
    #expect(bench.send("POST", Bench.configMaps + "?fieldManager=Fran%C3%A7ois%20%E2%82%AC", Bench.configMap("a")).status == 201)
  }

  @Test("a list goes on at the revision of its token, and takes no other")
  func goesOn() {
    var bench = Bench()
    for name in ["a", "b"] { bench.send("POST", Bench.configMaps, Bench.configMap(name)) }
    let token = Bench.escaped(bench.get(Bench.configMaps + "?limit=1").body[.metadata][.continue].string ?? "")
    #expect(bench.get(Bench.configMaps + "?limit=1&resourceVersion=0&continue=" + token).status == 200)
    #expect(bench.get(Bench.configMaps + "?limit=1&resourceVersion=1&continue=" + token).status == 400)
  }
}
