import CoreControllers
import CoreJSON
import CoreStore
import Testing

@Suite("HorizontalPodAutoscaler against recorded runs")
struct AutoscalerRecordingTests {
  private static let names = [
    "practice", "step-up-sts", "ramp-cpu", "up-pods-2-per-60", "down-pods-1-per-60", "tolerance-edge", "one-metric-missing",
    "slow-start-memory",
  ]

  @Test(
    "the counts follow one another as in the recording, each within 16 s, and so do the conditions",
    .enabled(if: AutoscalerCase.recordings() != nil, "the recordings ../shared/facts/hpa-cases.json are not on this machine"),
    arguments: names)
  func followsRecording(_ name: String) throws {
    let file = try #require(AutoscalerCase.recordings())
    let scenario = try #require(file[Key("scenarios")].elements.first { $0[.name].string == name })
    let golden = file[Key("golden")][Key(name)]
    var run = AutoscalerCase(scenario)
    run.play()
    let wanted = golden[Key("desired")].elements.map {
      AutoscalerCase.Change(second: $0[0].double ?? 0, replicas: $0[1].int ?? -1)
    }
    try #require(run.desired.map(\.replicas) == wanted.map(\.replicas), "\(run.desired) instead of \(wanted)")
    for (mine, theirs) in zip(run.desired, wanted) {
      #expect(abs(mine.second - theirs.second) <= 16, "\(run.desired) instead of \(wanted)")
    }
    let conditions = golden[.conditions].elements.map { entry in
      entry[1].members.map { "\($0.key.name)=\($0.value.string!)" }.sorted().joined(separator: " ")
    }
    #expect(run.conditions.map(\.text) == conditions)
  }
}
