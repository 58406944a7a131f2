import CoreControllers
import CoreObjects
import Testing

@Suite("HorizontalPodAutoscaler: usage of one container")
struct ContainerMetricTests {
  private static func metric(_ container: String) -> String {
    #"[{"type":"ContainerResource","containerResource":{"name":"memory","container":"\#(container)","#
      + #""target":{"type":"AverageValue","averageValue":"50Mi"}}}]"#
  }

  private func message(_ world: AutoscaledWorld) -> String {
    world.status.conditions.first { $0.type == "ScalingActive" }?.message ?? ""
  }

  @Test("where no pod has the container the metric fails, and names a pod and the container")
  func absentContainer() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [100 << 20], metrics: Self.metric("sidecar"))
    world.run(for: 16)
    #expect(world.condition("ScalingActive") == "False FailedGetContainerResourceMetric")
    let pod = try #require(world.world.names(.pods).first)
    #expect(message(world).contains("container sidecar not present in metrics for pod default/\(pod)"), "\(message(world))")
    #expect(world.world.reasons.contains("FailedGetContainerResourceMetric"))
    #expect(world.replicas == 2)
  }

  @Test("also where that pod is set aside: it is being deleted")
  func deletedPod() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [100 << 20], metrics: Self.metric("sidecar"))
    world.world.termination = 600
    for pod in world.world.names(.pods) { try world.world.delete(.pods, pod) }
    world.memory = [100 << 20, 100 << 20, nil]
    world.run(for: 16)
    #expect(message(world).contains("container sidecar not present in metrics"))
  }

  @Test("a pod that lacks the container counts as one without a sample, also for its request")
  func someLackIt() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [100 << 20], metrics: Self.metric("main"))
    let name = try #require(world.world.names(.pods).first)
    try world.world.patch(
      .pods, name, #"{"spec":{"containers":[{"name":"other"}]}}"#)
    world.run(for: 16)
    #expect(world.condition("ScalingActive") == "True ValidMetricFound")
    #expect(world.decision?.metrics[0].pods.map(\.state).sorted { "\($0)" < "\($1)" } == [.counted, .missing])
  }

  @Test("a pod without any sample is missing, and the others count")
  func missingPod() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [100 << 20, nil], metrics: Self.metric("main"))
    world.run(for: 16)
    #expect(world.condition("ScalingActive") == "True ValidMetricFound")
    #expect(world.decision?.metrics[0].pods.map(\.state) == [.counted, .missing])
    // 100 Mi and nothing: 50 Mi on average, which is the target.
    #expect(world.replicas == 2)
  }

  @Test("pods of which none has a sample do not fail by the container's name")
  func noSamples() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [nil], metrics: Self.metric("sidecar"))
    world.run(for: 16)
    #expect(world.condition("ScalingActive") == "False FailedGetContainerResourceMetric")
    #expect(!message(world).contains("not present"))
  }
}
