import Foundation
import Storms
import Testing

/// Random faults over each controller. `make test FILTER=StormTests SEEDS=500` plays more seeds, FIRST_SEED=7 others.
@Suite("Storms")
struct StormTests {
  private static func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? otherwise
  }
  private static let first = number("FIRST_SEED", 1_000)
  /// STORM=NAME plays that one only, and tells every write of a failing seed.
  private static let chosen = ProcessInfo.processInfo.environment["STORM"]
  private static let names = Storms.names.filter { chosen == nil || chosen == $0 }
  private static let fixed = first..<first + number("SEEDS", 8)
  /// Seeds that nobody has played before, unless the seeds are given: every run looks somewhere else.
  private static let fresh: Range<UInt64> = {
    let isGiven = ["FIRST_SEED", "SEEDS"].contains { ProcessInfo.processInfo.environment[$0] != nil }
    let first = UInt64.random(in: 1_000_000..<1_000_000_000)
    return first..<first + number("FRESH_SEEDS", isGiven ? 0 : 4)
  }()
  /// Seeds that a mutant may live at the most.
  private static let mutantSeeds: UInt64 = 1_000

  private static func play(_ subject: any Subject.Type) async -> [Storm.Outcome] {
    await withTaskGroup(of: Storm.Outcome.self) { group in
      for seed in Array(fixed) + Array(fresh) { group.addTask { Storm.play(subject, seed: seed) } }
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
      "storm \(name): seeds \(Self.fixed), \(outcomes.map(\.steps).reduce(0, +)) steps (\(outcomes.map(\.steps).max() ?? 0) at most), at rest after \(rest) at most, took \(ContinuousClock.now - begin)"
    )
    if let first = Self.fresh.first {
      print("  and fresh seeds; again with: \(Storms.replay(name, first, seeds: Self.fresh.count))")
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
