import CoreControllers
import CoreObjects
import Testing

@Suite("What wavetank explain says") struct ExplanationTests {
  private func explain(_ world: AutoscaledWorld, _ name: String = "web") throws -> Explanation {
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: "default", name)
    let stored = try #require(world.world.store.get(key))
    let controller = world.world.controllers[1] as? HorizontalPodAutoscalerController
    return Explanation(stored, controller?.decisions(key, at: world.world.now) ?? [], world.world.store)
  }

  private func text(_ world: AutoscaledWorld) throws -> String { try explain(world).lines.joined(separator: "\n") }

  @Test("every pod's usage, the average, the ratio and the next thresholds are told")
  func terms() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [40 << 20, 44 << 20])
    world.run(for: 40)
    let text = try text(world)
    #expect(text.contains("scales ReplicaSet/web between 1 and 10 replicas"), "\(text)")
    #expect(text.contains("40Mi of 100Mi requested, 40% (anonymous 30Mi, active file pages 10Mi"), "\(text)")
    #expect(text.contains("average 42Mi, 42% of the requests; target 60%"), "\(text)")
    #expect(text.contains("ratio 0.7; from 0.9 to 1.1 nothing changes"), "\(text)")
    // 60 % + 10 % is 66 %: the next whole percent scales up. Two pods become one below half of 60 %.
    #expect(text.contains("scales up when the average passes 67Mi"), "\(text)")
    #expect(text.contains("scales down when the average is below 30Mi"), "\(text)")
  }

  @Test("a window that holds a recommendation is told with its end")
  func window() throws {
    var world = try AutoscaledWorld(replicas: 3, memory: [60 << 20])
    world.run(for: 40)
    world.memory = [5 << 20]
    world.run(for: 60)
    let text = try text(world)
    #expect(text.contains("ScaleDownStabilized: a recommendation within the stabilization window keeps 3, until 20"), "\(text)")
    #expect(text.contains("and not before 20"), "\(text)")
  }

  @Test("the limits of the spec are told as what they are")
  func limits() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [90 << 20], max: 2)
    world.run(for: 40)
    let text = try text(world)
    #expect(text.contains("TooManyReplicas: no further than 2"), "\(text)")
    #expect(text.contains("does not scale up: 2 replicas are maxReplicas"), "\(text)")
  }

  @Test("a pod without a sample is set aside by name, and an unknown target is explained")
  func unknown() throws {
    var world = try AutoscaledWorld(replicas: 1, memory: [nil])
    world.run(for: 40)
    let text = try text(world)
    #expect(text.contains("set aside: it has no sample"), "\(text)")
    #expect(text.contains("<unknown> until a running pod has been measured"), "\(text)")
  }

  @Test("what is assumed for a pod without a sample does not turn the direction round, and it is not called tolerance")
  func reversed() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [72 << 20, nil])
    world.run(for: 40)
    let text = try text(world)
    #expect(text.contains("the ratio is 0.6"), "\(text)")
    #expect(text.contains("that would turn the direction round: asks for what there is, 2"), "\(text)")
    #expect(!text.contains("within the tolerance"), "\(text)")
    let metric = try explain(world).tree["decisions"].elements.last?["metrics"][0] ?? .null
    #expect(metric["reversed"].bool == true && metric["withinTolerance"].bool == false, "\(metric)")
  }

  @Test("missing requests are named as the cause")
  func requests() throws {
    var world = try AutoscaledWorld(
      replicas: 1, memory: [50 << 20],
      metrics: #"[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":60}}}]"#,
      request: "100Mi")
    try world.world.add(
      .replicaSets,
      #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"bare"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"bare"}},"#
        + #""template":{"metadata":{"labels":{"app":"bare"}},"spec":{"containers":[{"name":"main"}]}}}}"#)
    try world.world.add(
      .horizontalPodAutoscalers,
      AutoscaledWorld.autoscaler("bare", metrics: AutoscaledWorld.memory60, min: 1, max: 3, more: "", target: "bare"))
    world.run(for: 40)
    let text = try explain(world, "bare").lines.joined(separator: "\n")
    #expect(text.contains("give every container of the pods a request"), "\(text)")
  }

  @Test("a second autoscaler on the same workload and replicas in the applied manifest are pointed out")
  func rivals() throws {
    var world = try AutoscaledWorld(replicas: 1, memory: [50 << 20])
    try world.world.add(
      .horizontalPodAutoscalers,
      AutoscaledWorld.autoscaler("other", metrics: AutoscaledWorld.memory60, min: 1, max: 3, more: ""))
    try world.world.add(
      .replicaSets,
      #"{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"applied","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"#
        + #""{\"spec\":{\"replicas\":1}}"}},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"applied"}},"#
        + #""template":{"metadata":{"labels":{"app":"applied"}},"spec":{"containers":[{"name":"main"}]}}}}"#)
    try world.world.add(
      .horizontalPodAutoscalers,
      AutoscaledWorld.autoscaler("applied", metrics: AutoscaledWorld.memory60, min: 1, max: 3, more: "", target: "applied"))
    world.run(for: 40)
    #expect(try text(world).contains("hpa other scales the same ReplicaSet"))
    #expect(try !text(world).contains("every kubectl apply"))
    #expect(try explain(world, "applied").lines.contains { $0.contains("every kubectl apply sets them back") })
  }

  @Test("the JSON has the decisions' terms and the same lines")
  func tree() throws {
    var world = try AutoscaledWorld(replicas: 2, memory: [40 << 20])
    world.run(for: 40)
    let explanation = try explain(world)
    let tree = explanation.tree
    let last = try #require(tree["decisions"].elements.last)
    #expect(last["current"] == 2 && last["desired"] == 2)
    #expect(last["metrics"].elements[0]["pods"].elements.count == 2)
    #expect(last["metrics"].elements[0]["utilization"] == 40)
    #expect(tree["lines"].elements.count == explanation.lines.count)
  }
}
