import CoreObjects
import Testing

@Suite("ReplicationControllers at the API")
struct ReplicationControllerTests {
  private static let path = "/api/v1/namespaces/default/replicationcontrollers"

  private static func controller(_ spec: String = "", labels: String = #"{"app":"old"}"#) throws -> JSON {
    try JSONParser.parse(
      """
      {"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"old"},"spec":{\(spec)
       "template":{"metadata":{"labels":\(labels)},"spec":{"containers":[{"name":"main","image":"app:test"}]}}}}
      """)
  }

  @Test("selector and labels come from the template, replicas is 1")
  func defaults() throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.path, try Self.controller())
    #expect(answer.status == 201)
    #expect(answer.body[.spec][.selector] == ["app": "old"])
    #expect(answer.body[.metadata][.labels] == ["app": "old"])
    #expect(answer.body[.spec][.replicas] == 1)
  }

  @Test("a selector that the template does not meet, no labels at all, and a pod that is not restarted are refused")
  func invalid() throws {
    var bench = Bench()
    for body in [
      try Self.controller(#""selector":{"app":"new"},"#), try Self.controller(labels: "{}"),
      try Self.controller(#""replicas":-1,"#),
    ] {
      let answer = bench.send("POST", Self.path, body)
      #expect(answer.status == 422, "\(answer.body)")
    }
    var never = try Self.controller()
    never[.spec][.template][.spec].put(.restartPolicy, "Never")
    #expect(bench.send("POST", Self.path, never).status == 422)
  }

  @Test("its scale tells the selector as text and changes the replicas")
  func scale() throws {
    var bench = Bench()
    _ = bench.send("POST", Self.path, try Self.controller(#""replicas":2,"#))
    var scale = bench.send("GET", Self.path + "/old/scale").body
    #expect(scale[.spec][.replicas] == 2 && scale[.status][.selector] == "app=old")
    scale[.spec].put(.replicas, 5)
    #expect(bench.send("PUT", Self.path + "/old/scale", scale).status == 200)
    #expect(bench.send("GET", Self.path + "/old").body[.spec][.replicas] == 5)
  }
}
