import CoreObjects
import Daemon
import Foundation
import Testing

@Suite struct ClockTests {
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
