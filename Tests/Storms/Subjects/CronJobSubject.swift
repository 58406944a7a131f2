package import CoreObjects
package import Simulation

/// One CronJob whose runs may be longer than the time between them.
package struct CronJobSubject: Subject {
  package static let name = "CronJob"
  private let policy: String
  private let seconds: Int
  private let limits: (Int, Int)
  private let deadline: Int?
  private let key = ObjectKey(.cronJobs, namespace: "default", "c")

  package init(random: inout RandomSource) {
    policy = ["Allow", "Forbid", "Replace"][random.below(3)]
    seconds = 10 + random.below(150)
    limits = (random.below(3), random.below(2))
    deadline = random.below(3) == 0 ? 20 + random.below(100) : nil
  }

  package var programs: [String: VirtualProgram] { ["app": .exits(afterSeconds: seconds, code: 0)] }
  package var manifests: [JSON] { [manifest] }

  private var manifest: JSON {
    var spec: JSON = [
      "schedule": "* * * * *", "concurrencyPolicy": .string(policy), "successfulJobsHistoryLimit": .int(Int64(limits.0)),
      "failedJobsHistoryLimit": .int(Int64(limits.1)),
      "jobTemplate": ["spec": ["backoffLimit": 2, "template": Templates.pod("c", restart: "Never", isProbed: false)]],
    ]
    if let deadline { spec.put(.startingDeadlineSeconds, .int(Int64(deadline))) }
    return ["apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": "c", "namespace": "default"], "spec": spec]
  }

  package var checks: [any Check] {
    [RunsDoNotOverlap(), TimesRunOnce(), CronJobAtRest(), PodsAreCountedOnce(), FinalizersStay(), EndsAreFinal(), JobsAtRest()]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    guard facts.get(key) != nil else { return .create(manifest) }
    let jobs = facts.list(.jobs)
    switch random.below(8) {
    case 0: return .patch(key, ["spec": ["suspend": true]])
    case 1, 2: return .patch(key, ["spec": ["suspend": false]])
    case 3: return .patch(key, ["spec": ["schedule": .string(["* * * * *", "*/2 * * * *", "1-59/3 * * * *"][random.below(3)])]])
    case 4: return .delete(key, propagation: ["Background", "Foreground"][random.below(2)])
    case 5, 6: return jobs.isEmpty ? nil : .delete(jobs[random.below(jobs.count)].key)
    default:
      let pods = facts.list(.pods)
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key)
    }
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] { [.create(manifest), .patch(key, ["spec": ["suspend": true]])] }
}
