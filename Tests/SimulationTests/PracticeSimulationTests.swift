import CoreJSON
import Foundation
import Simulation
import Testing

/// The repository, from this file's place in it.
private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

@Suite("The practice in virtual time")
struct PracticeSimulationTests {
  static func manifests() throws -> [JSON] {
    let folder = repository.appending(path: "Practice/manifests")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    return try files.flatMap { try ManifestText.documents(String(contentsOf: $0, encoding: .utf8)) }
  }

  @Test(
    "replicas go from 1 up to 5 one by one, and back to 1, whatever the seed", arguments: [1, 2, 3, 40, 500, 6000] as [UInt64])
  func scalesUpAndDown(seed: UInt64) throws {
    var practice = PracticeSimulation(seed: seed)
    practice.run(try Self.manifests())
    #expect(practice.problem == nil)
    #expect(practice.sequence.prefix(5) == [1, 2, 3, 4, 5], "replay: wavetank practice --simulate --seed \(seed)")
    #expect(practice.sequence.last == 1, "replay: wavetank practice --simulate --seed \(seed)")
    #expect(practice.sequence.max() == 5)
  }

  @Test("the same seed gives the same decisions and the same number of steps")
  func isDeterministic() throws {
    let manifests = try Self.manifests()
    var runs: [(String, Int)] = []
    for _ in 0..<2 {
      var practice = PracticeSimulation(seed: 7)
      practice.run(manifests)
      runs.append((practice.lines.map { "\($0)" }.joined(separator: "\n"), practice.cluster.steps))
    }
    #expect(runs[0] == runs[1])
  }

  @Test("without the RoleBinding the job is refused and nothing scales")
  func needsItsRights() throws {
    var practice = PracticeSimulation(seed: 1)
    practice.run(try Self.manifests().filter { $0[.kind].string != "RoleBinding" })
    #expect(practice.sequence == [1])
  }
}

@Suite("Recorded autoscaling runs")
struct HPACaseTests {
  private static let facts = repository.deletingLastPathComponent().appending(path: "shared/facts/hpa-cases.json")

  @Test(
    "each recorded run gives the same sequence of counts, within 16 s",
    .enabled(if: FileManager.default.fileExists(atPath: HPACaseTests.facts.path), "../shared/facts is not here"))
  func matchesTheRecordings() throws {
    let file = try JSONParser.parse(Array(Data(contentsOf: Self.facts)))
    for tree in file[Key("scenarios")].elements {
      let scenario = try HPACase(tree)
      let played = try HPACaseRun.play(scenario)[Key("desired")].elements
      let recorded = file[Key("golden")][Key(scenario.name)][Key("desired")].elements
      #expect(played.map { $0[1] } == recorded.map { $0[1] }, "\(scenario.name)")
      for (a, b) in zip(played, recorded) {
        #expect(abs((a[0].double ?? 0) - (b[0].double ?? 0)) <= 16, "\(scenario.name): \(a) against \(b)")
      }
    }
  }

  @Test("a scenario that cannot be played says which one and why")
  func refusesNonsense() {
    #expect(throws: HPACase.Problem.self) { try HPACase(["name": "x", "length": 0, "hpa": ["maxReplicas": 3]]) }
    #expect(throws: HPACase.Problem.self) { try HPACase(["name": "x", "length": 60, "hpa": [:]]) }
  }
}
