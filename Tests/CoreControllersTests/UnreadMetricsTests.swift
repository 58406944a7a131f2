import CoreControllers
import CoreObjects
import Testing

@Suite("HorizontalPodAutoscaler whose metrics nobody reads from its status")
struct UnreadMetricsTests {
  private static func world(tellsMetrics: Bool) throws -> AutoscaledWorld {
    try AutoscaledWorld(
      replicas: 2, memory: [60 << 20], controller: HorizontalPodAutoscalerController(tellsMetrics: tellsMetrics))
  }

  @Test("decides the same, and has written the same counts and conditions at each change")
  func sameDecisions() throws {
    var (told, untold) = (try Self.world(tellsMetrics: true), try Self.world(tellsMetrics: false))
    for mebibytes: Int64 in [60, 61, 62, 120, 100, 59, 20, 21, 20] {
      for second in 1...4 {
        told.memory = [(mebibytes << 20) + Int64(second * 4096)]
        untold.memory = told.memory
        told.run(for: 20)
        untold.run(for: 20)
        #expect(untold.replicas == told.replicas)
        #expect(untold.status.desiredReplicas == told.status.desiredReplicas)
        #expect(untold.status.conditions.map(\.reason) == told.status.conditions.map(\.reason))
      }
    }
  }

  @Test("leaves its status as it is while only the usage changes")
  func unwritten() throws {
    var world = try Self.world(tellsMetrics: false)
    world.run(for: 60)
    let before = world.status
    let bytes: Int64 = 61 << 20
    world.memory = [bytes]
    world.run(for: 60)
    #expect(world.status == before)
    #expect(world.decision?.metrics.first?.averageMilli == bytes * 1000)
  }
}
