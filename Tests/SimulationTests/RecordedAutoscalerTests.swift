import CoreObjects
import Foundation
import Simulation
import Testing

/// Autoscaling runs recorded from the controller of Kubernetes v1.36.2, in the form of `wavetank simulate --hpa-cases`.
@Suite("Recorded autoscaling runs")
struct RecordedAutoscalerTests {
  private struct Change: CustomStringConvertible {
    var second: Double
    var replicas: Int
    var description: String { "\(replicas)@\(second)" }

    init(_ pair: JSON) {
      second = pair[0].double ?? 0
      replicas = pair[1].int ?? -1
    }
  }

  private static let recordings: JSON = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/autoscalers.json")
    return (try? JSONParser.parse(Array(Data(contentsOf: file)))) ?? .null
  }()
  private static let names = recordings[Key("scenarios")].elements.compactMap { $0[.name].string }

  @Test("the counts follow one another as in the recording, each within 16 s, and so do the conditions", arguments: names)
  func followsRecording(_ name: String) throws {
    let scenario = try #require(Self.recordings[Key("scenarios")].elements.first { $0[.name].string == name })
    let golden = Self.recordings[Key("golden")][Key(name)]
    let played = try HPACaseRun.play(HPACase(scenario))
    let mine = played[Key("desired")].elements.map(Change.init)
    let theirs = golden[Key("desired")].elements.map(Change.init)
    try #require(mine.map(\.replicas) == theirs.map(\.replicas), "\(mine) instead of \(theirs)")
    for (a, b) in zip(mine, theirs) { #expect(abs(a.second - b.second) <= 16, "\(mine) instead of \(theirs)") }
    #expect(played[.conditions].elements.map { $0[1] } == golden[.conditions].elements.map { $0[1] })
  }

  @Test("there are 28 of them")
  func count() { #expect(Self.names.count == 28) }

  @Test("pods without samples and sidecars decide: a run without the member goes another way", arguments: ["missing", "sidecar"])
  func memberDecides(_ member: String) throws {
    var scenario = try #require(
      Self.recordings[Key("scenarios")].elements.first { !$0[Key(member)].isNull }, "no recording has it")
    if member == "sidecar" { scenario[Key("hpa")][.metrics] = Self.memoryOfPods }
    let with = try HPACaseRun.play(HPACase(scenario))
    scenario.put(Key(member), .null)
    #expect(try HPACaseRun.play(HPACase(scenario))[Key("desired")] != with[Key("desired")])
  }

  /// A metric in which a sidecar counts.
  private static let memoryOfPods: JSON = [
    ["type": "Resource", "resource": ["name": "memory", "target": ["type": "Utilization", "averageUtilization": 60]]]
  ]

  @Test(
    "a scenario that cannot be played says which one and which member",
    arguments: [
      (#"{"length":60}"#, "hpa has no maxReplicas"), (#"{"length":0}"#, "length wants a whole number"),
      (#"{"lenght":60}"#, "there is no member lenght"), (#"{"missing":-1}"#, "missing wants a whole number"),
      (#"{"missing":"2"}"#, "missing wants a whole number"), (#"{"replicas":2.5}"#, "replicas wants a whole number"),
      (#"{"sidecar":"200Mi"}"#, "sidecar wants a number"), (#"{"sidecar":1e300}"#, "sidecar wants a number"),
      (#"{"kind":"DaemonSet"}"#, "kind is \"DaemonSet\""),
      (#"{"unmeasured":2}"#, "there is no member unmeasured"),
      (#"{"length":60,"hpa":{"maxReplicas":3},"model":{"disk":{}}}"#, "model: there is no member disk"),
      (#"{"length":60,"hpa":{"maxReplicas":3},"model":{"cpu":{"point":[]}}}"#, "model.cpu: there is no member point"),
      (#"{"length":60,"hpa":{"maxReplicas":3},"model":{"cpu":{"points":[[0]]}}}"#, "model.cpu: points wants pairs"),
      (#"{"length":60,"hpa":{"maxReplicas":3},"model":{"cpu":{"points":[],"shape":"steps"}}}"#, "model.cpu: shape is"),
      (#"{"length":60,"hpa":{"maxReplicas":3,"behaviour":{}}}"#, #"unknown field "spec.behaviour""#),
    ])
  func refusesNonsense(_ text: String, _ complaint: String) throws {
    var tree = try JSONParser.parse(Array(text.utf8))
    tree.put(.name, "x")
    let problem = try #require(throws: HPACase.Problem.self) { try HPACaseRun.play(HPACase(tree)) }
    #expect(problem.description.hasPrefix("scenario x: ") && problem.description.contains(complaint), "\(problem)")
  }
}
