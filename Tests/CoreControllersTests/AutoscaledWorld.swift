import CoreControllers
import CoreObjects

/// An autoscaler on a ReplicaSet of ready pods, whose usage the tests set.
struct AutoscaledWorld {
  var world: World
  /// Usage of each pod, bytes and millicores; nil: no sample.
  var memory: [Int64?]
  var cpu: [Int64?] = []
  private var counters: [String: Int64] = [:]

  static let memory60 =
    #"[{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}}]"#

  init(
    replicas: Int, memory: [Int64?], metrics: String = memory60, min: Int = 1, max: Int = 10, more: String = "",
    request: String = "100Mi", controller: HorizontalPodAutoscalerController = HorizontalPodAutoscalerController()
  ) throws {
    world = World(ReplicaSetController.replicaSets, controller, startup: 0)
    self.memory = memory
    try world.add(
      .replicaSets,
      """
      {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web"},"spec":{"replicas":\(replicas),
       "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
       "spec":{"containers":[{"name":"main","resources":{"requests":{"memory":"\(request)","cpu":"100m"}}}]}}}}
      """)
    try world.add(.horizontalPodAutoscalers, Self.autoscaler("web", metrics: metrics, min: min, max: max, more: more))
  }

  static func autoscaler(_ name: String, metrics: String, min: Int, max: Int, more: String, target: String = "web") -> String {
    """
    {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"\(name)"},"spec":{"minReplicas":\(min),"maxReplicas":\(max),
     "scaleTargetRef":{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"\(target)"},\(more)"metrics":\(metrics)}}
    """
  }

  /// Second by second, with a scrape in each.
  mutating func run(for seconds: Int) {
    for _ in 0..<seconds {
      scrape()
      world.run(for: 1)
    }
  }

  private mutating func scrape() {
    var samples: [UsageSample] = []
    for (index, pod) in world.store.list(.pods).enumerated() {
      let usage = memory.isEmpty ? nil : memory[Swift.min(index, memory.count - 1)]
      guard let bytes = usage else { continue }
      let millicores = cpu.isEmpty ? nil : cpu[Swift.min(index, cpu.count - 1)]
      counters[pod.uid, default: 0] += (millicores ?? 0) * 1_000_000
      samples.append(
        UsageSample(
          node: "node-1", podUID: pod.uid, container: pod.view(Pod.self).spec.containers.first?.name ?? "main",
          containerID: pod.uid, at: world.now,
          startedAt: world.now - .seconds(12),
          cpuNanoseconds: millicores == nil ? -1 : counters[pod.uid]!, memoryUsage: bytes, inactiveFile: 0,
          activeFile: bytes / 4, anonymous: bytes - bytes / 4))
    }
    world.measure(samples)
  }

  var replicas: Int { world.get(.replicaSets, "web", as: ReplicaSet.self)?.spec.replicas ?? -1 }
  var status: HorizontalPodAutoscalerStatus {
    world.get(.horizontalPodAutoscalers, "web", as: HorizontalPodAutoscaler.self)!.status
  }
  func condition(_ type: String) -> String? {
    status.conditions.first { $0.type == type }.map { "\($0.status!) \($0.reason!)" }
  }
  var decision: Decision? {
    (world.controllers[1] as? HorizontalPodAutoscalerController)?.decisions(
      ObjectKey(.horizontalPodAutoscalers, namespace: "default", "web"), at: world.now
    ).last
  }
}
