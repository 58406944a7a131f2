import CoreControllers
import CoreObjects
import Testing

/// An autoscaler whose metrics an adapter serves.
private struct AdaptedWorld {
  var auto: AutoscaledWorld
  /// What the adapter answers to whatever is asked; nil: nothing is asked.
  var answer: AdapterAnswer.Outcome?

  init(replicas: Int, metrics: String, group: String = MetricQuery.custom, versions: [(String, Int)] = [("v1beta1", 100)]) throws
  {
    auto = try AutoscaledWorld(replicas: replicas, memory: [nil], metrics: metrics, max: 20)
    for (version, priority) in versions {
      try auto.world.add(
        .apiServices,
        """
        {"metadata":{"name":"\(version).\(group)"},"spec":{"group":"\(group)","version":"\(version)",
         "versionPriority":\(priority),"service":{"name":"adapter","namespace":"default","port":443}}}
        """)
    }
    try auto.world.add(.services, #"{"metadata":{"name":"adapter"},"spec":{"ports":[{"port":443}]}}"#)
    try addSlice()
  }

  mutating func addSlice() throws {
    try auto.world.add(
      .endpointSlices,
      #"{"metadata":{"name":"adapter-1","labels":{"kubernetes.io/service-name":"adapter"}},"ports":[{"port":6443}],"#
        + #""endpoints":[{"addresses":["10.244.0.9"]}]}"#)
  }

  var questions: [(query: MetricQuery, backend: ServiceBackend)] {
    let controller = auto.world.controllers[1] as? HorizontalPodAutoscalerController
    return controller?.questions(in: Snapshot(store: auto.world.store, metrics: auto.world.metrics)) ?? []
  }

  mutating func run(for seconds: Int) {
    for _ in 0..<seconds {
      if let answer { auto.world.metrics.adapters.replace(with: questions.map { AdapterAnswer($0.query, answer) }) }
      auto.world.run(for: 1)
    }
  }

  mutating func pods(_ milli: [Int64?]) {
    let names = auto.world.names(.pods)
    answer = .values(
      zip(names, milli).compactMap { name, value in value.map { AdapterAnswer.Value(object: name, milli: $0) } })
  }

  static func value(_ milli: Int64) -> AdapterAnswer.Value { AdapterAnswer.Value(object: "", milli: milli) }
  var message: String { auto.status.conditions.first { $0.type == "ScalingActive" }?.message ?? "" }
}

@Suite("HorizontalPodAutoscaler: metrics of an adapter")
struct AdapterMetricTests {
  private static let pods =
    #"[{"type":"Pods","pods":{"metric":{"name":"queue"},"target":{"type":"AverageValue","averageValue":"10"}}}]"#
  private static let service =
    #"[{"type":"Object","object":{"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"#
    + #""metric":{"name":"queue"},"target":{"type":"Value","value":"10"}}}]"#
  private static let external =
    #"[{"type":"External","external":{"metric":{"name":"queue","selector":{"matchLabels":{"kind":"mail"}}},"#
    + #""target":{"type":"AverageValue","averageValue":"10"}}}]"#

  @Test("the average over the pods that the adapter tells of, and what is asked for it")
  func podsMetric() throws {
    var world = try AdaptedWorld(replicas: 2, metrics: Self.pods)
    #expect(
      world.questions.map(\.query.target)
        == ["/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/queue?labelSelector=app%3Dweb"])
    #expect(world.questions.first?.backend.addresses.map(\.port) == [6443])
    world.pods([20_000, 10_000])
    world.run(for: 16)
    #expect(world.auto.replicas == 3)
    #expect(world.auto.condition("ScalingActive") == "True ValidMetricFound")
    #expect(world.auto.status.currentMetrics.first?.pods.current.averageValue == "15")
  }

  @Test("a pod that the adapter does not tell of is missing: taken at 0 on the way up")
  func missing() throws {
    var world = try AdaptedWorld(replicas: 4, metrics: Self.pods)
    world.pods([20_000, 20_000, 20_000, nil])
    world.run(for: 16)
    #expect(world.auto.replicas == 6)
    #expect(world.auto.decision?.metrics[0].pods.filter { $0.state == .missing }.map(\.assumedMilli) == [0])
  }

  @Test("an object has one value, which is held against all ready pods")
  func object() throws {
    var world = try AdaptedWorld(replicas: 2, metrics: Self.service)
    world.answer = .values([AdaptedWorld.value(20_000)])
    world.run(for: 16)
    #expect(world.auto.replicas == 4)
    #expect(
      world.questions.map(\.query.target)
        == ["/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/services/front/queue"])
    world.answer = .values([AdaptedWorld.value(1), AdaptedWorld.value(2)])
    world.run(for: 16)
    #expect(world.auto.condition("ScalingActive") == "False FailedGetObjectMetric")
    #expect(world.message.contains("2 values where one object was asked for"))
  }

  @Test("values of an external metric are summed and shared out among the replicas")
  func external() throws {
    var world = try AdaptedWorld(replicas: 2, metrics: Self.external, group: MetricQuery.external)
    world.answer = .values([AdaptedWorld.value(20_000), AdaptedWorld.value(10_000)])
    world.run(for: 16)
    #expect(world.auto.replicas == 3)
    #expect(
      world.questions.map(\.query.target)
        == ["/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=kind%3Dmail"])
  }

  @Test(
    "a failure is told in condition, event and explanation, and keeps the count",
    arguments: [(pods, "FailedGetPodsMetric"), (service, "FailedGetObjectMetric")])
  func failure(_ metrics: String, _ reason: String) throws {
    var world = try AdaptedWorld(replicas: 2, metrics: metrics)
    world.answer = .failed("HTTP status 404: the server could not find the metric")
    world.run(for: 16)
    #expect(world.auto.replicas == 2)
    #expect(world.auto.condition("ScalingActive") == "False " + reason)
    #expect(world.message.contains("unable to fetch metrics from custom metrics API"))
    #expect(world.message.contains("could not find the metric"))
    #expect(world.auto.world.reasons.contains(reason))
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: "default", "web")
    let stored = try #require(world.auto.world.store.get(key))
    let lines = Explanation(stored, [try #require(world.auto.decision)], world.auto.world.store).lines.joined(separator: "\n")
    #expect(lines.contains("could not find the metric") && lines.contains("kubectl get apiservice"))
  }

  @Test("no values, no answer yet, an adapter without endpoints: each has its own words")
  func reasons() throws {
    var world = try AdaptedWorld(replicas: 2, metrics: Self.external, group: MetricQuery.external)
    world.answer = .values([])
    world.run(for: 16)
    #expect(world.message.contains("no metrics returned from external metrics API"))
    world.answer = nil
    world.auto.world.metrics.adapters.replace(with: [])
    world.run(for: 16)
    #expect(world.message.contains("has not been asked yet"))
    try world.auto.world.delete(.endpointSlices, "adapter-1")
    world.run(for: 16)
    #expect(world.message.contains("APIService v1beta1.external.metrics.k8s.io is not available: EndpointsNotFound"))
    #expect(world.auto.condition("ScalingActive") == "False FailedGetExternalMetric")
    #expect(world.questions.isEmpty)
  }

  @Test("of two versions the one of the higher priority is asked, v1beta2 where they are equal")
  func versions() throws {
    func version(_ priorities: [(String, Int)]) throws -> [String] {
      try AdaptedWorld(replicas: 1, metrics: Self.pods, versions: priorities).questions.map(\.query.version)
    }
    #expect(try version([("v1beta1", 100), ("v1beta2", 100)]) == ["v1beta2"])
    #expect(try version([("v1beta1", 200), ("v1beta2", 100)]) == ["v1beta1"])
    #expect(try version([("v1", 100)]) == [])
  }

  @Test("an adapter of one group leaves the metrics of the other to what pods tell")
  func otherGroup() throws {
    var world = try AdaptedWorld(replicas: 2, metrics: Self.pods, group: MetricQuery.external)
    #expect(world.questions.isEmpty)
    world.run(for: 16)
    #expect(world.message.contains("prometheus.io/scrape"))
  }
}
