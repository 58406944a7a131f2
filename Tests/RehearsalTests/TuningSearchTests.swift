import CoreObjects
import CoreReport
import Rehearsal
import Testing

@Suite("A search for another autoscaler") struct TuningSearchTests {
  private static func search(
    _ goals: [String], _ aim: TuningAim = .podHours, seed: UInt64 = 1, runs: Int = 60,
    _ change: (inout RehearsalSetting) throws -> Void = { _ in }
  ) throws -> (search: TuningSearch, input: RehearsalInput) {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6), (400, 0.1)])
    try change(&setting)
    var input = try setting.input()
    input.seed = seed
    let search = try TuningSearch(
      input, subject: nil, goals: goals.map { try TuningGoal.read($0) }, aim: aim, runLimit: runs)
    return (search, input)
  }

  @Test("finds one that meets the goal with less, and a run of its own gives the same figures")
  func found() async throws {
    let (search, input) = try Self.search(["aboveTarget<6m", "neverAbove 8"])
    let found = try await search.run(tasks: 2) { _ in true }
    let best = try #require(found.best)
    #expect(best.isGood && !found.today.isGood && found.today.changes.isEmpty && found.runs == 60)
    #expect(best.figures.podHours < found.today.figures.podHours && best.figures.peak <= 8)
    let alone = try RehearsalRun.play(input, name: "", replacing: [best.autoscaler]).autoscalers[0]
    #expect(alone.figures == best.figures, RehearsalSetting.replay)
  }

  @Test("tells of those that no other one beats in both, the cheapest first")
  func front() async throws {
    let found = try await Self.search(["aboveTarget<3m"]).search.run(tasks: 2) { _ in true }
    #expect(found.front.count > 2, RehearsalSetting.replay)
    for (one, next) in zip(found.front, found.front.dropFirst()) {
      #expect(one.figures.podHours < next.figures.podHours)
      #expect(one.figures.secondsAboveTarget > next.figures.secondsAboveTarget)
    }
  }

  @Test("of one seed finds the same, however many are played at a time")
  func same() async throws {
    func told(seed: UInt64, tasks: Int) async throws -> [JSON] {
      let found = try await Self.search(["unmet<5%"], .changes, seed: seed).search.run(tasks: tasks) { _ in true }
      return found.front.map(\.autoscaler.tree)
    }
    let one = try await told(seed: 7, tasks: 1)
    #expect(try await told(seed: 7, tasks: 3) == one, RehearsalSetting.replay)
    #expect(!one.isEmpty)
  }

  @Test("that is stopped tells what it has found so far")
  func stopped() async throws {
    let found = try await Self.search(["unmet<5%"]).search.run(tasks: 1) { $0 < 5 }
    #expect((2...6).contains(found.runs) && !found.front.isEmpty)
  }

  @Test("changes amounts as well as percents, and leaves what it does not change as it stands")
  func amounts() async throws {
    let (search, input) = try Self.search(["aboveTarget<1s"]) {
      $0.metrics = "[{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 60m}}}]"
    }
    let found = try await search.run(tasks: 2) { _ in true }
    #expect(found.today.autoscaler.tree == input.objects.last?.tree)
    let targets = found.front.compactMap { $0.autoscaler.tree[.spec][.metrics][0]["resource"][.target]["averageValue"].string }
    #expect(targets.count == found.front.count && Set(targets).count > 1, "\(targets)")
    #expect(
      found.front.allSatisfy { $0.autoscaler.tree[.spec][.scaleTargetRef] == found.today.autoscaler.tree[.spec][.scaleTargetRef] }
    )
  }

  @Test("understands an autoscaler of autoscaling/v1")
  func versionOne() async throws {
    var (_, input) = try Self.search(["unmet<5%"])
    input.objects[1] = try RehearsalSetting.objects(
      """
      apiVersion: autoscaling/v1
      kind: HorizontalPodAutoscaler
      metadata: {name: web}
      spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5, targetCPUUtilizationPercentage: 60}
      """)[0]
    let search = try TuningSearch(
      input, subject: "web", goals: [try TuningGoal.read("unmet<5%")], aim: .podHours, runLimit: 20)
    let found = try await search.run(tasks: 2) { _ in true }
    let today = try RehearsalRun.play(input, name: "").autoscalers[0]
    #expect(found.today.figures == today.figures && found.today.autoscaler.tree[.apiVersion].string == "autoscaling/v2")
  }

  @Test(
    "reads goals, and says what there is where it cannot",
    arguments: [
      ("unmet<1%", RunExpectation.Rule.unmetBelow(0.01)), ("aboveTarget<5m", .aboveTargetBelow(seconds: 300)),
      ("react < 2m", .reactsWithin(seconds: 120)), ("neverAbove 10", .neverAbove(10)), ("changes<20", .changesAtMost(19)),
      ("podHours<40", .podHoursBelow(40)), ("noOutOfMemory", .noOutOfMemory), ("unmet<1", nil), ("react<soon", nil),
      ("fast", nil),
      ("neverAbove", nil), ("", nil),
    ])
  func goals(text: String, rule: RunExpectation.Rule?) {
    #expect((try? TuningGoal.read(text))?.rule == rule)
  }
}
