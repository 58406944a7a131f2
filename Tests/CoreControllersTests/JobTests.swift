import CoreObjects
import Testing

@testable import CoreControllers

/// A job in a world where the tests end the pods.
struct JobWorld {
  var world = World(JobController())

  init(_ spec: String, restart: String = "Never") throws {
    world.startup = 1
    try world.add(
      .jobs,
      """
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"sum"},"spec":{\(spec),
       "template":{"metadata":{"labels":{"job-name":"sum"}},"spec":{"restartPolicy":"\(restart)","containers":[{"name":"main"}]}}}}
      """)
    world.run(for: 2)
  }

  var job: Job { world.get(.jobs, "sum", as: Job.self)! }
  var status: JobStatus { job.status }
  func condition(_ type: String) -> String? {
    status.conditions.first { $0.type == type }.map { "\($0.status!) \($0.reason!)" }
  }
  /// Pods that run, by name; for indexed jobs in the order of the indexes.
  var running: [String] {
    world.store.list(.pods).filter { $0.tree[.status][.phase].string == "Running" && $0.metadata.deletionTimestamp == nil }.map(
      \.key.name)
  }
  func pod(index: Int) -> String {
    world.store.list(.pods).last {
      $0.metadata.annotations["batch.kubernetes.io/job-completion-index"] == String(index)
        && $0.tree[.status][.phase].string == "Running"
    }?.key.name ?? "none"
  }
  mutating func succeed(_ name: String) { world.setPod(name, phase: "Succeeded", isReady: false, exitCode: 0) }
  mutating func fail(_ name: String, code: Int = 1) { world.setPod(name, phase: "Failed", isReady: false, exitCode: code) }
}

@Suite("Job")
struct JobTests {
  @Test("a job runs parallelism pods at a time until completions have succeeded, then it is Complete")
  func completes() throws {
    var jobs = try JobWorld(#""completions":3,"parallelism":2,"backoffLimit":6"#)
    #expect(jobs.running.count == 2)
    #expect(jobs.status.active == 2)
    #expect(jobs.status.startTime == World.start.rfc3339)
    for _ in 0..<3 {
      jobs.succeed(jobs.running[0])
      jobs.world.run(for: 2)
    }
    #expect(jobs.status.succeeded == 3)
    #expect(jobs.status.active == nil)
    #expect(jobs.condition("SuccessCriteriaMet") == "True CompletionsReached")
    #expect(jobs.condition("Complete") == "True CompletionsReached")
    #expect(jobs.status.completionTime == jobs.world.now.rfc3339 || jobs.status.completionTime != nil)
    #expect(jobs.world.reasons.filter { $0 == "SuccessfulCreate" }.count == 3)
    #expect(jobs.world.reasons.last == "Completed")
    #expect(jobs.world.names(.pods).count == 3)
    #expect(jobs.world.store.list(.pods).allSatisfy { $0.metadata.finalizers.isEmpty })
  }

  @Test("a pod is counted exactly once, wherever the controller is interrupted", arguments: 0..<12)
  func countsOnce(_ refusedWrite: Int) throws {
    var jobs = try JobWorld(#""completions":2,"parallelism":2,"backoffLimit":6"#)
    let counter = Counter()
    jobs.world.refuse = { write in
      if case .nothing = write { return nil }
      return counter.next() == refusedWrite ? "InternalError" : nil
    }
    for name in jobs.running { jobs.succeed(name) }
    jobs.world.run(for: 30)
    #expect(jobs.status.succeeded == 2)
    #expect(jobs.status.failed == nil)
    #expect(jobs.status.uncountedTerminatedPods.succeeded.isEmpty)
    #expect(jobs.condition("Complete") != nil)
    #expect(jobs.world.names(.pods).count == 2)
  }

  private final class Counter: @unchecked Sendable {
    private var count = -1
    func next() -> Int {
      count += 1
      return count
    }
  }

  @Test("failed pods are replaced after 10 s, then 20 s; more failures than backoffLimit end the job")
  func backoff() throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"backoffLimit":2"#)
    jobs.fail(jobs.running[0])
    jobs.world.run(for: 9)
    #expect(jobs.running.isEmpty)
    jobs.world.run(for: 3)
    #expect(jobs.running.count == 1)
    jobs.fail(jobs.running[0])
    jobs.world.run(for: 18)
    #expect(jobs.running.isEmpty)
    jobs.world.run(for: 4)
    jobs.fail(jobs.running[0])
    jobs.world.run(for: 1)
    #expect(jobs.status.failed == 3)
    #expect(jobs.condition("FailureTarget") == "True BackoffLimitExceeded")
    #expect(jobs.condition("Failed") == "True BackoffLimitExceeded")
    #expect(jobs.world.reasons.last == "BackoffLimitExceeded")
  }

  @Test("the terminal condition waits until the last pod has gone")
  func interimFirst() throws {
    var jobs = try JobWorld(#""completions":4,"parallelism":2,"backoffLimit":0"#)
    jobs.world.termination = 20
    jobs.fail(jobs.running[0])
    jobs.world.run(for: 5)
    #expect(jobs.condition("FailureTarget") == "True BackoffLimitExceeded")
    #expect(jobs.condition("Failed") == nil)
    #expect(jobs.status.terminating == 1)
    jobs.world.run(for: 30)
    #expect(jobs.condition("Failed") == "True BackoffLimitExceeded")
    #expect(jobs.status.terminating == 0)
    #expect(jobs.status.failed == 2)
  }

  @Test("with restartPolicy OnFailure the restarts of containers count against backoffLimit")
  func restarts() throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"backoffLimit":3"#, restart: "OnFailure")
    try jobs.world.patch(.pods, jobs.running[0], #"{"status":{"containerStatuses":[{"name":"main","restartCount":2}]}}"#)
    #expect(jobs.condition("FailureTarget") == nil)
    try jobs.world.patch(.pods, jobs.running[0], #"{"status":{"containerStatuses":[{"name":"main","restartCount":3}]}}"#)
    #expect(jobs.condition("FailureTarget") == "True BackoffLimitExceeded")
  }

  @Test("activeDeadlineSeconds ends the job by itself")
  func deadline() throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"activeDeadlineSeconds":30"#)
    jobs.world.run(until: 29)
    #expect(jobs.condition("FailureTarget") == nil)
    jobs.world.run(until: 31)
    #expect(jobs.condition("Failed") == "True DeadlineExceeded")
    #expect(jobs.running.isEmpty)
  }

  @Test("without completions any success ends the job once no pod runs")
  func workQueue() throws {
    var jobs = try JobWorld(#""parallelism":3"#)
    #expect(jobs.running.count == 3)
    jobs.succeed(jobs.running[0])
    jobs.world.run(for: 2)
    #expect(jobs.running.count == 2)
    #expect(jobs.condition("Complete") == nil)
    jobs.succeed(jobs.running[0])
    jobs.succeed(jobs.running[0])
    #expect(jobs.condition("Complete") == "True CompletionsReached")
  }

  @Test("suspending removes the pods without counting them; resuming starts anew with a new start time")
  func suspend() throws {
    var jobs = try JobWorld(#""completions":2,"parallelism":2,"activeDeadlineSeconds":100"#)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":true}}"#)
    jobs.world.run(for: 200)
    #expect(jobs.world.names(.pods).isEmpty)
    #expect(jobs.status.failed == nil)
    #expect(jobs.condition("Suspended") == "True JobSuspended")
    #expect(jobs.condition("FailureTarget") == nil)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":false}}"#)
    jobs.world.run(for: 2)
    #expect(jobs.running.count == 2)
    #expect(jobs.condition("Suspended") == "False JobResumed")
    #expect(jobs.status.startTime == (World.start + .seconds(202)).rfc3339)
    #expect(jobs.world.reasons.filter { $0 == "Suspended" || $0 == "Resumed" } == ["Suspended", "Resumed"])
  }

  @Test("fewer parallelism removes pods that are not counted as failed")
  func lessParallelism() throws {
    var jobs = try JobWorld(#""completions":5,"parallelism":4,"backoffLimit":0"#)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"parallelism":1}}"#)
    #expect(jobs.running.count == 1)
    #expect(jobs.status.failed == nil)
    #expect(jobs.condition("FailureTarget") == nil)
  }

  @Test("a finished job goes after ttlSecondsAfterFinished, with its pods")
  func timeToLive() throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"ttlSecondsAfterFinished":60"#)
    jobs.world.controllers.append(GarbageCollector())
    jobs.succeed(jobs.running[0])
    jobs.world.run(for: 55)
    #expect(jobs.world.names(.jobs) == ["sum"])
    jobs.world.run(for: 10)
    #expect(jobs.world.names(.jobs).isEmpty)
    #expect(jobs.world.names(.pods).isEmpty)
  }

  @Test("pods of a deleted job lose the finalizer, so that they can go")
  func orphans() throws {
    var jobs = try JobWorld(#""completions":2,"parallelism":2"#)
    try jobs.world.delete(.jobs, "sum")
    #expect(jobs.world.store.list(.pods).count == 2)
    #expect(jobs.world.store.list(.pods).allSatisfy { $0.metadata.finalizers.isEmpty })
  }

  @Test("a job that another controller manages is left alone")
  func managedBy() throws {
    let jobs = try JobWorld(#""completions":1,"parallelism":1,"managedBy":"example.com/other""#)
    #expect(jobs.world.names(.pods).isEmpty)
  }
}

@Suite("Job: indexes and policies")
struct IndexedJobTests {
  @Test("each index gets one pod with its number in name, label, annotation, host name and environment, and succeeds once")
  func indexed() throws {
    var jobs = try JobWorld(#""completions":4,"parallelism":2,"completionMode":"Indexed""#)
    let first = try #require(jobs.world.get(.pods, jobs.pod(index: 1), as: Pod.self))
    #expect(first.metadata.name?.hasPrefix("sum-1-") == true)
    #expect(first.metadata.labels["batch.kubernetes.io/job-completion-index"] == "1")
    #expect(first.spec.hostname == "sum-1")
    #expect(first.spec.containers[0].env[0].name == "JOB_COMPLETION_INDEX")
    jobs.succeed(jobs.pod(index: 1))
    jobs.world.run(for: 2)
    #expect(jobs.status.completedIndexes == "1")
    #expect(jobs.pod(index: 2) != "none")
    jobs.succeed(jobs.pod(index: 0))
    jobs.succeed(jobs.pod(index: 2))
    jobs.world.run(for: 2)
    #expect(jobs.status.completedIndexes == "0-2")
    jobs.succeed(jobs.pod(index: 3))
    #expect(jobs.status.succeeded == 4)
    #expect(jobs.condition("Complete") == "True CompletionsReached")
  }

  @Test("a limit for each index fails that index alone; the job fails when all have ended")
  func limitPerIndex() throws {
    var jobs = try JobWorld(
      #""completions":2,"parallelism":2,"completionMode":"Indexed","backoffLimitPerIndex":1,"backoffLimit":2147483647"#)
    jobs.succeed(jobs.pod(index: 0))
    jobs.fail(jobs.pod(index: 1))
    jobs.world.run(for: 15)
    let second = try #require(jobs.world.get(.pods, jobs.pod(index: 1), as: Pod.self))
    #expect(second.metadata.annotations["batch.kubernetes.io/job-index-failure-count"] == "1")
    #expect(jobs.status.failedIndexes == "")
    jobs.fail(jobs.pod(index: 1))
    jobs.world.run(for: 2)
    #expect(jobs.status.failedIndexes == "1")
    #expect(jobs.status.completedIndexes == "0")
    #expect(jobs.condition("Failed") == "True FailedIndexes")
    #expect(jobs.status.failed == 2)
  }

  @Test("more failed indexes than maxFailedIndexes end the job at once")
  func maxFailedIndexes() throws {
    var jobs = try JobWorld(
      #""completions":4,"parallelism":4,"completionMode":"Indexed","backoffLimitPerIndex":0,"maxFailedIndexes":1,"backoffLimit":2147483647"#
    )
    jobs.fail(jobs.pod(index: 0))
    #expect(jobs.condition("FailureTarget") == nil)
    jobs.fail(jobs.pod(index: 2))
    jobs.world.run(for: 2)
    #expect(jobs.condition("Failed") == "True MaxFailedIndexesExceeded")
    #expect(jobs.running.isEmpty)
  }

  @Test("a success policy ends the job early, and the pods that still run are removed")
  func successPolicy() throws {
    var jobs = try JobWorld(
      #""completions":5,"parallelism":5,"completionMode":"Indexed","successPolicy":{"rules":[{"succeededIndexes":"0-2","succeededCount":2}]}"#
    )
    jobs.succeed(jobs.pod(index: 3))
    jobs.succeed(jobs.pod(index: 0))
    #expect(jobs.condition("SuccessCriteriaMet") == nil)
    jobs.succeed(jobs.pod(index: 2))
    jobs.world.run(for: 2)
    #expect(jobs.condition("SuccessCriteriaMet") == "True SuccessPolicy")
    #expect(jobs.condition("Complete") == "True SuccessPolicy")
    #expect(jobs.running.isEmpty)
  }

  @Test("podFailurePolicy: FailJob ends the job with the rule in the message, Ignore counts nothing, the first match decides")
  func failurePolicy() throws {
    let policy = #"""
      "completions":2,"parallelism":2,"backoffLimit":0,"podFailurePolicy":{"rules":[
        {"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget"}]},
        {"action":"FailJob","onExitCodes":{"operator":"In","values":[42]}}]}
      """#
    var jobs = try JobWorld(policy)
    let disrupted = jobs.running[0]
    try jobs.world.patch(.pods, disrupted, #"{"status":{"conditions":[{"type":"DisruptionTarget","status":"True"}]}}"#)
    jobs.fail(disrupted)
    jobs.world.run(for: 15)
    #expect(jobs.status.failed == nil)
    #expect(jobs.running.count == 2)
    jobs.fail(jobs.running[0], code: 42)
    jobs.world.run(for: 2)
    #expect(jobs.condition("Failed") == "True PodFailurePolicy")
    #expect(jobs.status.conditions.first { $0.type == "Failed" }?.message?.contains("exit code 42 of container main") == true)
  }

  @Test("with a podFailurePolicy a replacement waits until the old pod has failed, not only begun to end")
  func replacement() throws {
    var jobs = try JobWorld(#""completions":1,"parallelism":1,"podReplacementPolicy":"Failed""#)
    jobs.world.termination = 20
    let first = jobs.running[0]
    try jobs.world.delete(.pods, first)
    jobs.world.run(for: 5)
    #expect(jobs.world.names(.pods) == [first])
    #expect(jobs.status.terminating == 1)
    jobs.fail(first)
    jobs.world.run(for: 30)
    #expect(jobs.world.names(.pods).contains { $0 != first })
    #expect(jobs.status.failed == 1)
  }

  @Test("indexes are read and written as ranges; nonsense is left out")
  func indexText() throws {
    var jobs = try JobWorld(#""completions":6,"parallelism":6,"completionMode":"Indexed""#)
    try jobs.world.patch(.jobs, "sum", #"{"status":{"completedIndexes":"0,2-3,x,9-12,5-4"}}"#)
    jobs.world.run(for: 2)
    #expect(jobs.status.completedIndexes == "0,2-3")
    #expect(jobs.status.succeeded == 3)
  }
}
