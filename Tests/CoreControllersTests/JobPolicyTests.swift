import CoreObjects
import Testing

@testable import CoreControllers

@Suite("A Job judges failed pods by its policy, and counts each once")
struct JobPolicyTests {
  private func job(_ rules: String, _ more: String = #""completions":2,"parallelism":2,"backoffLimit":6"#) throws -> JobWorld {
    try JobWorld(#"\#(more),"podFailurePolicy":{"rules":[\#(rules)]}"#)
  }

  @Test("In matches a listed exit code, NotIn any other failure, of the named container alone if one is named")
  func exitCodes() throws {
    let cases: [(rule: String, code: Int, isIgnored: Bool)] = [
      (#""operator":"In","values":[1,42]"#, 42, true), (#""operator":"In","values":[1,42]"#, 2, false),
      (#""operator":"NotIn","values":[1,42]"#, 2, true), (#""operator":"NotIn","values":[1,42]"#, 42, false),
      (#""containerName":"main","operator":"In","values":[42]"#, 42, true),
      (#""containerName":"other","operator":"In","values":[42]"#, 42, false),
    ]
    for item in cases {
      var jobs = try job(#"{"action":"Ignore","onExitCodes":{\#(item.rule)}}"#)
      jobs.fail(jobs.running[0], code: item.code)
      jobs.world.run(for: 2)
      #expect(jobs.status.failed == (item.isIgnored ? nil : 1), "\(item)")
    }
  }

  @Test("a condition of the pod matches by type and status")
  func conditions() throws {
    for (status, isIgnored) in [("True", true), ("False", false)] {
      var jobs = try job(#"{"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget","status":"True"}]}"#)
      let name = jobs.running[0]
      try jobs.world.patch(.pods, name, #"{"status":{"conditions":[{"type":"DisruptionTarget","status":"\#(status)"}]}}"#)
      jobs.fail(name)
      jobs.world.run(for: 2)
      #expect(jobs.status.failed == (isIgnored ? nil : 1))
    }
  }

  @Test("Count is what happens without a rule, and hides the rules after it")
  func count() throws {
    var jobs = try job(
      #"{"action":"Count","onExitCodes":{"operator":"In","values":[1]}},{"action":"FailJob","onExitCodes":{"operator":"NotIn","values":[7]}}"#
    )
    jobs.fail(jobs.running[0], code: 1)
    jobs.world.run(for: 2)
    #expect(jobs.condition("FailureTarget") == nil && jobs.status.failed == 1)
  }

  @Test("FailJob ends the job: first FailureTarget, then Failed once the other pods are gone, and those count as failed")
  func failJob() throws {
    var jobs = try job(#"{"action":"FailJob","onExitCodes":{"operator":"In","values":[13]}}"#)
    jobs.world.termination = 10
    jobs.fail(jobs.running[0], code: 13)
    jobs.world.run(for: 1)
    #expect(jobs.condition("FailureTarget") == "True PodFailurePolicy")
    #expect(jobs.condition("Failed") == nil)
    #expect(jobs.status.terminating == 1)
    jobs.world.run(for: 20)
    #expect(jobs.condition("Failed") == "True PodFailurePolicy")
    #expect(jobs.status.failed == 2)
    #expect(jobs.world.reasons.last == "PodFailurePolicy")
    let messages = jobs.status.conditions.map { $0.message ?? "" }
    #expect(messages.allSatisfy { $0.contains("exit code 13 of container main") && $0.contains("rule 0") })
  }

  @Test("ignored failures do not slow the next pod down")
  func ignoredWithoutBackoff() throws {
    var jobs = try job(#"{"action":"Ignore","onExitCodes":{"operator":"In","values":[42]}}"#)
    jobs.fail(jobs.running[0], code: 42)
    jobs.world.run(for: 2)
    #expect(jobs.running.count == 2)
    jobs.fail(jobs.running[0], code: 1)
    jobs.world.run(for: 8)
    #expect(jobs.running.count == 1)
    jobs.world.run(for: 5)
    #expect(jobs.running.count == 2)
  }

  @Test(
    "podReplacementPolicy: TerminatingOrFailed replaces a pod that is leaving, Failed waits for its end",
    arguments: ["TerminatingOrFailed", "Failed"])
  func replacement(policy: String) throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"backoffLimit":6,"podReplacementPolicy":"\#(policy)""#)
    jobs.world.termination = 60
    let first = jobs.running[0]
    try jobs.world.delete(.pods, first)
    jobs.world.run(for: 15)
    #expect(jobs.status.terminating == 1)
    #expect(jobs.running.count == (policy == "Failed" ? 0 : 1))
    #expect(jobs.status.failed == (policy == "Failed" ? nil : 1))
    jobs.world.run(for: 80)
    #expect(jobs.running.count == 1 && jobs.running[0] != first)
    #expect(jobs.status.failed == 1 && jobs.status.terminating == 0)
  }

  @Test("status.ready counts ready pods")
  func ready() throws {
    var jobs = try JobWorld(#""completions":3,"parallelism":3,"backoffLimit":6"#)
    #expect(jobs.status.ready == 3)
    jobs.world.setPod(jobs.running[0], phase: "Running", isReady: false)
    #expect(jobs.status.ready == 2 && jobs.status.active == 3)
  }

  @Test("new pods start slowly: where all are refused one look asks once, and they do not count as active")
  func slowStart() throws {
    var world = World(JobController())
    let asked = Asked()
    world.refuse = { write in
      guard case .create(.pods, _, _) = write else { return nil }
      asked.count += 1
      return "Forbidden"
    }
    try world.add(
      .jobs,
      #"""
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"sum"},"spec":{"completions":30,"parallelism":30,"backoffLimit":6,
       "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main"}]}}}}
      """#)
    #expect(asked.count <= 3, "one for each look: after the job, its status, and the refusal")
    world.run(for: 3)
    #expect(world.get(.jobs, "sum", as: Job.self)?.status.active == nil)
    world.refuse = nil
    world.run(for: 3)
    #expect(world.names(.pods).count == 30)
    #expect(world.get(.jobs, "sum", as: Job.self)?.status.active == 30)
  }

  @Test("a plan that makes all pods needs no other look, and a pod that goes before the next one was not refused")
  func briefPod() throws {
    var controller = JobController()
    var store = Store()
    let template: JSON = ["spec": ["restartPolicy": "Never", "containers": [["name": "main"]]]]
    let spec: JSON = ["completions": 1, "parallelism": 1, "backoffLimit": 6, "template": template]
    let job = ObjectKey(.jobs, namespace: "default", "sum")
    let metadata: JSON = ["name": "sum", "namespace": "default", "uid": "j"]
    _ = store.put(job, ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec])
    func plan() -> Plan {
      controller.plan(job, in: Snapshot(store: store, metrics: MetricsWindow()), at: World.start)
    }
    func active(_ plan: Plan) -> Int? {
      for case .patch(_, subresource: "status", let merge) in plan.changes.map(\.write) { return merge[.status][.active].int }
      return nil
    }
    let first = plan()
    #expect(first.isConclusive && active(first) == 1)
    let made = first.changes.compactMap { change -> JSON? in
      if case .create(.pods, _, let tree) = change.write { tree } else { nil }
    }
    let pod = try #require(made.first)
    let key = ObjectKey(.pods, namespace: "default", pod[.metadata][.name].string ?? "")
    for change in [store.put(key, pod), store.remove(key)!] {
      _ = controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: MetricsWindow()))
    }
    #expect(active(plan()) == 1, "the successor counts")
    #expect(active(plan()) == nil && !plan().isConclusive, "it has not come: it was refused")
  }

  private final class Asked: @unchecked Sendable { var count = 0 }

  @Test("more than 500 ended pods are counted over several looks, each once")
  func manyEnded() throws {
    var world = World(JobController())
    try world.add(
      .jobs,
      #"""
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"sum"},"spec":{"completions":510,"parallelism":510,"backoffLimit":6,
       "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main"}]}}}}
      """#)
    #expect(world.names(.pods).count == 510)
    let most = Asked()
    world.check = { change, _ in
      guard change.object.key.resource == .jobs else { return }
      let list = change.object.view(Job.self).status.uncountedTerminatedPods
      most.count = max(most.count, list.succeeded.count + list.failed.count)
    }
    for name in world.names(.pods) { world.setPod(name, phase: "Succeeded", isReady: false, exitCode: 0, settles: false) }
    world.run(for: 5)
    let status = try #require(world.get(.jobs, "sum", as: Job.self)?.status)
    #expect(status.succeeded == 510)
    #expect(most.count == 500)
    #expect(status.conditions.contains { $0.type == "Complete" && $0.status == "True" })
    #expect(status.uncountedTerminatedPods.succeeded.isEmpty)
  }
}
