package import CoreObjects
package import Simulation

/// Jobs of all kinds, one after the other.
package struct JobSubject: Subject {
  package static let name = "Job"
  private var made = 0
  private var random: RandomSource
  private let seconds: Int

  package init(random: inout RandomSource) {
    self.random = RandomSource(seed: random.next())
    seconds = 5 + random.below(40)
  }

  package var programs: [String: VirtualProgram] { ["app": .exits(afterSeconds: seconds, code: 0)] }
  package var manifests: [JSON] {
    var copy = self
    return [copy.manifest(0)]
  }

  private mutating func manifest(_ number: Int) -> JSON {
    var draw = random
    defer { random = draw }
    let isIndexed = draw.below(2) == 0
    let completions = 1 + draw.below(5)
    let restart = draw.below(3) == 0 ? "OnFailure" : "Never"
    var spec: JSON = [
      "parallelism": .int(Int64(1 + draw.below(3))), "completionMode": isIndexed ? "Indexed" : "NonIndexed",
      "template": Templates.pod("j", restart: restart, isProbed: draw.below(3) == 0),
    ]
    if isIndexed || draw.below(4) > 0 { spec.put(.completions, .int(Int64(completions))) }
    if isIndexed, restart == "Never", draw.below(2) == 0 {
      spec.put(.backoffLimitPerIndex, .int(Int64(draw.below(3))))
    } else {
      spec.put(.backoffLimit, .int(Int64(draw.below(7))))
    }
    if draw.below(5) == 0 { spec.put(.activeDeadlineSeconds, .int(Int64(30 + draw.below(200)))) }
    if draw.below(5) == 0 { spec.put(.ttlSecondsAfterFinished, .int(Int64(draw.below(100)))) }
    if draw.below(5) == 0 { spec.put(.suspend, true) }
    if restart == "Never", draw.below(4) == 0 {
      let ignored: JSON = ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]]
      let final: JSON = ["action": "FailJob", "onExitCodes": ["operator": "In", "values": [3]]]
      spec.put(.podFailurePolicy, ["rules": [ignored, final]])
    } else if draw.below(3) == 0 {
      spec.put(.podReplacementPolicy, "Failed")
    }
    return [
      "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string("j-\(number)"), "namespace": "default"], "spec": spec,
    ]
  }

  package var checks: [any Check] { [PodsAreCountedOnce(), FinalizersStay(), ParallelismIsKept(), EndsAreFinal(), JobsAtRest()] }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let jobs = facts.list(.jobs)
    let pods = facts.list(.pods)
    if jobs.isEmpty || random.below(4) == 0 {
      made += 1
      return .create(manifest(made))
    }
    let job = jobs[random.below(jobs.count)].key
    switch random.below(8) {
    case 0, 1: return .patch(job, ["spec": ["suspend": .bool(random.below(2) == 0)]])
    case 2, 3: return .patch(job, ["spec": ["parallelism": .int(Int64(random.below(4)))]])
    case 4: return .delete(job, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    default: return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    // Jobs that were orphaned of are nobody's; so are their pods.
    facts.list(.jobs).filter { $0.metadata.deletionTimestamp == nil }.map {
      .patch($0.key, ["spec": ["suspend": false, "parallelism": 2]])
    }
      + facts.list(.pods).filter { PodFacts($0).controllerUID == nil }.map { .delete($0.key) }
  }
}
