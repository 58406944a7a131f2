import Foundation
import Rehearsal
import Testing

/// The practice over many seeds: each gives other names, other orders of observations and other delays of the nodes.
@Suite("The practice over many seeds")
struct PracticeSeedsTests {
  /// `make test SEEDS=500` asks for more of them, FIRST_SEED=7 for others.
  private static func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? otherwise
  }

  @Test("every row holds, and replicas go from 1 to 5 and back to 1, with every seed")
  func holds() async throws {
    let first = Self.number("FIRST_SEED", 1_000)
    let seeds = first..<first + Self.number("SEEDS", 20)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in seeds {
        group.addTask {
          let practice = try SimulatedPractice(seed: seed)
          let progress = try await practice.play()
          let counts = progress.sequence
          #expect(progress.holds && counts.last == 1, "\(PracticeView.summary(progress)) \(practice.replay)")
          #expect(practice.cluster.faults.isEmpty, "\(practice.cluster.faults.prefix(3)) \(practice.replay)")
          #expect(counts.max() == 5 && counts.prefix(5) == [1, 2, 3, 4, 5], "\(counts) \(practice.replay)")
        }
      }
      try await group.waitForAll()
    }
  }
}
