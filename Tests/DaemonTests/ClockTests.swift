import CoreObjects
import Daemon
import EdgeRuntime
import Foundation
import Testing

@Suite struct ClockTests {
  @Test("what is done every 15 seconds comes at whole periods, however long it took, and what was missed is left out")
  func periods() {
    let origin = Instant(seconds: 1_000_000)
    // So slow that no time passes.
    let clock = ClusterClock(speed: 1e-6, origin: origin)
    #expect(clock.next(after: origin, everySeconds: 15) == origin + .seconds(15))
    #expect(clock.next(after: origin - .seconds(14), everySeconds: 15) == origin + .seconds(1))
    #expect(clock.next(after: origin - .seconds(47), everySeconds: 15) == origin + .seconds(13))
    #expect(clock.next(after: origin + .seconds(5), everySeconds: 15) == origin + .seconds(20))
  }

  @Test("cluster time goes on after a restart of a cluster that ran faster than the wall")
  func resumes() async throws {
    let directory = try temporaryDirectory()
    let fast = try await TestCluster(directory) { $0.speed = 10_000 }
    let now = { (test: TestCluster) in test.cluster.host.clock.now }
    // A few milliseconds are minutes of cluster time.
    let target = now(fast) + .seconds(600)
    while now(fast) < target { await Task.yield() }
    let last = now(fast)
    await fast.cluster.stop()
    let again = try await TestCluster(directory)
    #expect(now(again) >= last)
    #expect(now(again) < last + .seconds(24 * 3600))
    await again.cluster.stop()
    let third = try await TestCluster(directory)
    #expect(now(third) >= last, "a cluster at the wall's pace keeps what is ahead")
    await third.stop()
  }
}
