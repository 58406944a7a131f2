import CoreObjects
import EdgeClient
import Foundation
import Rehearsal
import Testing

/// The practice in virtual time.
struct SimulatedPractice {
  let cluster: SimulatedAccess
  let manifests: [JSON]
  let replay: Comment

  init(seed: UInt64) throws {
    cluster = SimulatedAccess.practice(seed: seed)
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Practice/manifests")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    manifests = try files.flatMap { try YAMLReader.documents(String(contentsOf: $0, encoding: .utf8)) }
    replay = "replay: wavetank practice --simulate --seed \(seed)"
  }

  func play(_ access: (any ClusterAccess)? = nil, where isWanted: (JSON) -> Bool = { _ in true }) async throws -> PracticeProgress
  {
    try await PracticePlay(access ?? cluster).run(manifests.filter(isWanted), PracticeProgress(.simulated))
  }
}

@Suite("The practice in virtual time")
struct PracticeSimulationTests {
  @Test(
    "every row holds, and replicas go from 1 up to 5 one by one and back to 1, whatever the seed",
    arguments: [1, 2, 3, 40, 500, 6000] as [UInt64])
  func scalesUpAndDown(seed: UInt64) async throws {
    let practice = try SimulatedPractice(seed: seed)
    let progress = try await practice.play()
    #expect(progress.holds, "\(PracticeView.summary(progress)) \(practice.replay)")
    #expect(progress.sequence.prefix(5) == [1, 2, 3, 4, 5], practice.replay)
    #expect(progress.sequence.last == 1 && progress.sequence.max() == 5, practice.replay)
  }

  @Test("the same seed gives the same looks, the same rows and the same number of steps")
  func isDeterministic() async throws {
    var runs: [(text: [String], steps: Int)] = []
    for _ in 0..<2 {
      let practice = try SimulatedPractice(seed: 7)
      let progress = try await practice.play()
      runs.append((PracticeView.changes(progress) + PracticeView.summary(progress), practice.cluster.steps))
    }
    #expect(runs[0] == runs[1])
  }

  @Test("without the RoleBinding the job is refused, nothing scales, and the row says so")
  func needsItsRights() async throws {
    let progress = try await SimulatedPractice(seed: 1).play { $0[.kind].string != "RoleBinding" }
    #expect(progress.sequence == [1])
    #expect(
      progress.state(.accessControl)
        == .broken(
          "ServiceAccount default could do 0 of 4 things without the Role and can do 0 with it, still after 60 s"))
    #expect(progress.state(.cronJob) != .open && !progress.state(.cronJob).isHeld)
  }

  @Test("the load stays until minute 159 and the practice lasts three hours, as by hand")
  func pace() async throws {
    let progress = try await SimulatedPractice(seed: 1).play()
    let unloaded = try #require(progress.timeline.first { $0.size == 0 })
    #expect(unloaded.second == 159 * 60)
    #expect(progress.timeline.last!.second == 180 * 60)
    #expect(progress.timeline.count == 720)
  }
}
