import CoreObjects
import Testing

@Suite("Jobs at the API")
struct JobTests {
  static let path = "/apis/batch/v1/namespaces/default/jobs"

  static func job(_ spec: String, name: String = "a", restart: String = "Never") throws -> JSON {
    try JSONParser.parse(
      """
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"\(name)"},"spec":{\(spec)\(spec.isEmpty ? "" : ",")
       "template":{"spec":{"restartPolicy":"\(restart)","containers":[{"name":"main","image":"app:test"}]}}}}
      """)
  }

  @Test("jobs are selected by how many of their pods have succeeded")
  func selection() throws {
    var bench = Bench()
    #expect(bench.send("POST", Self.path, try Self.job("")).status == 201)
    #expect(bench.get(Self.path + "?fieldSelector=status.successful%3D0").names == ["a"])
    #expect(bench.get(Self.path + "?fieldSelector=status.successful%3D1").names == [])
    #expect(bench.get(Self.path + "?fieldSelector=status.active%3D1").status == 400)
  }

  private static let rule = #"{"action":"FailJob","onExitCodes":{"operator":"In","values":[1]}}"#
  private static let indexed = #""completionMode":"Indexed","completions":5,"parallelism":2"#

  @Test(
    "a wrong field is a 422 that names it",
    arguments: [
      (#""completionMode":"Indexed","parallelism":1"#, "spec.completions"),
      (#""completionMode":"Indexed","completions":1,"parallelism":100001"#, "spec.parallelism"),
      (#""backoffLimitPerIndex":1"#, "spec.backoffLimitPerIndex"),
      (#"\#(indexed),"maxFailedIndexes":1"#, "spec.backoffLimitPerIndex"),
      (#"\#(indexed),"backoffLimitPerIndex":1,"maxFailedIndexes":6"#, "spec.maxFailedIndexes"),
      (#""completionMode":"Indexed","completions":100001,"backoffLimitPerIndex":1,"parallelism":1"#, "spec.maxFailedIndexes"),
      (#""managedBy":"nobody""#, "spec.managedBy"),
      (#""podFailurePolicy":{"rules":[]}"#, "spec.podFailurePolicy.rules"),
      (#""podReplacementPolicy":"TerminatingOrFailed","podFailurePolicy":{"rules":[\#(rule)]}"#, "spec.podReplacementPolicy"),
      (
        #""podFailurePolicy":{"rules":[{"action":"FailIndex","onExitCodes":{"operator":"In","values":[1]}}]}"#,
        "spec.podFailurePolicy.rules[0].action"
      ),
      (#""podFailurePolicy":{"rules":[{"action":"Ignore"}]}"#, "spec.podFailurePolicy.rules[0]"),
      (
        #""podFailurePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"operator":"In","values":[0]}}]}"#,
        "spec.podFailurePolicy.rules[0].onExitCodes.values[0]"
      ),
      (
        #""podFailurePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"operator":"In","values":[3,1]}}]}"#,
        "spec.podFailurePolicy.rules[0].onExitCodes.values"
      ),
      (
        #""podFailurePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"containerName":"x","operator":"In","values":[1]}}]}"#,
        "spec.podFailurePolicy.rules[0].onExitCodes.containerName"
      ),
      (#""successPolicy":{"rules":[{"succeededCount":1}]}"#, "spec.successPolicy"),
      (#"\#(indexed),"successPolicy":{"rules":[{}]}"#, "spec.successPolicy.rules[0]"),
      (#"\#(indexed),"successPolicy":{"rules":[{"succeededCount":6}]}"#, "spec.successPolicy.rules[0].succeededCount"),
      (
        #"\#(indexed),"successPolicy":{"rules":[{"succeededIndexes":"0-1","succeededCount":3}]}"#,
        "spec.successPolicy.rules[0].succeededCount"
      ),
      (#"\#(indexed),"successPolicy":{"rules":[{"succeededIndexes":"3,1"}]}"#, "spec.successPolicy.rules[0].succeededIndexes"),
      (#"\#(indexed),"successPolicy":{"rules":[{"succeededIndexes":"3-5"}]}"#, "spec.successPolicy.rules[0].succeededIndexes"),
    ])
  func invalid(spec: String, field: String) throws {
    var bench = Bench()
    let answer = bench.send("POST", JobTests.path, try JobTests.job(spec))
    #expect(answer.status == 422 && answer.reason == "Invalid")
    #expect(answer.body["details"]["causes"].elements.contains { $0["field"].string == field }, "\(answer.body)")
  }

  @Test("a podFailurePolicy needs restartPolicy Never; an index of a long name makes too long a host name")
  func acrossFields() throws {
    var bench = Bench()
    let policy = #""podFailurePolicy":{"rules":[\#(JobTests.rule)]}"#
    #expect(bench.send("POST", JobTests.path, try JobTests.job(policy, restart: "OnFailure")).status == 422)
    #expect(bench.send("POST", JobTests.path, try JobTests.job(policy)).status == 201)
    let name = String(repeating: "n", count: 62)
    #expect(bench.send("POST", JobTests.path, try JobTests.job(JobTests.indexed, name: name)).status == 422)
    #expect(bench.send("POST", JobTests.path, try JobTests.job("", name: name)).status == 201)
  }

  @Test("with a podFailurePolicy the replacement policy is Failed, with a limit for each index backoffLimit is the largest")
  func defaults() throws {
    var bench = Bench()
    let policy = bench.send("POST", JobTests.path, try JobTests.job(#""podFailurePolicy":{"rules":[\#(JobTests.rule)]}"#))
    #expect(policy.body[.spec][.podReplacementPolicy] == "Failed")
    let limit = bench.send("POST", JobTests.path, try JobTests.job(#"\#(JobTests.indexed),"backoffLimitPerIndex":1"#, name: "b"))
    #expect(limit.body[.spec][.backoffLimit] == 2_147_483_647)
    #expect(limit.body[.spec][.podReplacementPolicy] == "TerminatingOrFailed")
  }

  private func patch(_ bench: inout Bench, _ text: String) throws -> Int {
    bench.send("PATCH", JobTests.path + "/a", try JSONParser.parse(text), type: "application/merge-patch+json").status
  }

  @Test("completions of an Indexed job change only together with parallelism, those of another never")
  func elastic() throws {
    var bench = Bench()
    _ = bench.send("POST", JobTests.path, try JobTests.job(JobTests.indexed))
    #expect(try patch(&bench, #"{"spec":{"completions":8}}"#) == 422)
    #expect(try patch(&bench, #"{"spec":{"completions":8,"parallelism":8}}"#) == 200)
    #expect(try patch(&bench, #"{"spec":{"parallelism":3}}"#) == 200)
    var plain = Bench()
    _ = plain.send("POST", JobTests.path, try JobTests.job(#""completions":2"#))
    #expect(try patch(&plain, #"{"spec":{"completions":3,"parallelism":3}}"#) == 422)
  }

  @Test("where the pods of a suspended job may run can be changed, what they run cannot; a running job keeps both")
  func scheduling() throws {
    var bench = Bench()
    _ = bench.send("POST", JobTests.path, try JobTests.job(#""suspend":true"#))
    let selector =
      #"{"spec":{"template":{"metadata":{"annotations":{"a":"b"}},"spec":{"nodeSelector":{"zone":"a"},"tolerations":[{"key":"x","operator":"Exists"}]}}}}"#
    #expect(try patch(&bench, selector) == 200)
    #expect(try patch(&bench, #"{"spec":{"template":{"spec":{"restartPolicy":"OnFailure"}}}}"#) == 422)
    let containers = #"[{"name":"main","image":"app:test","resources":{"requests":{"cpu":"1"}}}]"#
    #expect(try patch(&bench, #"{"spec":{"template":{"spec":{"containers":\#(containers)}}}}"#) == 200)
    #expect(try patch(&bench, #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"app:2"}]}}}}"#) == 422)
    #expect(try patch(&bench, #"{"spec":{"suspend":false}}"#) == 200)
    #expect(try patch(&bench, #"{"spec":{"template":{"spec":{"nodeSelector":{"zone":"b"}}}}}"#) == 422)
  }

  @Test(
    "policies, modes and the manager never change",
    arguments: [
      #""backoffLimitPerIndex":1"#, #""successPolicy":{"rules":[{"succeededCount":1}]}"#, #""managedBy":"example.com/other""#,
      #""completionMode":"NonIndexed""#,
    ])
  func immutable(change: String) throws {
    var bench = Bench()
    _ = bench.send("POST", JobTests.path, try JobTests.job(JobTests.indexed))
    #expect(try patch(&bench, "{\"spec\":{\(change)}}") == 422)
  }

  @Test("a StatefulSet loses maxUnavailable, whose gate is off")
  func statefulSetGate() throws {
    var bench = Bench()
    let set = try JSONParser.parse(
      #"""
      {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"app":"a"}},
       "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":2}},
       "template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"main","image":"app:test"}]}}}}
      """#)
    let answer = bench.send("POST", "/apis/apps/v1/namespaces/default/statefulsets", set)
    #expect(answer.status == 201)
    #expect(answer.body[.spec][.updateStrategy] == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
  }
}
