import Foundation
import TestMachine
import Testing

@Suite("wavetank tune", .timeLimit(.minutes(1)))
struct TuneTests {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let example = ["Examples/php-apache/scenario.yaml"]

  private static func run(_ words: [String]) async throws -> Program.Outcome {
    try await Program.run(wavetank, ["tune"] + words, in: root)
  }

  @Test("tells today's autoscaler and better ones, and writes them so that rehearse plays them with the same figures")
  func documents() async throws {
    let file = NSTemporaryDirectory() + "tune-\(getpid()).yaml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try await Self.run(Self.example + ["--goal", "react<10m", "--runs", "40", "--output", file])
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    #expect(outcome.output.contains("  today  ") && outcome.output.contains("kind: HorizontalPodAutoscaler"))
    let documents = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "---\n")
    try documents[0].write(toFile: file, atomically: true, encoding: .utf8)
    let hours = try #require(documents[0].firstMatch(of: /pod-hours ([0-9.]+)/)?.1)
    let played = try await Program.run(Self.wavetank, ["rehearse"] + Self.example + ["--against", file], in: Self.root)
    let row = try #require(played.output.split(separator: "\n").first { $0.contains("pod-hours") })
    #expect(row.hasSuffix(" " + hours), "\(row)")
  }

  @Test("ends with 1 where no autoscaler meets the goal, and with 2 and one line where it cannot begin")
  func ends() async throws {
    let unmet = try await Self.run(Self.example + ["--goal", "podHours<0.01", "--runs", "10"])
    #expect(unmet.status == 1 && unmet.output.contains("None of 10 autoscalers meets every goal."), "\(unmet)")
    let goal = try await Self.run(Self.example + ["--goal", "cheap"])
    #expect(goal.status == 2 && goal.errors.hasPrefix("wavetank: --goal wants unmet<1%"), "\(goal)")
    let none = try await Self.run(["-f", "Examples/php-apache/manifests.yaml", "--for", "5m"])
    #expect(none.status == 2 && none.errors.contains("wants a --goal"), "\(none)")
  }

  @Test("tells what it has found so far when it is interrupted")
  func interrupted() async throws {
    let words = ["--preserve-status", "-s", "INT", "5", Self.wavetank, "tune"] + Self.example
    let outcome = try await Program.run("/usr/bin/timeout", words + ["--goal", "react<1s", "--runs", "100000"], in: Self.root)
    #expect(outcome.status == 130 && outcome.output.contains("  today  "), "\(outcome)")
  }
}
