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
    return try ScenarioFile(tree, FieldPlaces(file: "s.yaml", lines: lines))
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
    let expectations = try file.expectations(of: RehearsalSetting.objects(RehearsalSetting().autoscaler()))
    #expect(expectations.map(\.rule) == [.neverAbove(0), .reaches(6, within: 90, after: 600)])
    #expect(expectations.map(\.name) == ["never more than 0 pods", "fast"])
  }

  @Test("expects and does nothing of which nothing is there, or after the run")
  func subjects() throws {
    let autoscalers = try RehearsalSetting.objects(RehearsalSetting().autoscaler())
    func problem(_ text: String) throws -> String {
      let file = try file(text)
      do throws(RehearsalError) {
        try file.requireSubjects(runs: ["today", "new.yaml"], seconds: 600)
        _ = try file.expectations(of: autoscalers)
        return ""
      } catch { return error.description }
    }
    let reach = "{replicas: 1, within: 1m, after: 9m}"
    #expect(try problem("  expect: [{neverAbove: 3, of: web, runs: [today, new.yaml]}, {reaches: \(reach)}]") == "")
    #expect(
      try problem("  expect:\n  - {neverAbove: 3}\n  - {neverAbove: 3, of: wep}")
        == "s.yaml:8: spec.expect[1].of: there is no autoscaler or target 'wep': there are web")
    #expect(
      try problem("  expect: [{neverAbove: 3, runs: [old.yaml]}]")
        == "s.yaml:6: spec.expect[0].runs: there is no run 'old.yaml': there are today, new.yaml")
    #expect(
      try problem("  expect: [{fallsTo: {replicas: 1, within: 1m, after: 10m}}]")
        == "s.yaml:6: spec.expect[0]: begins at 10m, when the run is over")
    let points = "[{at: 0s, level: 1}, {at: 12m, level: 2}]"
    #expect(
      try problem("  load: [{metric: cpu, points: \(points)}]")
        == "s.yaml:6: spec.load[0].points[1]: begins at 12m, when the run is over")
    #expect(try problem("  load: [{metric: cpu, points: \(points), shape: linear}]") == "", "the line to it is played")
    #expect(
      try problem("  steps: [{at: 9m, kill: node}, {at: 11m, kill: node}]")
        == "s.yaml:6: spec.steps[1]: comes at 11m, when the run is over")
  }

  @Test("names an autoscaler or its target in each way that there is, and only one")
  func names() throws {
    func subject(_ text: String, _ autoscalers: [ManifestObject]) -> String {
      do { return try file("  expect: [{neverAbove: 3, of: \(text)}]").expectations(of: autoscalers)[0].subject ?? "" } catch {
        return "\(error)"
      }
    }
    var setting = RehearsalSetting()
    setting.target = "front"
    let one = try RehearsalSetting.objects(setting.autoscaler())
    for text in ["web", "default/web", "front", "deploy/front", "deployment.apps/front", "default/deployments/front"] {
      #expect(subject(text, one) == "default/Deployment/front", "\(text)")
    }
    #expect(subject("sts/front", one).hasSuffix("no autoscaler or target 'sts/front': there are web"))
    let two = ["a", "b"].flatMap { namespace in
      var object = one[0]
      object.tree[.metadata].put(.namespace, .string(namespace))
      return [object]
    }
    #expect(subject("web", two).hasSuffix("spec.expect[0].of: 'web' may be each of a/web, b/web"))
    #expect(subject("b/web", two) == "b/Deployment/front" && subject("b/deploy/front", two) == "b/Deployment/front")
    #expect(subject("c/web", two).hasSuffix("there are a/web, b/web"))
  }

  @Test("says how many: a number of replicas is never taken to be none")
  func counts() {
    #expect(
      problem("  expect: [{reaches: {within: 1m}}]") { _ = try $0.expectations(of: []) }
        == "s.yaml:6: spec.expect[0].reaches.replicas: Required value")
    #expect(
      problem("  steps: [{at: 1m, scale: {target: deploy/web}}]") { _ = try $0.steps { (_, _) in [] } }
        == "s.yaml:6: spec.steps[0].scale.replicas: Required value")
    #expect(
      problem("  load: [{metric: cpu, constant: -1}]") { _ = try loads($0) } == "s.yaml:6: spec.load[0].constant: is below zero")
    #expect(
      problem("  load: [{metric: cpu, sine: {mean: 1, amplitude: 1, period: 0s}}]") { _ = try loads($0) }
        == "s.yaml:6: spec.load[0].sine: a period above zero is wanted")
  }

  @Test(
    "has loads of CPU in cores and of memory in bytes, wherever an amount stands",
    arguments: [
      ("cpu", "constant: 1Gi", "constant"), ("cpu", "points: [{at: 0s, level: 64Mi}]", "points[0].level"),
      ("cpu", "stages: [{duration: 1m, target: 1Ki}]", "stages[0].target"),
      ("cpu", "sine: {mean: 1Gi, amplitude: 1, period: 1m}", "sine.mean"),
      ("cpu", "constant: 1, spike: {at: 1m, height: 1Gi}", "spike.height"),
      ("cpu", "constant: 1, noise: {deviation: 1Mi}", "noise.deviation"), ("cpu", "constant: 1, base: 8Mi", "base"),
      ("cpu", "constant: 1, warmUp: {duration: 1m, level: 1Mi}", "warmUp.level"), ("memory", "constant: 250m", "constant"),
    ])
  func amounts(metric: String, fields: String, path: String) {
    let problem = problem("  load: [{metric: \(metric), \(fields)}]\n") { _ = try loads($0) }
    #expect(
      problem.hasPrefix("s.yaml:6: spec.load[0].\(path): \"") && problem.contains("is no amount of \(metric): "), "\(problem)")
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
    #expect(problem("  expect:\n  - unmetBelow: one\n") { _ = try $0.expectations(of: []) }.contains("wants a share such as 1%"))
  }
}
