import CoreObjects
import Testing

@testable import CoreControllers

@Suite("An Indexed Job fails and succeeds by the index")
struct JobIndexTests {
  private func indexed(_ completions: Int, _ parallelism: Int, _ more: String = "") throws -> JobWorld {
    try JobWorld(
      #""completionMode":"Indexed","completions":\#(completions),"parallelism":\#(parallelism),"backoffLimit":100\#(more)"#)
  }
  private func annotation(_ jobs: JobWorld, _ index: Int, _ name: String) -> String? {
    jobs.world.store.get(.pods, namespace: "default", jobs.pod(index: index))?.metadata.annotations["batch.kubernetes.io/" + name]
  }

  @Test("each failure of an index is counted on its next pod, which waits 10 s, 20 s … by itself")
  func failureCounts() throws {
    var jobs = try indexed(2, 2, #","backoffLimitPerIndex":3"#)
    #expect(annotation(jobs, 0, "job-index-failure-count") == "0")
    for (failures, wait) in [(1, 10), (2, 20), (3, 40)] {
      jobs.fail(jobs.pod(index: 0))
      jobs.world.run(for: wait - 1)
      #expect(jobs.pod(index: 0) == "none")
      jobs.world.run(for: 3)
      #expect(annotation(jobs, 0, "job-index-failure-count") == String(failures))
    }
    #expect(annotation(jobs, 0, "job-index-ignored-failure-count") == nil)
    #expect(jobs.status.failed == 3 && jobs.status.failedIndexes == "")
    jobs.fail(jobs.pod(index: 0))
    jobs.world.run(for: 2)
    #expect(jobs.status.failedIndexes == "0")
    #expect(annotation(jobs, 1, "job-index-failure-count") == "0")
  }

  @Test("a failure that the policy ignores lengthens the wait of its index but does not count against it")
  func ignoredFailures() throws {
    var jobs = try indexed(
      1, 1,
      #","backoffLimitPerIndex":1,"podFailurePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"operator":"In","values":[42]}}]}"#
    )
    for ignored in 1...2 {
      jobs.fail(jobs.pod(index: 0), code: 42)
      jobs.world.run(for: 10 * ignored + 3)
      #expect(annotation(jobs, 0, "job-index-ignored-failure-count") == String(ignored))
      #expect(annotation(jobs, 0, "job-index-failure-count") == "0")
    }
    #expect(jobs.status.failed == nil && jobs.status.failedIndexes == "")
  }

  @Test("FailIndex fails an index at its first such exit, and the others go on")
  func failIndex() throws {
    var jobs = try indexed(
      3, 3,
      #","backoffLimitPerIndex":5,"podFailurePolicy":{"rules":[{"action":"FailIndex","onExitCodes":{"operator":"In","values":[3]}}]}"#
    )
    jobs.fail(jobs.pod(index: 1), code: 3)
    jobs.world.run(for: 2)
    #expect(jobs.status.failedIndexes == "1")
    #expect(jobs.running.count == 2)
    jobs.succeed(jobs.pod(index: 0))
    jobs.succeed(jobs.pod(index: 2))
    jobs.world.run(for: 2)
    #expect(jobs.condition("FailureTarget") == "True FailedIndexes")
    #expect(jobs.condition("Failed") == "True FailedIndexes")
    #expect(jobs.status.completedIndexes == "0,2" && jobs.status.succeeded == 2)
  }

  @Test("an index that waits keeps its place: a higher one does not overtake it")
  func waitingKeepsItsPlace() throws {
    var jobs = try indexed(5, 1, #","backoffLimitPerIndex":2"#)
    jobs.fail(jobs.pod(index: 0))
    jobs.world.run(for: 8)
    #expect(jobs.running.isEmpty)
    jobs.world.run(for: 4)
    #expect(jobs.pod(index: 0) != "none")
  }

  @Test("completions and parallelism change together: more indexes start, fewer are removed and forgotten")
  func elastic() throws {
    var jobs = try indexed(3, 3)
    jobs.succeed(jobs.pod(index: 0))
    jobs.succeed(jobs.pod(index: 2))
    jobs.world.run(for: 2)
    #expect(jobs.status.completedIndexes == "0,2")
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"completions":5,"parallelism":5}}"#)
    jobs.world.run(for: 2)
    #expect([1, 3, 4].allSatisfy { jobs.pod(index: $0) != "none" })
    try jobs.world.patch(.jobs, "sum", #"{"spec":{"completions":2,"parallelism":2}}"#)
    jobs.world.run(for: 2)
    #expect(jobs.running == [jobs.pod(index: 1)])
    #expect(jobs.status.completedIndexes == "0" && jobs.status.succeeded == 1)
    #expect(jobs.status.failed == nil)
    jobs.succeed(jobs.pod(index: 1))
    jobs.world.run(for: 2)
    #expect(jobs.condition("Complete") == "True CompletionsReached")
  }

  @Test("the first rule of a success policy that is met is told: named indexes, a number of them, or any number")
  func successRules() throws {
    let rules = #"{"succeededIndexes":"0,3"},{"succeededIndexes":"1-3","succeededCount":2},{"succeededCount":3}"#
    for (ended, rule) in [([0, 3], 0), ([1, 2], 1), ([0, 1, 4], 2)] {
      var jobs = try indexed(6, 6, #","successPolicy":{"rules":[\#(rules)]}"#)
      for index in ended {
        #expect(jobs.condition("SuccessCriteriaMet") == nil)
        jobs.succeed(jobs.pod(index: index))
        jobs.world.run(for: 2)
      }
      #expect(jobs.condition("Complete") == "True SuccessPolicy")
      #expect(jobs.status.conditions.contains { $0.message?.contains("rule \(rule) ") == true })
    }
  }

  @Test("pods that a success policy removes are not counted as failed")
  func removedPodsAreNotFailed() throws {
    var jobs = try indexed(4, 4, #","successPolicy":{"rules":[{"succeededIndexes":"0"}]}"#)
    jobs.world.termination = 5
    jobs.succeed(jobs.pod(index: 0))
    jobs.world.run(for: 1)
    #expect(jobs.condition("SuccessCriteriaMet") == "True SuccessPolicy")
    #expect(jobs.status.terminating == 3)
    #expect(jobs.condition("Complete") == nil)
    jobs.world.run(for: 10)
    #expect(jobs.condition("Complete") == "True SuccessPolicy")
    #expect(jobs.status.failed == nil && jobs.status.succeeded == 1 && jobs.status.terminating == 0)
  }

  @Test("a long name is cut in the names of pods, but the index is kept")
  func longName() throws {
    var world = World(JobController())
    let name = String(repeating: "n", count: 60)
    try world.add(
      .jobs,
      #"""
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"\#(name)"},"spec":{"completionMode":"Indexed","completions":1,
       "parallelism":1,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main"}]}}}}
      """#)
    let pod = try #require(world.names(.pods).first)
    #expect(pod.count == 63 && pod.dropLast(5).hasSuffix("n-0-"))
  }
}

@Suite("Completion indexes")
struct CompletionIndexesTests {
  @Test("written in ranges, whatever the order of the ends")
  func order() throws {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
      var jobs = try JobWorld(#""completionMode":"Indexed","completions":5,"parallelism":5,"backoffLimit":6"#)
      for index in order {
        jobs.succeed(jobs.pod(index: index))
        jobs.world.run(for: 1)
      }
      #expect(jobs.status.completedIndexes == "0-3")
    }
  }
}
