import CoreAPI
import CoreObjects
import Testing

@Suite("Features that are off")
struct FeatureGateTests {
  private static let pods = "/api/v1/namespaces/default/pods"
  private static let signal = #"{"lifecycle":{"stopSignal":"SIGUSR1"}}"#

  private static func pod(_ spec: String, container: String = "{}") throws -> JSON {
    var pod = Bench.pod("a")
    pod[.spec].merge(try JSONParser.parse(spec))
    pod[.spec][.containers][0].merge(try JSONParser.parse(container))
    return pod
  }

  @Test("a container's stop signal is dropped with a warning, and the lifecycle with it that held nothing else")
  func stopSignal() throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.pods, try Self.pod(#"{"os":{"name":"linux"}}"#, container: Self.signal))
    #expect(answer.status == 201 && answer.body[.spec][.containers][0][.lifecycle].isNull, "\(answer.body)")
    #expect(answer.warnings.contains { $0.contains("spec.containers[0].lifecycle.stopSignal: dropped") })
    let both = #"{"lifecycle":{"stopSignal":"SIGNONE","preStop":{"exec":{"command":["a"]}}}}"#
    var second = try Self.pod("{}", container: both)
    second[.metadata].put(.name, "b")
    let kept = bench.send("POST", Self.pods, second).body[.spec][.containers][0][.lifecycle]
    #expect(kept[.stopSignal].isNull && !kept[.preStop].isNull, "not even its value is looked at")
  }

  @Test(
    "of each kind the fields are dropped that only features know that are off",
    arguments: [
      ("/api/v1/namespaces/default/pods", #"{"schedulingGroup":{"podGroupName":"g"}}"#, "schedulingGroup"),
      (
        "/apis/coordination.k8s.io/v1/namespaces/default/leases", #"{"strategy":"OldestEmulationVersion","holderIdentity":"a"}"#,
        "strategy"
      ),
      ("/apis/coordination.k8s.io/v1/namespaces/default/leases", #"{"preferredHolder":"b"}"#, "preferredHolder"),
    ])
  func dropped(_ path: String, _ spec: String, _ field: String) throws {
    var bench = Bench()
    var object: JSON = ["metadata": ["name": "a"], "spec": [:]]
    if path.hasSuffix("pods") { object = Bench.pod("a") }
    object[.spec].merge(try JSONParser.parse(spec))
    let answer = bench.send("POST", path, object)
    #expect(answer.status == 201 && answer.body[.spec][Key(field)].isNull, "\(answer.body)")
    #expect(answer.warnings.count == 1)
    var again = answer.body
    again[.spec].merge(try JSONParser.parse(spec))
    let update = bench.send("PUT", path + "/a", again)
    #expect(update.status == 200 && update.body[.spec][Key(field)].isNull, "\(update.body)")
  }

  @Test("a StatefulSet replaces its pods one by one, whatever maxUnavailable says")
  func statefulSet() {
    var bench = Bench()
    var set = Bench.deployment("a")
    set.put(.kind, "StatefulSet")
    set[.spec].put("updateStrategy", ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 3, "partition": 1]])
    let answer = bench.send("POST", "/apis/apps/v1/namespaces/default/statefulsets", set)
    #expect(answer.body[.spec][.updateStrategy][.rollingUpdate] == ["partition": 1], "\(answer.body)")
  }

  @Test("an object that makes use of such a feature already goes on with it, others do not begin")
  func ratchet() throws {
    var bench = Bench()
    let held = try Self.pod("{}", container: Self.signal)
    _ = try bench.writer.write(
      .create(.pods, namespace: "default", Document(held)), by: .controller("job-controller"), at: bench.now)
    let patch: JSON = ["metadata": ["labels": ["l": "1"]]]
    let answer = bench.send("PATCH", Self.pods + "/a", patch, type: "application/merge-patch+json")
    #expect(answer.status == 200 && answer.body[.spec][.containers][0][.lifecycle] == ["stopSignal": "SIGUSR1"], "\(answer.body)")
  }
}
