import CoreObjects
import CoreReport
import Rehearsal
import Testing

@Suite("A sweep") struct RehearsalSweepTests {
  private static func setting() throws -> RehearsalSetting {
    var setting = RehearsalSetting()
    setting.startUp = StartUp(appSeconds: 5...40)
    try setting.load(cpu: [(0, 0.1), (60, 0.5), (400, 0.2)])
    return setting
  }

  @Test("gives of each autoscaler what a run of its own gives, however many are played at a time", arguments: [1, 3])
  func sameAsAlone(tasks: Int) async throws {
    let setting = try Self.setting()
    let input = try setting.input()
    let variants = try (3...8).map { most in
      RehearsalSweep.Variant(
        name: "at most \(most)", autoscalers: try RehearsalSetting.objects(setting.autoscaler(most: most), file: "hpa.yaml"))
    }
    let runs = try await RehearsalSweep(input).play(variants, tasks: tasks) { try? $0.get() }
    for (variant, run) in zip(variants, runs) {
      let alone = try RehearsalRun.play(input, name: variant.name, replacing: variant.autoscalers)
      #expect(String(describing: run!!) == String(describing: alone), RehearsalSetting.replay)
    }
    #expect(Set(runs.map { $0!!.autoscalers[0].figures.peak }).count == 6)
  }

  @Test("says of an autoscaler that cannot be played why, and goes on with the others")
  func refused() async throws {
    let setting = try Self.setting()
    let variants = try [0, 4].map { most in
      RehearsalSweep.Variant(name: "\(most)", autoscalers: try RehearsalSetting.objects(setting.autoscaler(most: most)))
    }
    let results = try await RehearsalSweep(setting.input()).play(variants, tasks: 2) { $0.map(\.name) }
    #expect(throws: RehearsalError.self) { try results[0]!.get() }
    #expect(try results[1]?.get() == "4")
  }

  @Test("ends early when it is told to")
  func stopped() async throws {
    let setting = try Self.setting()
    let variant = RehearsalSweep.Variant(name: "", autoscalers: try RehearsalSetting.objects(setting.autoscaler()))
    let results = try await RehearsalSweep(setting.input()).play(
      Array(repeating: variant, count: 5), tasks: 1, goesOn: { $0 < 2 }, keep: { _ in 1 })
    #expect(results == [1, 1, nil, nil, nil])
  }
}
