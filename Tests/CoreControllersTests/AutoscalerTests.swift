import CoreControllers
import CoreObjects
import Testing

private let mi: Int64 = 1 << 20

@Suite("HorizontalPodAutoscaler")
struct AutoscalerTests {
  @Test("the first look comes 15 s after creation, then one every 15 s; a changed spec brings none forward")
  func period() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [60 * mi])
    auto.run(for: 14)
    #expect(auto.status.conditions.isEmpty)
    try auto.world.patch(.horizontalPodAutoscalers, "web", #"{"spec":{"maxReplicas":9}}"#)
    auto.run(for: 2)
    #expect(auto.condition("ScalingActive") == "True ValidMetricFound")
    auto.memory = [120 * mi]
    auto.run(for: 12)
    #expect(auto.replicas == 2)
    auto.run(for: 3)
    #expect(auto.replicas == 4)
  }

  @Test("an average that is no whole Ki stands in the status as a server keeps a plain number: in decimal units")
  func decimalAverage() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [97_092_000, 97_092_000])
    auto.run(for: 16)
    #expect(auto.status.currentMetrics.first?.resource.current.averageValue == "97092k")
    auto.memory = [97_092_001, 97_092_001]
    auto.run(for: 30)
    #expect(auto.status.currentMetrics.first?.resource.current.averageValue == "97092001")
  }

  @Test("status tells the counts, the utilisation in whole percents and the average in binary units")
  func status() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [64 * mi, 65 * mi])
    auto.run(for: 16)
    #expect(auto.status.currentReplicas == 2)
    #expect(auto.status.desiredReplicas == 2)
    let current = try #require(auto.status.currentMetrics.first).resource.current
    #expect(current.averageUtilization == 64)
    #expect(current.averageValue == Quantity(bytes: 129 * mi / 2).description)
    #expect(auto.status.tree[.observedGeneration].isNull)
    #expect(auto.condition("AbleToScale") == "True ReadyForNewScale")
    #expect(auto.condition("ScalingLimited") == "False DesiredWithinRange")
    let before = auto.world.writes.count
    auto.run(for: 60)
    #expect(auto.world.writes.count == before, "a status that stays the same is not written again")
  }

  @Test("scaling up is told in an event with the new size and the metric, and remembers when")
  func scaleUp() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [120 * mi])
    auto.run(for: 16)
    #expect(auto.replicas == 4)
    #expect(
      auto.world.events.contains(
        "SuccessfulRescale web: New size: 4; reason: memory resource utilization (percentage of request) above target"))
    #expect(auto.status.lastScaleTime == (World.start + .seconds(15)).rfc3339)
    #expect(auto.condition("AbleToScale") == "True SucceededRescale")
  }

  @Test("the tolerance of 10 % is in whole percents of the requests: 66 % against 60 % holds, 67 % scales")
  func tolerance() throws {
    var auto = try AutoscaledWorld(replicas: 3, memory: [67 * mi - 1])
    auto.run(for: 16)
    #expect(auto.replicas == 3)
    #expect(auto.decision?.metrics[0].isWithinTolerance == true)
    #expect(auto.decision?.metrics[0].scalesUpAboveMilli == 67 * mi * 1000)
    auto.memory = [67 * mi]
    auto.run(for: 15)
    #expect(auto.replicas == 4)
  }

  @Test("a tolerance of its own in behavior replaces the 10 % of that direction")
  func ownTolerance() throws {
    var auto = try AutoscaledWorld(replicas: 3, memory: [67 * mi], more: #""behavior":{"scaleUp":{"tolerance":"0.5"}},"#)
    auto.run(for: 16)
    #expect(auto.replicas == 3)
    auto.memory = [91 * mi]
    auto.run(for: 15)
    #expect(auto.replicas == 5)
  }

  @Test("scaling down waits until the highest recommendation of the last 300 s has gone")
  func downscaleWindow() throws {
    var auto = try AutoscaledWorld(replicas: 4, memory: [60 * mi])
    auto.run(for: 31)
    auto.memory = [1 * mi]
    auto.run(for: 290)
    #expect(auto.replicas == 4)
    #expect(auto.condition("AbleToScale") == "True ScaleDownStabilized")
    #expect(auto.decision?.stabilizedUntil == World.start + .milliseconds(330_090))
    auto.run(for: 15)
    #expect(auto.replicas == 1)
    #expect(auto.world.events.contains("SuccessfulRescale web: New size: 1; reason: All metrics below target"))
  }

  @Test("without behavior a step is at most to the larger of 4 and twice the count")
  func upscaleCap() throws {
    var auto = try AutoscaledWorld(replicas: 1, memory: [900 * mi], max: 20)
    auto.run(for: 16)
    #expect(auto.replicas == 4)
    #expect(auto.condition("ScalingLimited") == "True ScaleUpLimit")
    auto.run(for: 15)
    #expect(auto.replicas == 8)
    auto.run(for: 30)
    #expect(auto.replicas == 20)
    #expect(auto.condition("ScalingLimited") == "True TooManyReplicas")
  }

  @Test("minReplicas holds the count and says so")
  func leastReplicas() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [1 * mi], min: 2)
    auto.run(for: 400)
    #expect(auto.replicas == 2)
    #expect(auto.condition("ScalingLimited") == "True TooFewReplicas")
  }

  @Test(
    "a count outside minReplicas and maxReplicas is corrected without asking the metrics",
    arguments: [(12, 10, "above Spec.MaxReplicas"), (1, 3, "below Spec.MinReplicas")])
  func outsideRange(_ replicas: Int, _ corrected: Int, _ words: String) throws {
    var auto = try AutoscaledWorld(replicas: replicas, memory: [nil], min: 3)
    auto.run(for: 16)
    #expect(auto.replicas == corrected)
    #expect(
      auto.world.events.contains("SuccessfulRescale web: New size: \(corrected); reason: Current number of replicas \(words)"))
    #expect(auto.condition("ScalingActive") == nil)
  }

  @Test("a target that was scaled to 0 by hand stays there")
  func scalingDisabled() throws {
    var auto = try AutoscaledWorld(replicas: 0, memory: [nil])
    auto.run(for: 40)
    #expect(auto.replicas == 0)
    #expect(auto.condition("ScalingActive") == "False ScalingDisabled")
  }
}

@Suite("HorizontalPodAutoscaler: pods without a usable sample")
struct AutoscalerPodTests {
  @Test("missing pods are taken at 100 % of the request when scaling down, so that fewer pods go")
  func missingWhenDown() throws {
    // 3 pods at 10 %, one missing: (30 + 100) / 4 = 32 % of 60 asks for 3 instead of 1.
    var auto = try AutoscaledWorld(replicas: 4, memory: [10 * mi, 10 * mi, 10 * mi, nil])
    auto.run(for: 330)
    #expect(auto.replicas == 3)
    let metric = try #require(auto.decision?.metrics.first)
    #expect(metric.pods.map(\.state).contains(.missing) || auto.world.store.count(.pods) == 3)
  }

  @Test("missing pods are taken at 0 when scaling up; if that turns the direction nothing changes")
  func missingWhenUp() throws {
    var auto = try AutoscaledWorld(replicas: 4, memory: [90 * mi, nil, nil, nil])
    auto.run(for: 16)
    #expect(auto.replicas == 4)
    let metric = try #require(auto.decision?.metrics.first)
    #expect(metric.ratio == 1.5)
    #expect(metric.assumedRatio < 1)
    #expect(metric.pods.map(\.state) == [.counted, .missing, .missing, .missing])
  }

  @Test("no sample at all: nothing changes, and condition and events say why")
  func noSample() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [nil])
    auto.run(for: 16)
    #expect(auto.replicas == 2)
    #expect(auto.condition("ScalingActive") == "False FailedGetResourceMetric")
    #expect(auto.condition("AbleToScale") == "True SucceededGetScale")
    #expect(auto.world.reasons.contains("FailedGetResourceMetric"))
    #expect(auto.world.reasons.contains("FailedComputeMetricsReplicas"))
  }

  @Test("a container without the request fails the metric and names container, pod and field")
  func noRequest() throws {
    let cpu =
      #"[{"type":"Resource","resource":{"name":"hugepages-2Mi","target":{"type":"Utilization","averageUtilization":60}}}]"#
    var auto = try AutoscaledWorld(replicas: 1, memory: [mi], metrics: cpu)
    auto.run(for: 16)
    let message = try #require(auto.status.conditions.first { $0.type == "ScalingActive" }?.message)
    #expect(message.contains("container main of pod web-"))
    #expect(message.contains("resources.requests.hugepages-2Mi"))
  }

  @Test("a pod that is not ready counts for memory, but is set aside for cpu while it starts")
  func unreadyForCPU() throws {
    let metrics = #"[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}]"#
    var auto = try AutoscaledWorld(replicas: 2, memory: [100 * mi], metrics: metrics)
    auto.cpu = [100, 100]
    auto.run(for: 1)
    let name = auto.world.names(.pods)[1]
    auto.world.setPod(name, phase: "Running", isReady: false)
    auto.run(for: 16)
    // One ready pod at 100 %, the other taken at 0: 50 %, on target.
    #expect(auto.replicas == 2)
    #expect(auto.decision?.metrics[0].pods.map(\.state) == [.counted, .unready])
    auto.world.setPod(name, phase: "Running", isReady: true)
    auto.run(for: 15)
    #expect(auto.replicas == 4)
  }

  @Test("pods that are being deleted or have failed are left out")
  func ignored() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [60 * mi])
    auto.run(for: 1)
    let name = auto.world.names(.pods)[0]
    auto.world.setPod(name, phase: "Failed", isReady: false)
    auto.run(for: 16)
    #expect(auto.decision?.metrics[0].pods.first { $0.name == name }?.state == .ignored)
    #expect(auto.replicas == 2)
  }
}

@Suite("HorizontalPodAutoscaler: several metrics and other trouble")
struct AutoscalerMetricTests {
  private static let both = """
    [{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},
     {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"50Mi"}}}]
    """

  @Test("the metric that wants most wins")
  func largestWins() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [80 * mi], metrics: Self.both)
    auto.cpu = [60]
    auto.run(for: 16)
    #expect(auto.replicas == 4)
    #expect(auto.world.events.contains("SuccessfulRescale web: New size: 4; reason: memory resource above target"))
    #expect(auto.status.currentMetrics.map { $0.resource.name ?? "" } == ["cpu", "memory"])
  }

  @Test("a failing metric forbids scaling down, not up, and keeps its place in the status")
  func failingMetric() throws {
    var auto = try AutoscaledWorld(replicas: 3, memory: [10 * mi], metrics: Self.both)
    auto.run(for: 400)
    #expect(auto.replicas == 3)
    #expect(auto.condition("ScalingActive") == "False FailedGetResourceMetric")
    auto.memory = [100 * mi]
    auto.run(for: 15)
    #expect(auto.replicas == 6)
    #expect(auto.status.currentMetrics.map { $0.resource.name ?? "-" } == ["-", "memory"])
  }

  @Test("a metric of one container counts that container only, and says which is missing")
  func containerResource() throws {
    func metric(_ container: String) -> String {
      #"[{"type":"ContainerResource","containerResource":{"name":"memory","container":"\#(container)","target":{"type":"Utilization","averageUtilization":60}}}]"#
    }
    var auto = try AutoscaledWorld(replicas: 1, memory: [90 * mi], metrics: metric("main"))
    auto.run(for: 16)
    #expect(auto.replicas == 2)
    #expect(auto.status.currentMetrics.first?.containerResource.container == "main")
    var wrong = try AutoscaledWorld(replicas: 1, memory: [90 * mi], metrics: metric("sidecar"))
    wrong.run(for: 16)
    #expect(wrong.condition("ScalingActive") == "False FailedGetContainerResourceMetric")
  }

  @Test("sources that nothing serves fail under their own reasons", arguments: ["Pods", "Object", "External"])
  func foreignSources(_ type: String) throws {
    let field = type.lowercased()
    let metrics =
      #"[{"type":"\#(type)","\#(field)":{"metric":{"name":"queue"},"target":{"type":"AverageValue","averageValue":"1"}}}]"#
    var auto = try AutoscaledWorld(replicas: 1, memory: [mi], metrics: metrics)
    auto.run(for: 16)
    #expect(auto.condition("ScalingActive") == "False FailedGet\(type)Metric")
  }

  @Test("two autoscalers on the same pods: neither scales, and each names the other")
  func ambiguous() throws {
    var auto = try AutoscaledWorld(replicas: 2, memory: [200 * mi])
    try auto.world.add(
      .horizontalPodAutoscalers, AutoscaledWorld.autoscaler("second", metrics: AutoscaledWorld.memory60, min: 1, max: 5, more: "")
    )
    auto.run(for: 46)
    #expect(auto.condition("ScalingActive") == "False AmbiguousSelector")
    #expect(auto.world.events.contains { $0.hasPrefix("AmbiguousSelector second:") && $0.contains("\"web\"") })
    let count = auto.replicas
    try auto.world.delete(.horizontalPodAutoscalers, "second")
    auto.run(for: 16)
    #expect(auto.replicas > count)
  }

  @Test("a target that is not there is told, and found once it is made")
  func missingTarget() throws {
    var auto = try AutoscaledWorld(replicas: 1, memory: [60 * mi])
    try auto.world.patch(.horizontalPodAutoscalers, "web", #"{"spec":{"scaleTargetRef":{"name":"later"}}}"#)
    auto.run(for: 16)
    #expect(auto.condition("AbleToScale") == "False FailedGetScale")
    #expect(auto.world.reasons.contains("FailedGetScale"))
    try auto.world.patch(.horizontalPodAutoscalers, "web", #"{"spec":{"scaleTargetRef":{"name":"web"}}}"#)
    auto.run(for: 15)
    #expect(auto.condition("AbleToScale") == "True ReadyForNewScale")
  }

  @Test("a refused rescale is told as FailedUpdateScale, uses up no policy and is tried again")
  func refusedRescale() throws {
    let rules = #""behavior":{"scaleUp":{"policies":[{"type":"Pods","value":1,"periodSeconds":60}]}},"#
    var auto = try AutoscaledWorld(replicas: 1, memory: [90 * mi], more: rules)
    auto.world.refuse = { if case .patch(_, "scale", _) = $0 { "Forbidden" } else { nil } }
    auto.run(for: 17)
    #expect(auto.replicas == 1)
    #expect(auto.condition("AbleToScale") == "False FailedUpdateScale")
    #expect(auto.world.reasons.contains("FailedRescale"))
    auto.world.refuse = nil
    auto.run(for: 15)
    #expect(auto.replicas == 2)
  }

  @Test("policies: percentages up round up, Min takes the smaller step, Disabled forbids the direction")
  func policies() throws {
    let rules = """
      "behavior":{"scaleUp":{"selectPolicy":"Min","policies":[{"type":"Percent","value":10,"periodSeconds":15},{"type":"Pods","value":4,"periodSeconds":15}]},
       "scaleDown":{"selectPolicy":"Disabled"}},
      """
    var auto = try AutoscaledWorld(replicas: 5, memory: [90 * mi], more: rules)
    auto.run(for: 16)
    #expect(auto.replicas == 6)  // 5.5, rounded up
    #expect(auto.condition("ScalingLimited") == "True ScaleUpLimit")
    auto.memory = [1 * mi]
    auto.run(for: 700)
    #expect(auto.replicas == 6)
    #expect(auto.condition("ScalingLimited") == "True ScaleDownLimit")
  }

  @Test("an upward window takes the lowest recommendation in it, so that a short peak scales nothing")
  func upwardWindow() throws {
    var auto = try AutoscaledWorld(
      replicas: 2, memory: [60 * mi], more: #""behavior":{"scaleUp":{"stabilizationWindowSeconds":60}},"#)
    auto.run(for: 31)
    auto.memory = [120 * mi]
    auto.run(for: 30)
    #expect(auto.replicas == 2)
    #expect(auto.condition("AbleToScale") == "True ScaleUpStabilized")
    auto.memory = [60 * mi]
    auto.run(for: 60)
    #expect(auto.replicas == 2)
  }
}
