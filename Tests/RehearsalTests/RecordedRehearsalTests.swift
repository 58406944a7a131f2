import CoreLoad
import CoreObjects
import CoreReport
import Foundation
import Rehearsal
import Testing

/// The autoscaling runs that were recorded from the controller of Kubernetes v1.36.2, as rehearsals: with a scheduler, nodes and a
/// workload's controller, which the recorded controller had none of.
@Suite("A rehearsal of a recorded autoscaling run") struct RecordedRehearsalTests {
  private static let recordings: JSON = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/autoscalers.json")
    return (try? JSONParser.parse(Array(Data(contentsOf: file)))) ?? .null
  }()
  private static let names = recordings["scenarios"].elements.compactMap { $0[.name].string }

  private struct Change: CustomStringConvertible {
    var second: Double
    var replicas: Int
    var description: String { "\(replicas)@\(second)" }
  }

  /// Without those that change nothing.
  private static func changes(_ all: [Change]) -> [Change] {
    all.reduce(into: []) { if $0.last?.replicas != $1.replicas { $0.append($1) } }
  }

  @Test(
    "wants the same counts one after the other, each within two looks; those that do not have their reason beside the recordings",
    arguments: names)
  func followsRecording(_ name: String) throws {
    let scenario = try #require(Self.recordings["scenarios"].elements.first { $0[.name].string == name })
    let begin = Change(second: 0, replicas: scenario["replicas"].int ?? 1)
    let recorded = Self.recordings["golden"][Key(name)]["desired"].elements.map {
      Change(second: $0[0].double ?? 0, replicas: $0[1].int ?? -1)
    }
    let desired = try RehearsalRun.play(input(scenario), name: name).autoscalers[0].desired
    let theirs = Self.changes([begin] + recorded.filter { $0.replicas != 0 })
    let mine = Self.changes(zip(desired.seconds, desired.values).map { Change(second: $0, replicas: Int($1)) })
    let isSame =
      mine.map(\.replicas) == theirs.map(\.replicas) && zip(mine, theirs).allSatisfy { abs($0.second - $1.second) <= 30 }
    let isNamed = !Self.recordings["rehearsed"][Key(name)].isNull
    #expect(isSame != isNamed, "\(mine) beside \(theirs), named: \(isNamed)")
  }

  @Test("is named as another one in four of 28 cases")
  func count() {
    #expect(Self.names.count == 28 && Self.recordings["rehearsed"].members.allSatisfy { Self.names.contains($0.key.name) })
    #expect(Self.recordings["rehearsed"].members.count == 4)
  }

  private func input(_ scenario: JSON) throws -> RehearsalInput {
    let kind = scenario["kind"].string ?? "Deployment"
    let requests: JSON = ["requests": ["cpu": "100m", "memory": "100Mi"]]
    let names: [JSON] = scenario["sidecar"].isNull ? ["app"] : ["app", "sidecar"]
    let containers = names.map { ["name": $0, "image": "case", "resources": requests] as JSON }
    var spec: JSON = [
      "replicas": .int(Int64(scenario["replicas"].int ?? 1)), "selector": ["matchLabels": ["app": "case"]],
      "template": ["metadata": ["labels": ["app": "case"]], "spec": ["containers": .array(containers)]],
    ]
    if kind == "StatefulSet" {
      spec.put("serviceName", "case")
      spec.put("podManagementPolicy", "Parallel")
    }
    var autoscaler = scenario["hpa"]
    autoscaler.put(.scaleTargetRef, ["apiVersion": "apps/v1", "kind": .string(kind), "name": "case"])
    let trees: [JSON] = [
      ["apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": "case"], "spec": spec],
      [
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "case"], "spec": autoscaler,
      ],
    ]
    var input = RehearsalInput(
      objects: trees.map { ManifestObject($0, file: "case.json", line: 1) }, seconds: Double(scenario["length"].int ?? 0))
    let startUp = Double(scenario["startup"].int ?? 0)
    input.startUp = StartUp(appSeconds: startUp...startUp)
    let read = autoscaler[.metrics].elements.flatMap {
      [$0["resource"], $0["containerResource"]].compactMap { $0[.name].string }
    }
    input.loads = try scenario["model"].members.filter { read.contains($0.key.name) }.map { member in
      try load(member.key.name, member.value, missing: scenario["missing"].int)
    }
    return input
  }

  private func load(_ resource: String, _ model: JSON, missing: Int?) throws -> RehearsalLoad {
    let unit = resource == "cpu" ? 0.001 : 1_048_576
    let base = (model["base"].double ?? 0) * unit
    let kind: LoadModel.Kind =
      switch model[.type].string {
      case "perpod": .perPod
      case "ticked": .ticked(everySeconds: model["every"].int ?? 1, base: base, grain: unit)
      default: .shared(base: base, reachesUnready: false)
      }
    let points = model["points"].elements.map { (second: $0[0].double ?? 0, level: ($0[1].double ?? 0) * unit) }
    return RehearsalLoad(
      metric: resource, shape: try .points(points, isLinear: model["shape"].string == "linear"),
      model: LoadModel(kind, missing: missing.map { .divisor($0) }), place: "case.json:1")
  }
}
