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

  @Test("a scenario that cannot be played says which one and why")
  func refusesNonsense() {
    #expect(throws: HPACase.Problem.self) { try HPACase(["name": "x", "length": 0, "hpa": ["maxReplicas": 3]]) }
    #expect(throws: HPACase.Problem.self) { try HPACase(["name": "x", "length": 60, "hpa": [:]]) }
  }
}
