import Foundation
import Storms
import Testing

/// Random faults over each controller, by seeds that are the same in every `make test`: SEEDS=500 plays more of them, FIRST_SEED=7
/// others, and `make storms` such as nobody has played before.
@Suite("Storms")
struct StormTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
    environment[name].flatMap(UInt64.init) ?? otherwise
  }
  private static let first = number("FIRST_SEED", 1_000)
  private static let seeds = first..<first + number("SEEDS", 8)
  /// STORM=NAME plays that one only, and tells every write of a failing seed.
  private static let chosen = environment["STORM"]
  private static let names = Storms.names.filter { chosen == nil || chosen == $0 }
  /// Seeds that a mutant may live at the most.
  private static let mutantSeeds: UInt64 = 1_000

  private static func play(_ subject: any Subject.Type) async -> [Storm.Outcome] {
    await withTaskGroup(of: Storm.Outcome.self) { group in
      for seed in seeds { group.addTask { Storm.play(subject, seed: seed) } }
      var outcomes: [Storm.Outcome] = []
      for await outcome in group { outcomes.append(outcome) }
      return outcomes.sorted { $0.seed < $1.seed }
    }
  }

  @Test("every controller keeps its promises in a storm, and comes to rest after it", arguments: StormTests.names)
  func holds(subject name: String) async throws {
    let subject = try #require(Storms.subject(name))
    let begin = ContinuousClock.now
    let outcomes = await Self.play(subject)
    for outcome in outcomes {
      guard let violation = outcome.violation else { continue }
      let told = Self.chosen == name ? Storm.play(subject, seed: outcome.seed, isTelling: true).story : outcome.story.suffix(15)
      Issue.record(
        "\(name), seed \(outcome.seed): \(violation)\n\(told.joined(separator: "\n"))\nreplay with: \(Storms.replay(name, outcome.seed))"
      )
    }
    let rest = outcomes.compactMap(\.restAfter).max() ?? .zero
    print(
      "storm \(name): seeds \(Self.seeds), \(outcomes.map(\.steps).reduce(0, +)) steps (\(outcomes.map(\.steps).max() ?? 0) at most), at rest after \(rest) at most, took \(ContinuousClock.now - begin)"
    )
    if Self.environment["FIRST_SEED"] != nil {
      print("  again with: \(Storms.replay(name, Self.first, seeds: Self.seeds.count))")
    }
  }

  @Test("every mistake planted into a controller is found within 1,000 seeds", arguments: StormTests.mutants)
  func finds(mutant name: String) throws {
    let mutant = try #require(Mutants.all.first { $0.name == name })
    let begin = ContinuousClock.now
    for count in 1...Self.mutantSeeds {
      let outcome = Storm.play(mutant.subject, seed: Self.first + count - 1, mutant: mutant)
      guard let violation = outcome.violation else { continue }
      print(
        "mutant \"\(name)\" in \(mutant.controller) caught after \(count) seeds, \(ContinuousClock.now - begin), by \"\(violation.check)\": \(violation.text)"
      )
      return
    }
    Issue.record("the mutant \(name) lives after \(Self.mutantSeeds) seeds from \(Self.first) on")
  }

  private static let mutants = Mutants.all.filter { chosen == nil || chosen == $0.subject.name }.map(\.name)
}
