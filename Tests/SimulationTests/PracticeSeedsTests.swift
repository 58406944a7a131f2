import Foundation
import Simulation
import Testing

/// The practice over many seeds: each gives other names, other orders of observations and other delays of the nodes.
@Suite("The practice over many seeds")
struct PracticeSeedsTests {
  /// `make test SEEDS=500` asks for more of them, FIRST_SEED=7 for others.
  private static func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? otherwise
  }

  @Test("replicas go from 1 to 5 and back to 1 with every seed")
  func holds() async throws {
    let manifests = try PracticeSimulationTests.manifests()
    let first = Self.number("FIRST_SEED", 1_000)
    let seeds = first..<first + Self.number("SEEDS", 20)
    await withTaskGroup(of: Void.self) { group in
      for seed in seeds {
        group.addTask {
          var practice = PracticeSimulation(seed: seed)
          practice.run(manifests)
          let told = practice.sequence.map(String.init).joined(separator: " ")
          let replay = "seed \(seed): \(practice.problem ?? told); replay with: wavetank practice --simulate --seed \(seed)"
          #expect(practice.problem == nil && practice.sequence.first == 1 && practice.sequence.last == 1, "\(replay)")
          #expect(practice.cluster.faults.isEmpty, "\(practice.cluster.faults.prefix(3)) \(replay)")
          #expect(practice.sequence.max() == 5 && practice.sequence.prefix(5) == [1, 2, 3, 4, 5], "\(replay)")
        }
      }
    }
  }
}
