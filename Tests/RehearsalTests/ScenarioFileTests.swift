import CoreLoad
import CoreObjects
import CoreReport
import EdgeClient
import Rehearsal
import Simulation
import Testing

@Suite("A scenario file") struct ScenarioFileTests {
  private static let head =
    "apiVersion: wavetank.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nspec:\n  manifests: [a.yaml]\n"

  private func file(_ rest: String) throws -> ScenarioFile {
    let (tree, lines) = try YAMLReader.single(Self.head + rest)
    return try ScenarioFile(tree, file: "s.yaml", lines: lines)
  }

  private func problem(_ rest: String, _ read: (ScenarioFile) throws -> Void = { _ in }) -> String {
    do {
      try read(try file(rest))
      return ""
    } catch { return "\(error)" }
  }

  private func loads(_ file: ScenarioFile) throws -> [RehearsalLoad] {
    try file.loads { (name, _, _) throws(RehearsalError) in throw RehearsalError("\(name) is not there") }
  }

  @Test("says what is played: nodes, start-up, loads, steps and expectations")
  func whole() throws {
    let file = try file(
      """
        length: 1h30m
        nodes: {count: 3, cpu: "4", memory: 16Gi}
        startUp: {from: 20s, to: 1m}
        load:
        - metric: cpu
          points: [{at: 0s, level: 100m}, {at: 10m, level: "2"}]
          shape: linear
          factor: 2
          spike: {at: 5m, height: "1", hold: 1m}
        - {metric: jobs, model: queue, serves: "5", constant: "20"}
        steps:
        - {at: 10m, scale: {target: deploy/web, replicas: 0}}
        expect:
        - neverAbove: 0
        - {name: fast, reaches: {replicas: 6, within: 90s, after: 10m}, of: web}
      """)
    #expect(try file.length() == 5400 && file.nodes()?.count == 3 && file.nodes()?.last?.memoryBytes == 16 << 30)
    let loads = try loads(file)
    var cursors = LoadCursors()
    #expect(loads[0].shape.level(at: 300, &cursors) == 2 * 1.05 + 1)
    #expect(loads[1].model.kind == .queue(perPodPerSecond: 5))
    #expect(try file.steps { (_, _) in [] }.map(\.text) == ["scale deploy/web to 0"])
    let expectations = try file.expectations()
    #expect(expectations.map(\.rule) == [.neverAbove(0), .reaches(6, within: 90, after: 600)])
    #expect(expectations.map(\.name) == ["never more than 0 pods", "fast"])
  }

  @Test("that is wrong is told with file, line and field")
  func mistakes() {
    #expect(problem("  lenght: 1h\n") == "s.yaml:6: unknown field \"spec.lenght\"")
    #expect(
      problem("  load: [{metric: cpu}]\n  nodes: {count: 0, cpu: \"1\", memory: 1Gi}\n").hasPrefix("s.yaml:7: spec.nodes.count: ")
    )
    #expect(problem("  length: [1]\n").hasPrefix("s.yaml:6: spec.length: expected string"))
    #expect(problem("  length: soon\n") { _ = try $0.length() }.hasPrefix("s.yaml:6: spec.length: \"soon\" is no duration"))
    #expect(
      problem("  load:\n  - metric: cpu\n    constant: 1\n    series: 1x5\n") { _ = try loads($0) }
        == "s.yaml:7: spec.load[0]: takes one of constant, file, points, series, sine, stages; there are constant and series")
    #expect(
      problem("  load:\n  - metric: cpu\n    constant: 1\n    every: 5m\n") { _ = try loads($0) }
        == "s.yaml:9: spec.load[0].every: has no meaning in the model shared")
    #expect(
      problem("  steps:\n  - {at: 1m, delete: widget/x}\n") { _ = try $0.steps { (_, _) in [] } }
        == "s.yaml:7: spec.steps[0].delete: 'widget' is no kind that is served")
    #expect(problem("  expect:\n  - unmetBelow: 1\n").contains("spec.expect[0].unmetBelow: expected string"))
    #expect(problem("  expect:\n  - unmetBelow: one\n") { _ = try $0.expectations() }.contains("wants a share such as 1%"))
  }
}
