import CoreAPI
import CoreControllers
import CoreEngine
import CoreObjects
import Simulation
import Testing

/// Autoscalers that rest while nothing changes must come to what they would have come to by looking every 15 s.
@Suite("Autoscalers at rest")
struct RestingAutoscalerTests {
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  /// Never lets an autoscaler rest: it is woken shortly before each of its looks.
  private struct Restless: Controller {
    var real: HorizontalPodAutoscalerController
    var name: String { real.name }
    var resources: Set<ResourceID>? { real.resources }

    mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
      real.keys(affectedBy: change, in: snapshot)
    }
    mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { real.keys(affectedByUsageOf: podUIDs) }
    mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
      var plan = real.plan(key, in: snapshot, at: now)
      let beat = HorizontalPodAutoscalerController.syncPeriod + HorizontalPodAutoscalerController.syncWork
      let rests = plan.wakeAt.map { $0 > now + beat } ?? true
      if rests, snapshot.store.get(key) != nil { plan.wakeAt = now + beat - .milliseconds(1) }
      return plan
    }
  }

  private static func cluster(_ seed: UInt64, rests: Bool) -> VirtualCluster {
    VirtualCluster(seed: seed, nodes: ["n0", "n1", "n2"], start: start) { controllers in
      controllers.map { controller in
        guard !rests, let real = controller as? HorizontalPodAutoscalerController else { return controller }
        return Restless(real: real)
      }
    }
  }

  // MARK: what happens

  private static let names = ["a", "b", "c", "d"]

  private static func workload(_ name: String, _ index: Int) -> JSON {
    let pod: JSON = [
      "metadata": ["labels": ["app": .string(name)]],
      "spec": [
        "terminationGracePeriodSeconds": 1,
        "containers": [
          [
            "name": "main", "image": .string("app-" + name),
            "resources": ["requests": ["memory": "100Mi", "cpu": "1m"]],
          ]
        ],
      ],
    ]
    return [
      "apiVersion": "apps/v1", "kind": index % 2 == 0 ? "StatefulSet" : "Deployment",
      "metadata": ["name": .string(name), "namespace": "default"],
      "spec": ["replicas": 2, "selector": ["matchLabels": ["app": .string(name)]], "template": pod],
    ]
  }

  private static func autoscaler(_ name: String, _ index: Int, least: Int64 = 1) -> JSON {
    let target: JSON = ["type": "Utilization", "averageUtilization": index == 3 ? 80 : 60]
    var spec: JSON = [
      "scaleTargetRef": [
        "apiVersion": "apps/v1", "kind": index % 2 == 0 ? "StatefulSet" : "Deployment", "name": .string(name),
      ],
      "minReplicas": .int(least), "maxReplicas": 6,
      "metrics": [["type": "Resource", "resource": ["name": index == 3 ? "cpu" : "memory", "target": target]]],
    ]
    if index == 1 {
      spec.put(
        .behavior,
        [
          "scaleUp": ["stabilizationWindowSeconds": 60, "policies": [["type": "Pods", "value": 1, "periodSeconds": 60]]],
          "scaleDown": ["stabilizationWindowSeconds": 120, "policies": [["type": "Percent", "value": 50, "periodSeconds": 45]]],
        ])
    }
    return [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": .string(name), "namespace": "default"], "spec": spec,
    ]
  }

  private static func send(_ cluster: inout VirtualCluster, _ method: String, _ path: String, _ body: JSON) {
    let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
    _ = cluster.request(method, path, contentType: type, body: body.encoded())
  }

  /// One thing that users or programs do, drawn from the seed.
  private static func happen(_ draw: inout RandomSource, _ cluster: inout VirtualCluster) {
    let index = draw.below(names.count)
    let name = names[index]
    let kind = index % 2 == 0 ? "statefulsets" : "deployments"
    let autoscalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    switch draw.below(12) {
    case 0...6: cluster.nodes.load("app-" + name, memoryBytes: Int64(20 + draw.below(160)) << 20)
    case 7:
      let pods = cluster.engine.store.list(.pods, namespace: "default")
      if !pods.isEmpty {
        send(&cluster, "DELETE", "/api/v1/namespaces/default/pods/\(pods[draw.below(pods.count)].key.name)", [:])
      }
    case 8:
      let spec: JSON = ["spec": ["replicas": .int(Int64(draw.below(5)))]]
      send(&cluster, "PATCH", "/apis/apps/v1/namespaces/default/\(kind)/\(name)", spec)
    case 9:
      send(&cluster, "PATCH", autoscalers + "/" + name, ["spec": ["minReplicas": .int(Int64(1 + draw.below(3)))]])
    case 10:
      // A rival of another one, and its end.
      send(&cluster, "POST", autoscalers, autoscaler(name, index).renamed("rival"))
    default: send(&cluster, "DELETE", autoscalers + "/rival", [:])
    }
  }

  /// What is there: all objects, and the last decision of every autoscaler.
  private static func picture(_ cluster: VirtualCluster) -> [String] {
    let store = cluster.engine.store
    let objects = [ResourceID.horizontalPodAutoscalers, .statefulSets, .deployments, .pods, .events].flatMap { store.list($0) }
    let controller =
      cluster.engine.controllers.lazy.compactMap { $0 as? HorizontalPodAutoscalerController ?? ($0 as? Restless)?.real }.first!
    return objects.map { String(decoding: $0.encoded, as: UTF8.self) }
      + store.list(.horizontalPodAutoscalers).map { stored in
        let last = controller.decisions(stored.key, at: cluster.now).last
        return "\(stored.key.name) \(last?.at.rfc3339 ?? "") \(last?.reason ?? "")"
      }
  }

  @Test(
    "an hour of loads, losses and changed minds ends in the same objects as without rest",
    arguments: 1...12 as ClosedRange<UInt64>)
  func sameHour(_ seed: UInt64) {
    var draw = RandomSource(seed: seed &* 7919)
    var clusters = [Self.cluster(seed, rests: true), Self.cluster(seed, rests: false)]
    for index in clusters.indices {
      for name in Self.names { clusters[index].nodes.programs["app-" + name] = .idle(memoryBytes: 55 << 20) }
      clusters[index].run(until: Self.start + .seconds(3))
      for (place, name) in Self.names.enumerated() {
        // Looks at one instant come in the order in which they were asked for, which rest changes; so each has its own instants.
        clusters[index].run(until: Self.start + .milliseconds(3000 + 1700 * place))
        Self.send(
          &clusters[index], "POST",
          "/apis/apps/v1/namespaces/default/" + (place % 2 == 0 ? "statefulsets" : "deployments"), Self.workload(name, place))
        Self.send(
          &clusters[index], "POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
          Self.autoscaler(name, place))
      }
    }
    var second = 10
    while second < 3600 {
      second += 1 + draw.below(draw.below(4) == 0 ? 400 : 60)
      var copies = [draw, draw]
      for index in clusters.indices {
        clusters[index].run(until: Self.start + .seconds(second))
        Self.happen(&copies[index], &clusters[index])
      }
      draw = copies[0]
      let pictures = clusters.map { Self.picture($0) }
      guard pictures[0] != pictures[1] else { continue }
      let (one, other) = zip(pictures[0], pictures[1]).first { $0 != $1 } ?? ("\(pictures[0].count)", "\(pictures[1].count)")
      Issue.record("seed \(seed), second \(second):\nresting    \(one)\nrestless   \(other)")
      return
    }
    #expect(clusters[0].steps < clusters[1].steps, "nothing was saved")
  }
}

extension JSON {
  fileprivate func renamed(_ name: String) -> JSON {
    var copy = self
    copy[.metadata].put(.name, .string(name))
    return copy
  }
}
