import CoreObjects
import Testing

@testable import CoreControllers

@Suite("A Job's life: suspended, resumed, late, its pods adopted and let go")
struct JobLifeTests {
  private static let spec = #""completions":2,"parallelism":2,"backoffLimit":6,"selector":{"matchLabels":{"job-name":"sum"}}"#

  @Test("a job that is made suspended has no start and no pods until it is resumed")
  func createdSuspended() throws {
    var jobs = try JobWorld(#""suspend":true,\#(Self.spec)"#)
    #expect(jobs.world.names(.pods).isEmpty)
    #expect(jobs.status.startTime == nil && jobs.condition("Suspended") == "True JobSuspended")
    jobs.world.run(for: 100)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":false}}"#)
    jobs.world.run(for: 2)
    #expect(jobs.running.count == 2)
    #expect(jobs.status.startTime == (World.start + .seconds(102)).rfc3339)
  }

  @Test("pods that end while the job is being suspended are counted, those that it removes are not")
  func countingWhileSuspended() throws {
    var jobs = try JobWorld(Self.spec)
    jobs.world.termination = 5
    jobs.succeed(jobs.running[0])
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":true}}"#)
    jobs.world.run(for: 10)
    #expect(jobs.status.succeeded == 1 && jobs.status.failed == nil)
    #expect(jobs.condition("Suspended") == "True JobSuspended")
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":false}}"#)
    jobs.world.run(for: 2)
    #expect(jobs.running.count == 1, "one completion is left")
  }

  @Test("the deadline starts anew with the resumption, and is told first as the target, then as the end")
  func deadlineAfterResumption() throws {
    var jobs = try JobWorld(#""activeDeadlineSeconds":50,\#(Self.spec)"#)
    jobs.world.run(until: 40)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":true}}"#)
    jobs.world.run(until: 200)
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"suspend":false}}"#)
    jobs.world.run(until: 245)
    #expect(jobs.condition("FailureTarget") == nil)
    jobs.world.termination = 20
    jobs.world.run(until: 255)
    #expect(jobs.condition("FailureTarget") == "True DeadlineExceeded" && jobs.condition("Failed") == nil)
    jobs.world.run(until: 280)
    #expect(jobs.condition("Failed") == "True DeadlineExceeded")
    #expect(jobs.status.failed == 2 && jobs.status.completionTime == nil)
  }

  @Test("a job with completions 0 is complete at once, one with parallelism 0 waits")
  func nothingToDo() throws {
    let done = try JobWorld(#""completions":0,"parallelism":2,"backoffLimit":6"#)
    #expect(done.condition("Complete") == "True CompletionsReached" && done.world.names(.pods).isEmpty)
    var waiting = try JobWorld(#""completions":2,"parallelism":0,"backoffLimit":6"#)
    waiting.world.run(for: 100)
    #expect(waiting.status.conditions.isEmpty && waiting.world.names(.pods).isEmpty)
  }

  @Test("a pod whose labels no longer fit is let go without being counted, and another is made")
  func release() throws {
    var jobs = try JobWorld(Self.spec)
    let name = jobs.running[0]
    try jobs.world.patch(.pods, name, #"{"metadata":{"labels":{"job-name":"debug"}}}"#)
    jobs.world.run(for: 2)
    let pod = try #require(jobs.world.get(.pods, name, as: Pod.self))
    #expect(pod.metadata.ownerReferences.isEmpty && pod.metadata.finalizers.isEmpty)
    #expect(jobs.running.count == 3 && jobs.status.active == 2 && jobs.status.failed == nil)
  }

  @Test("an orphan that fits is adopted, tracked and counted")
  func adoption() throws {
    var world = World(JobController(), startup: 1)
    let labels = #""labels":{"job-name":"sum"}"#
    let pod = #""spec":{"restartPolicy":"Never","containers":[{"name":"main"}]}"#
    try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"lost",\#(labels)},\#(pod)}"#)
    try world.add(
      .jobs,
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"sum"},"spec":{\#(Self.spec),"template":{"metadata":{\#(labels)},\#(pod)}}}"#
    )
    let adopted = try #require(world.get(.pods, "lost", as: Pod.self))
    #expect(adopted.metadata.ownerReferences.first?.name == "sum")
    #expect(adopted.metadata.finalizers.values == ["batch.kubernetes.io/job-tracking"])
    #expect(world.names(.pods).count == 2, "it takes the place of one")
    world.setPod("lost", phase: "Succeeded", isReady: false, exitCode: 0)
    #expect(world.get(.jobs, "sum", as: Job.self)?.status.succeeded == 1)
  }

  @Test("an orphan whose labels fit no job, and the pods of a finished job, are left alone")
  func noAdoption() throws {
    var jobs = try JobWorld(Self.spec)
    for _ in 0..<2 { jobs.succeed(jobs.running[0]) }
    jobs.world.run(for: 2)
    #expect(jobs.condition("Complete") != nil)
    try jobs.world.add(
      .pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"late","labels":{"job-name":"sum"}},"spec":{"containers":[]}}"#)
    #expect(jobs.world.get(.pods, "late", as: Pod.self)?.metadata.ownerReferences.isEmpty == true)
  }
}
