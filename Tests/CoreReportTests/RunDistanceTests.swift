import CoreObjects
import Testing

@testable import CoreReport

@Suite("The distance of two runs") struct RunDistanceTests {
  private func run(_ name: String, _ desired: [(Double, Double)], pods: [(Double, Double)]? = nil) -> RunRecord {
    var run = RunRecord(name: name, lengthSeconds: 1000)
    var record = AutoscalerRecord(namespace: "default", name: "web", target: "Deployment/web", manifest: "")
    for (second, count) in desired { record.desired.add(count, at: second) }
    for (second, count) in pods ?? desired { record.current.add(count, at: second) }
    run.autoscalers = [record]
    return run
  }

  private func distance(_ one: [(Double, Double)], _ other: [(Double, Double)]) throws -> RunDistance {
    try #require(RunDistance.all(run("simulated", one), run("live", other)).first)
  }

  @Test("is the time between changes that pass the same number of pods, whatever number of steps they take")
  func changes() throws {
    let same = try distance([(0, 1), (100, 2), (500, 1)], [(0, 1), (100, 2), (500, 1)])
    #expect(same.pods == 0 && same.seconds == 0 && same.lonely.0.isEmpty && same.lonely.1.isEmpty)
    #expect(same.sentence == "live and simulated: as many pods outside of the 30 s after a change, changes at most 0 s apart")
    let later = try distance([(0, 1), (100, 5)], [(0, 1), (115, 3), (130, 5)])
    #expect(later.seconds == 30 && later.pods == 0)
    #expect(
      later.sentence == "live and simulated: as many pods outside of the 30 s after a change, changes at most 30 s apart "
        + "(1 → 5 at 1:40 in simulated, 3 → 5 at 2:10 in live)")
    #expect(later.failure(pods: 0, seconds: 30) == nil)
    #expect(later.failure(pods: 0, seconds: 29)?.second == 130)
  }

  @Test("tells of a change that the other run has none like")
  func lonely() throws {
    let distance = try distance([(0, 1), (100, 2)], [(0, 1), (100, 2), (400, 3), (700, 2)])
    #expect(distance.lonely.0.isEmpty && distance.lonely.1.map(\.second) == [400, 700] && distance.pods == 1)
    #expect(
      distance.failure(pods: 1, seconds: 600)?.explanation == "live has a change 2 → 3 at 6:40, and simulated has none like it")
  }

  @Test("counts pods outside of the seconds after a change, also where the last change is long past")
  func pods() throws {
    let one = run("simulated", [(0, 1), (100, 4)])
    let slow = run("live", [(0, 1), (100, 4)], pods: [(0, 1), (129, 4)])
    #expect(try #require(RunDistance.all(one, slow).first).pods == 0)
    let slower = run("live", [(0, 1), (100, 4)], pods: [(0, 1), (140, 2), (150, 4)])
    let distance = try #require(RunDistance.all(one, slower).first)
    #expect(distance.pods == 3 && distance.podsSecond == 130)
    #expect(distance.failure(pods: 1, seconds: 30)?.explanation == "there were 4 pods in simulated and 1 in live")
  }

  @Test("is judged where there is a run on a cluster; otherwise every file says that it was not")
  func judged() {
    let expectation = RunExpectation(name: "as it is", .apart(1, within: 30))
    var alone = Rehearsed(
      title: "t", runs: [run("today", [(0, 1)])], command: "c", version: "1", seed: 1, startedAt: Instant(seconds: 0))
    alone.judge([expectation, RunExpectation(.neverAbove(3))])
    #expect(alone.expectations.map(\.isJudged) == [false, true] && alone.expectations.allSatisfy(\.isMet))
    #expect(
      TerminalReport(alone).lines.contains(
        "  – as it is: not judged, there is no run on a cluster: --live and --context play one"))
    let junit = String(decoding: JUnitReport(alone).bytes, as: UTF8.self)
    #expect(junit.contains("skipped=\"1\"") && junit.contains("<skipped message=\"there is no run on a cluster"))
    #expect(ReportPage(alone).html.contains("not judged") && ReportPage(alone).html.contains("✓ The expectation held"))
    #expect(JSONReport(alone).json["expectations"][0]["isJudged"].bool == false)
    #expect(JSONReport(alone).json["distances"].elements.isEmpty)

    var both = alone
    both.expectations = []
    both.runs = [run("simulated", [(0, 1), (100, 2)]), run("live", [(0, 1), (170, 2)])]
    both.live = 1
    both.judge([expectation])
    #expect(both.expectations.map(\.run) == ["live"] && both.expectations.map(\.isMet) == [false])
    #expect(both.expectations[0].explanation == "1 → 2 at 1:40 in simulated, 1 → 2 at 2:50 in live")
    #expect(TerminalReport(both).lines.last?.hasPrefix("  live and simulated: never more than 1 pod apart outside") == true)
    #expect(ReportPage(both).html.contains("live and simulated: never more than 1 pod apart"))
    #expect(JSONReport(both).json["distances"][0]["seconds"].double == 70)
  }
}
