import CoreControllers
import CoreObjects
import Testing

/// An autoscaler on a ReplicaSet whose pods tell numbers about themselves.
private struct TalkingWorld {
  var auto: AutoscaledWorld
  /// What each pod shows, in the order of their names; nil: its scrape fails. The last stands for all that follow.
  var shown: [[MetricSample]?]
  /// No pod is asked.
  var isSilent = false
  /// Series that belong to no pod.
  var external: [MetricSample] = []

  init(replicas: Int, _ shown: [[MetricSample]?], metrics: String, min: Int = 1, max: Int = 20, more: String = "") throws {
    auto = try AutoscaledWorld(replicas: replicas, memory: [nil], metrics: metrics, min: min, max: max, more: more)
    self.shown = shown
  }

  mutating func run(for seconds: Int) {
    for _ in 0..<seconds {
      var scrapes = [
        PodScrape(namespace: "default", pod: "", podUID: "", at: auto.world.now, .samples(external))
      ]
      for (index, pod) in auto.world.store.list(.pods).enumerated() where !isSilent && !shown.isEmpty {
        let samples = shown[Swift.min(index, shown.count - 1)]
        scrapes.append(
          PodScrape(
            namespace: "default", pod: pod.key.name, podUID: pod.uid, at: auto.world.now,
            samples.map { .samples($0) } ?? .failed("connection refused")))
      }
      auto.world.metrics.custom.add(scrapes)
      auto.world.run(for: 1)
    }
  }

  var replicas: Int { auto.replicas }
  var message: String { auto.status.conditions.first { $0.type == "ScalingActive" }?.message ?? "" }
}

private func queue(_ value: Double, _ labels: TextMap = TextMap([:])) -> [MetricSample] {
  [MetricSample("queue", labels, value: value)]
}

private func pods(_ target: String, selector: String = "") -> String {
  #"[{"type":"Pods","pods":{"metric":{"name":"queue"\#(selector)},"target":{"type":"AverageValue","averageValue":"\#(target)"}}}]"#
}

private func object(_ kind: String, _ name: String, _ target: String, selector: String = "") -> String {
  #"[{"type":"Object","object":{"describedObject":{"apiVersion":"v1","kind":"\#(kind)","name":"\#(name)"},"metric":{"name":"queue"\#(selector)},"target":\#(target)}}]"#
}

private func external(_ target: String, selector: String = "") -> String {
  #"[{"type":"External","external":{"metric":{"name":"queue"\#(selector)},"target":\#(target)}}]"#
}

private let web = TextMap(["service": "web"])
private let mail = #","selector":{"matchLabels":{"kind":"mail"}}"#

@Suite("HorizontalPodAutoscaler: metrics of the pods")
struct PodsMetricTests {
  @Test("the average over the pods against the target; status and event name the metric")
  func average() throws {
    var world = try TalkingWorld(replicas: 2, [queue(20), queue(10)], metrics: pods("10"))
    world.run(for: 16)
    // 15 on average against 10: half as many again.
    #expect(world.replicas == 3)
    #expect(world.auto.world.events.contains("SuccessfulRescale web: New size: 3; reason: pods metric queue above target"))
    #expect(world.auto.condition("ScalingActive") == "True ValidMetricFound")
    let metric = try #require(world.auto.status.currentMetrics.first)
    #expect(metric.type == "Pods")
    #expect(metric.pods.metric.name == "queue")
    #expect(metric.pods.current.averageValue == "15")
    #expect(metric.tree[.resource].isNull)
  }

  @Test("thousandths count: 500m against 250m doubles the pods, and is told as 500m")
  func thousandths() throws {
    var world = try TalkingWorld(replicas: 2, [queue(0.5)], metrics: pods("250m"))
    world.run(for: 16)
    #expect(world.replicas == 4)
    #expect(world.auto.status.currentMetrics.first?.pods.current.averageValue == "500m")
  }

  @Test("a ratio within the tolerance changes nothing", arguments: [(10.9, 4), (11.1, 5), (9.1, 4)])
  func tolerance(_ value: Double, _ replicas: Int) throws {
    var world = try TalkingWorld(replicas: 4, [queue(value)], metrics: pods("10"))
    world.run(for: 16)
    #expect(world.replicas == replicas)
    #expect(world.auto.decision?.metrics[0].isWithinTolerance == (replicas == 4))
  }

  @Test("scaling down waits for its window, as with every metric")
  func down() throws {
    var world = try TalkingWorld(replicas: 4, [queue(1)], metrics: pods("10"))
    world.run(for: 290)
    #expect(world.replicas == 4)
    world.run(for: 40)
    #expect(world.replicas == 1)
  }

  @Test("a pod without the metric is taken at 0 when scaling up, so that fewer come")
  func missingWhenUp() throws {
    // 3 pods at 20 and one at 0: 15 on average instead of 20.
    var world = try TalkingWorld(replicas: 4, [queue(20), queue(20), queue(20), nil], metrics: pods("10"))
    world.run(for: 16)
    #expect(world.replicas == 6)
    #expect(world.auto.decision?.metrics[0].pods.filter { $0.state == .missing }.map(\.assumedMilli) == [0])
  }

  @Test("a pod without the metric is taken at the target when scaling down, so that fewer go")
  func missingWhenDown() throws {
    let behavior = #""behavior":{"scaleDown":{"stabilizationWindowSeconds":0}},"#
    var world = try TalkingWorld(replicas: 4, [queue(1), queue(1), queue(1), nil], metrics: pods("10"), more: behavior)
    world.run(for: 16)
    // (3 + 10) / 40 of 4 pods: 2 instead of 1.
    #expect(world.replicas == 2)
    #expect(world.auto.decision?.metrics[0].pods.compactMap(\.assumedMilli) == [10_000])
  }

  @Test("where the assumption for missing pods turns the direction round, nothing changes")
  func flip() throws {
    // 13 of 10 asks for more; with the missing two at 0 it is 6.5 of 10.
    var world = try TalkingWorld(replicas: 4, [queue(13), queue(13), nil], metrics: pods("10"))
    world.run(for: 16)
    #expect(world.replicas == 4)
    #expect(world.auto.decision?.metrics[0].ratio == 1.3)
    #expect(world.auto.decision?.metrics[0].assumedRatio == 0.65)
  }

  @Test("pending pods are set aside, and taken at 0 when scaling up; a pod that runs and is not ready counts")
  func pending() throws {
    var world = try TalkingWorld(replicas: 4, [queue(30)], metrics: pods("10"))
    world.run(for: 1)
    let names = world.auto.world.store.list(.pods).map(\.key.name)
    try world.auto.world.patch(.pods, names[0], #"{"status":{"phase":"Pending"}}"#)
    try world.auto.world.patch(.pods, names[1], #"{"status":{"conditions":[{"type":"Ready","status":"False"}]}}"#)
    world.run(for: 15)
    let states = world.auto.decision?.metrics[0].pods.map(\.state)
    #expect(states == [.unready, .counted, .counted, .counted])
    // 90 / 4 = 22.5 of 10, of 4 pods: 9, stopped by the cap at 8.
    #expect(world.auto.decision?.recommended == 9)
    #expect(world.replicas == 8)
  }

  @Test("a selector chooses among the series of each pod; the rest of them do not count")
  func selector() throws {
    let series = queue(30, TextMap(["kind": "mail"])) + queue(500, TextMap(["kind": "print"]))
    var world = try TalkingWorld(replicas: 1, [series], metrics: pods("10", selector: mail))
    world.run(for: 16)
    #expect(world.replicas == 3)
    #expect(world.auto.status.currentMetrics.first?.pods.metric.selector.matchLabels["kind"] == "mail")
  }

  @Test("series of a pod without a selector are summed")
  func summed() throws {
    let series = queue(5, TextMap(["kind": "mail"])) + queue(15, TextMap(["kind": "print"]))
    var world = try TalkingWorld(replicas: 1, [series], metrics: pods("10"))
    world.run(for: 16)
    #expect(world.replicas == 2)
  }

  @Test("no pod is asked: the message names the annotation")
  func noAnnotation() throws {
    var world = try TalkingWorld(replicas: 2, [queue(1)], metrics: pods("10"))
    world.isSilent = true
    world.run(for: 16)
    #expect(world.replicas == 2)
    #expect(world.auto.condition("ScalingActive") == "False FailedGetPodsMetric")
    #expect(world.message.contains("prometheus.io/scrape"))
    #expect(world.auto.world.reasons.contains("FailedComputeMetricsReplicas"))
    #expect(world.auto.status.currentMetrics.first?.pods.isAbsent == true)
  }

  @Test("no such series, a selector that matches none, a scrape that fails: each is told as what it is")
  func causes() throws {
    var unnamed = try TalkingWorld(replicas: 1, [[MetricSample("other", value: 1)]], metrics: pods("10"))
    try unnamed.auto.world.patch(.replicaSets, "web", #"{"metadata":{"annotations":{"a":"b"}}}"#)
    unnamed.run(for: 1)
    let pod = unnamed.auto.world.store.list(.pods)[0].key.name
    try unnamed.auto.world.patch(.pods, pod, #"{"metadata":{"annotations":{"prometheus.io/scrape":"true"}}}"#)
    unnamed.run(for: 15)
    #expect(unnamed.message.contains("shows a series named \"queue\""))
    var unmatched = try TalkingWorld(replicas: 1, [queue(1)], metrics: pods("10", selector: mail))
    unmatched.run(for: 16)
    #expect(unmatched.message.contains("matches the selector \"kind=mail\""))
    var failing = try TalkingWorld(replicas: 1, [nil], metrics: pods("10"))
    failing.run(for: 16)
    #expect(failing.message.contains("connection refused"))
    #expect(failing.auto.condition("ScalingActive") == "False FailedGetPodsMetric")
  }

  @Test("of several metrics the largest count wins; one that fails forbids going down, and not up")
  func several() throws {
    let both =
      #"[{"type":"Pods","pods":{"metric":{"name":"gone"},"target":{"type":"AverageValue","averageValue":"1"}}},"#
      + pods("10").dropFirst()
    let behavior = #""behavior":{"scaleDown":{"stabilizationWindowSeconds":0}},"#
    var world = try TalkingWorld(replicas: 2, [queue(20)], metrics: both, more: behavior)
    world.run(for: 16)
    #expect(world.replicas == 4)
    #expect(world.auto.condition("ScalingActive") == "True ValidMetricFound")
    #expect(world.auto.world.reasons.contains("FailedGetPodsMetric"))
    world.shown = [queue(1)]
    world.run(for: 30)
    #expect(world.replicas == 4)
    #expect(world.auto.condition("ScalingActive") == "False FailedGetPodsMetric")
    #expect(world.auto.status.currentMetrics.count == 2)
    world.shown = [queue(1) + [MetricSample("gone", value: 3)]]
    world.run(for: 15)
    #expect(world.auto.decision?.recommended == 12, "the first metric asks for 3 times as many")
    #expect(world.replicas == 8, "stopped by the default policies")
  }
}

@Suite("HorizontalPodAutoscaler: metrics of objects and from outside")
struct ObjectMetricTests {
  private static let value10 = #"{"type":"Value","value":"10"}"#
  private static let average10 = #"{"type":"AverageValue","averageValue":"10"}"#

  @Test("a value of an object is held against the ready pods")
  func objectValue() throws {
    var world = try TalkingWorld(replicas: 2, [queue(15, web)], metrics: object("Service", "web", Self.value10))
    world.run(for: 1)
    let unready = world.auto.world.store.list(.pods)[0].key.name
    world.run(for: 15)
    // 30 of 10: three times the 2 ready pods, stopped by the cap.
    #expect(world.auto.decision?.recommended == 6)
    let metric = try #require(world.auto.status.currentMetrics.first)
    #expect(metric.object.current.value == "30")
    #expect(metric.object.describedObject.name == "web")
    #expect(metric.object.current.averageValue == nil)
    #expect(world.auto.world.events.contains { $0.contains("reason: Service metric queue above target") })
    try world.auto.world.patch(.pods, unready, #"{"status":{"conditions":[{"type":"Ready","status":"False"}]}}"#)
    world.shown = [queue(5, web)]
    let before = world.replicas
    world.run(for: 15)
    // before × 5 of 10, times the ready pods, one of which is not.
    #expect(world.auto.decision?.recommended == (before * 5 * (before - 1) + 9) / 10)
  }

  @Test("an average of an object is its sum shared out among the replicas in the status")
  func objectAverage() throws {
    var world = try TalkingWorld(replicas: 2, [queue(17.5, web)], metrics: object("Service", "web", Self.average10))
    world.run(for: 16)
    // 35 of 10 for each: 4.
    #expect(world.replicas == 4)
    #expect(world.auto.status.currentMetrics.first?.object.current.averageValue == "17500m")
    #expect(world.auto.status.currentMetrics.first?.object.current.value == nil)
  }

  @Test("within the tolerance neither form changes the count", arguments: [value10, average10])
  func tolerance(_ target: String) throws {
    let isValue = target == Self.value10
    var world = try TalkingWorld(replicas: 2, [queue(isValue ? 5.4 : 10.8, web)], metrics: object("Service", "web", target))
    world.run(for: 16)
    #expect(world.replicas == 2)
    #expect(world.auto.decision?.metrics[0].isWithinTolerance == true)
  }

  @Test("an object without series is told with the label that would tie one to it")
  func unknownObject() throws {
    var world = try TalkingWorld(replicas: 1, [queue(30, web)], metrics: object("Ingress", "shop", Self.value10))
    world.run(for: 16)
    #expect(world.auto.condition("ScalingActive") == "False FailedGetObjectMetric")
    #expect(world.message.contains("ingress=\"shop\""))
    world.shown = [queue(30, TextMap(["ingress": "shop"]))]
    world.run(for: 15)
    #expect(world.replicas == 3)
    world.shown = []
    world.run(for: 15)
    #expect(world.message.contains("shows a series named \"queue\""))
  }

  @Test("a namespace has all series of the name")
  func namespace() throws {
    let series = queue(10, web) + queue(20)
    var world = try TalkingWorld(replicas: 1, [series], metrics: object("Namespace", "default", Self.value10))
    world.run(for: 16)
    #expect(world.replicas == 3)
  }

  @Test("external metrics are the sum of the series that the selector matches, as a value or for each pod")
  func external() throws {
    for (target, replicas) in [(Self.value10, 8), (Self.average10, 4)] {
      var world = try TalkingWorld(replicas: 2, [], metrics: CoreControllersTests.external(target, selector: mail), max: 8)
      world.external = queue(25, TextMap(["kind": "mail"])) + queue(15, TextMap(["kind": "mail", "a": "b"])) + queue(99)
      world.run(for: 16)
      #expect(world.auto.decision?.recommended == replicas)
      let current = try #require(world.auto.status.currentMetrics.first).external.current
      #expect(current.value == (target == Self.value10 ? "40" : nil))
      #expect(current.averageValue == (target == Self.value10 ? nil : "20"))
    }
  }

  @Test("an external metric that nothing shows is told, and found once it is there")
  func unknownExternal() throws {
    var world = try TalkingWorld(replicas: 1, [], metrics: CoreControllersTests.external(Self.average10))
    world.run(for: 16)
    #expect(world.auto.condition("ScalingActive") == "False FailedGetExternalMetric")
    #expect(world.auto.world.reasons.contains("FailedGetExternalMetric"))
    world.external = queue(25)
    world.run(for: 15)
    #expect(world.replicas == 3)
    #expect(
      world.auto.world.events.contains("SuccessfulRescale web: New size: 3; reason: external metric queue(nil) above target"))
  }

  @Test("numbers beyond all sense end at the limits of the autoscaler")
  func extremes() throws {
    for target in [Self.value10, Self.average10] {
      var world = try TalkingWorld(replicas: 1, [], metrics: CoreControllersTests.external(target), max: 4)
      world.external = queue(1e300)
      world.run(for: 16)
      #expect(world.replicas == 4)
      #expect(world.auto.decision?.reason.isEmpty == false)
      world.external = queue(-1e300)
      world.run(for: 340)
      #expect(world.replicas == 1)
    }
  }

  @Test("the explanation tells the whole, the target and what would scale")
  func explanation() throws {
    var world = try TalkingWorld(replicas: 2, [queue(5, web)], metrics: object("Service", "web", Self.value10))
    world.run(for: 16)
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: "default", "web")
    let stored = try #require(world.auto.world.store.get(key))
    let decision = try #require(world.auto.decision)
    let lines = Explanation(stored, [decision], world.auto.world.store).lines
    #expect(lines.contains("    10 in all; target 10"))
    #expect(lines.contains("  scales up when the value passes 11"))
  }
}
